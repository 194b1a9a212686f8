"""The items of a bulk request: drafts of events, their validation errors, and their outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.errors import FieldError, InvalidItems, InvalidRequest
from shared.ids import OperationId
from shared.scheduling.events import Content, Event
from shared.scheduling.idempotency import content_facts
from shared.scheduling.overlaps import Collisions

OnInvalid = Literal["reject", "skip"]

# The failure of an event that may or may not have been created. Any other failure means that it was not.
ANSWER_LOST: Final = "may or may not be written: the response was lost"

# How many series a request may create: each takes as much to check as a request that creates one.
MOST_SERIES: Final = 100

# How many faults of an event are reported: so few that those of a thousand events fit into a response, or, if that is
# more, its equal share of all that are reported.
FAULTS_REPORTED: Final = 5
ALL_FAULTS_REPORTED: Final = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """A valid event of a bulk request, to be created; `index` is its position in the request."""

    index: int
    content: Content
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Invalid:
    """An event of a bulk request that breaks a rule: its first few faults, with field paths relative to the event."""

    index: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """The record of the request that has claimed an idempotency key.

    Attributes:
        digest: The digest of the request's content.
        operation_id: The operation of the request.
        size: How many events it was to create.
        busy_until: Until then the function that serves it may still be running, in seconds since 1970.
        expires_at: From then on the key is free, in seconds since 1970.
    """

    digest: str
    operation_id: OperationId
    size: int
    busy_until: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class BulkItem:
    """The outcome for an event of the request.

    `event` is the event as created or, if it was `there_before`, its current state. `failure` says why it is not known
    to be written, `errors` why it was refused.
    """

    index: int
    event: Event | None = None
    there_before: bool = False
    failure: str | None = None
    errors: tuple[FieldError, ...] = ()

    @property
    def created(self) -> bool:
        """Returns whether the request created the event."""
        return self.event is not None and not (self.there_before or self.failure)

    @property
    def may_be_new(self) -> bool:
        """Returns whether the request created the event or may have created it."""
        return self.created or self.failure == ANSWER_LOST


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The result of a request, with outcomes in order of index. Without `operation_id` nothing was written."""

    operation_id: OperationId | None
    outcomes: Sequence[BulkItem]
    repeated: bool = False
    conflicts: Collisions | None = None


def uids_once(parts: Sequence[Draft | Invalid]) -> Sequence[Draft | Invalid]:
    """Returns `parts`, with those that share a uid marked as invalid: it is ambiguous which of them is meant."""
    places: dict[str, list[int]] = {}
    for part in parts:
        if isinstance(part, Draft) and part.uid is not None:
            places.setdefault(part.uid, []).append(part.index)
    if all(len(same) == 1 for same in places.values()):
        return parts

    def validated(part: Draft | Invalid) -> Draft | Invalid:
        same = places.get(part.uid or "", []) if isinstance(part, Draft) else []
        if len(same) < 2:
            return part
        other = same[1] if part.index == same[0] else same[0]
        return Invalid(part.index, (FieldError("uid", f"is that of events[{other}], too"),))

    return [validated(part) for part in parts]


def shortened(invalid: Sequence[Invalid]) -> list[Invalid]:
    """Returns `invalid` with the faults of each truncated to the number that is reported."""
    most = max(FAULTS_REPORTED, ALL_FAULTS_REPORTED // max(1, len(invalid)))
    return [replace(each, errors=each.errors[:most]) for each in invalid]


def check_series(parts: Sequence[Draft | Invalid]) -> None:
    """Raises InvalidRequest if there are more than MOST_SERIES series among `parts`."""
    count = sum(isinstance(part, Draft) and part.content.recurrence is not None for part in parts)
    if count > MOST_SERIES:
        raise InvalidRequest.of("events", f"must have at most {MOST_SERIES} series: these are {count}")


def rejection(invalid: Sequence[Invalid], total: int) -> InvalidItems:
    """Returns the error that lists the faults of each of `invalid`."""
    errors = [
        FieldError(f"events[{part.index}]{'.' if error.field else ''}{error.field}", error.message)
        for part in invalid
        for error in part.errors
    ]
    return InvalidItems(errors, len(invalid), total)


def request_facts(parts: Sequence[Draft | Invalid], on_invalid: OnInvalid, reason: str | None) -> dict[str, object]:
    """Returns the content of a request from which its digest is computed."""
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
