"""What a bulk request says: events to create, and what is wrong with those that are invalid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.errors import FieldError, InvalidItems
from shared.scheduling.events import Content
from shared.scheduling.idempotency import content_facts

OnInvalid = Literal["reject", "skip"]

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


def uids_once(parts: Sequence[Draft | Invalid]) -> Sequence[Draft | Invalid]:
    """`parts`, those that share a uid made invalid: which of them is meant nobody can tell."""
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


def in_short(invalid: Sequence[Invalid]) -> list[Invalid]:
    """`invalid` with the first few faults of each: no more than are told of all, or as few as are told of each."""
    most = max(FAULTS_REPORTED, ALL_FAULTS_REPORTED // max(1, len(invalid)))
    return [replace(each, errors=each.errors[:most]) for each in invalid]


def rejection(invalid: Sequence[Invalid], total: int) -> InvalidItems:
    """The error that names what is wrong with each of `invalid`."""
    errors = [
        FieldError(f"events[{part.index}]{'.' if error.field else ''}{error.field}", error.message)
        for part in invalid
        for error in part.errors
    ]
    return InvalidItems(errors, len(invalid), total)


def request_facts(parts: Sequence[Draft | Invalid], on_invalid: OnInvalid, reason: str | None) -> dict[str, object]:
    """What a request says, for its digest."""
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
