"""Preconditions of requests on the version of an event (RFC 9110, section 13): no I/O, no header syntax."""

from dataclasses import dataclass

from shared.errors import PreconditionFailed
from shared.ids import HistoryId


@dataclass(frozen=True, slots=True)
class Tags:
    """The versions that a condition lists: `strong` and `weak` ones by their ids, or `any` version.

    `name` is the caller's name for the condition. `fault` says why the condition could not be parsed; such a condition
    is never met.
    """

    name: str = "the condition"
    strong: frozenset[HistoryId] = frozenset()
    weak: frozenset[HistoryId] = frozenset()
    any: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Precondition:
    """The condition that an event is at one of the versions of `if_match`, and at none of `if_none_match`.

    None: that part is not required. `subject` is what the condition is about, if it is no event.
    """

    if_match: Tags | None = None
    if_none_match: Tags | None = None
    subject: str = "event"

    @classmethod
    def at(cls, history_id: HistoryId) -> "Precondition":
        """Returns the condition that an event is at version `history_id`."""
        return cls(Tags(strong=frozenset({history_id})))

    def check(self, history_id: HistoryId, *, exists: bool = True) -> None:
        """Raises PreconditionFailed if an event at version `history_id` does not meet the condition.

        For a deleted event `exists` is False.
        """
        self.check_match(history_id, exists=exists)
        tags = self.if_none_match
        if tags is None:
            return
        if tags.fault is not None:
            raise PreconditionFailed(history_id, f"{tags.name} {tags.fault}")
        if self.none_match_fails(history_id, exists=exists):
            raise PreconditionFailed(history_id, f"the {self.subject} is at a version that {tags.name} names")

    def check_match(self, history_id: HistoryId, *, exists: bool = True) -> None:
        """Checks `if_match` alone, as reads do: for a read `if_none_match` only decides on a 304 response.

        Raises:
            PreconditionFailed: `if_match` is not met.
        """
        tags = self.if_match
        if tags is None or history_id in tags.strong or (tags.any and exists):
            return
        if tags.fault is not None:
            raise PreconditionFailed(history_id, f"{tags.name} {tags.fault}")
        if history_id in tags.weak:
            raise PreconditionFailed(
                history_id,
                f"the {self.subject} has not changed, but {tags.name} never matches a weak tag: send it without W/",
            )
        if tags.any:
            raise PreconditionFailed(history_id, f"the {self.subject} is deleted")
        raise PreconditionFailed(history_id, f"the {self.subject} has changed since")

    def none_match_fails(self, history_id: HistoryId, *, exists: bool = True) -> bool:
        """Returns whether `if_none_match` lists `history_id`, by weak comparison (RFC 9110, section 13.1.2)."""
        tags = self.if_none_match
        return tags is not None and ((tags.any and exists) or history_id in tags.strong | tags.weak)

    @property
    def required(self) -> frozenset[HistoryId] | None:
        """Returns the versions at which a live event meets the condition, for a conditional write; None: all."""
        if self.if_none_match is not None and (self.if_none_match.any or self.if_none_match.fault is not None):
            return frozenset()
        return None if self.if_match is None or self.if_match.any else self.if_match.strong

    @property
    def forbidden(self) -> frozenset[HistoryId]:
        """Returns the exceptions from `required`: the versions at which the event does not meet the condition."""
        return frozenset() if self.if_none_match is None else self.if_none_match.strong | self.if_none_match.weak


UNCONDITIONAL = Precondition()
