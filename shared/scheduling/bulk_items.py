"""The events of a bulk request: what it says of each, what is wrong with it, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.errors import FieldError, InvalidItems
from shared.ids import OperationId
from shared.scheduling.events import Content, Event
from shared.scheduling.idempotency import content_facts
from shared.scheduling.overlaps import Collisions

OnInvalid = Literal["reject", "skip"]

# Why an event of a bulk creation is not known to be there. Any other reason says that it is not.
ANSWER_LOST: Final = "may or may not be written: the response was lost"

# What is told of the faults of each event: those of a thousand have to fit into an answer; of few events, more.
FAULTS_REPORTED: Final = 5
ALL_FAULTS_REPORTED: Final = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """An event of a bulk request, to be created; `index` is its place there."""

    index: int
    content: Content
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Invalid:
    """An event of a bulk request that breaks a rule: the first few of its faults, each field named from it on."""

    index: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class BulkItem:
    """What became of an event of the request.

    `event` is as it was created, or is now if it was there before; `failure` says why it is not known to be written,
    `errors` why it was refused.
    """

    index: int
    event: Event | None = None
    there_before: bool = False
    failure: str | None = None
    errors: tuple[FieldError, ...] = ()

    @property
    def created(self) -> bool:
        """Returns whether the request has created the event."""
        return self.event is not None and not (self.there_before or self.failure)

    @property
    def may_be_new(self) -> bool:
        """Returns whether the request has created the event, or may have."""
        return self.created or self.failure == ANSWER_LOST


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a request has done, by index; without `operation_id` it has written nothing."""

    operation_id: OperationId | None
    outcomes: Sequence[BulkItem]
    repeated: bool = False
    conflicts: Collisions | None = None


def uids_once(parts: Sequence[Draft | Invalid]) -> Sequence[Draft | Invalid]:
    """Returns `parts`, those that share a uid made invalid: nobody can tell which of them is meant."""
    places: dict[str, list[int]] = {}
    for part in parts:
        if isinstance(part, Draft) and part.uid is not None:
            places.setdefault(part.uid, []).append(part.index)
    if all(len(same) == 1 for same in places.values()):
        return parts

    def judged(part: Draft | Invalid) -> Draft | Invalid:
        same = places.get(part.uid or "", []) if isinstance(part, Draft) else []
        if len(same) < 2:
            return part
        other = same[1] if part.index == same[0] else same[0]
        return Invalid(part.index, (FieldError("uid", f"is that of events[{other}], too"),))

    return [judged(part) for part in parts]


def shortened(invalid: Sequence[Invalid]) -> list[Invalid]:
    """Returns `invalid` with the first few faults of each: all of them together no more than are reported."""
    most = max(FAULTS_REPORTED, ALL_FAULTS_REPORTED // max(1, len(invalid)))
    return [replace(each, errors=each.errors[:most]) for each in invalid]


def rejection(invalid: Sequence[Invalid], total: int) -> InvalidItems:
    """Returns the error that names what is wrong with each of `invalid`."""
    errors = [
        FieldError(f"events[{part.index}]{'.' if error.field else ''}{error.field}", error.message)
        for part in invalid
        for error in part.errors
    ]
    return InvalidItems(errors, len(invalid), total)


def request_facts(parts: Sequence[Draft | Invalid], on_invalid: OnInvalid, reason: str | None) -> dict[str, object]:
    """Returns what a request says, for its digest."""
    return {
        "events": [
            {"content": content_facts(part.content), "uid": part.uid}
            if isinstance(part, Draft)
            else [[error.field, error.message] for error in part.errors]
            for part in parts
        ],
        "on_invalid": on_invalid,
        "reason": reason or "",
    }
