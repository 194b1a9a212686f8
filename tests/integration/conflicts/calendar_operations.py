"""What is asked of a calendar and of its model, and what is answered, in words that both can be compared by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from shared.errors import COLLISIONS_SHOWN, EventConflict, InvalidRequest, NotFound, PreconditionFailed
from shared.ids import EventId, HistoryId
from shared.scheduling.events import Content, Event
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition
from shared.scheduling.series_calendar import SeriesCalendar
from shared.scheduling.terms import Terms

Kind = Literal[
    "create",
    "replace",
    "patch",
    "delete",
    "roll back",
    "patch one",
    "cancel one",
    "roll back one",
    "patch all",
    "patch following",
    "end",
]

NO_EVENT: Final = EventId("")

# What came of an operation: a word, and facts that depend on it.
Answer = tuple[Any, ...]


def shown(collisions: list[tuple[Any, ...]]) -> object:
    """What is compared of collisions: all, unless there are more than are shown, which then may be any."""
    return sorted(collisions) if len(collisions) <= COLLISIONS_SHOWN else "more than are shown"


@dataclass(frozen=True)
class Operation:
    """A change that somebody asks for; of event `event_id`, unless it creates one, or of an occurrence of it.

    With `in_room` it creates an event in the room, and in no other calendar.
    """

    kind: Kind
    event_id: EventId = NO_EVENT
    content: Content | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    back_to: Event | None = None
    if_match: HistoryId | None = None
    allow: bool = False
    occurrence: str = ""
    drop: bool = False
    in_room: bool = False

    def ask(self, calendar: SeriesCalendar) -> tuple[Answer, Sequence[Event]]:
        """What the real calendar answers, and the versions that it has of what it has written."""
        try:
            event = self._call(calendar)
        except EventConflict as conflict:
            starts = [each.start for each in conflict.collisions]
            assert starts == sorted(starts)
            named = [(each.start, each.end, each.id, each.title) for each in conflict.collisions]
            return ("conflict", shown(named), conflict.next_free), ()
        except NotFound:
            return ("missing",), ()
        except PreconditionFailed as failed:
            return ("stale", failed.history_id), ()
        except InvalidRequest:
            return ("invalid",), ()
        return (
            ("done", event.id, event.stamp.version, event.deleted, event.content, event.occurrence),
            self._written(event, calendar),
        )

    def _written(self, event: Event, calendar: SeriesCalendar) -> Sequence[Event]:
        """The versions behind the event or the occurrence that was answered."""
        if event.occurrence is not None:
            return [calendar.get(event.stored_id)]
        if event.id != self.event_id and self.event_id:
            # A series was split in two, of which this is the second one.
            return [calendar.get(self.event_id), event]
        return [event]

    def _call(self, calendar: SeriesCalendar) -> Event:
        condition = UNCONDITIONAL if self.if_match is None else Precondition.at(self.if_match)
        terms = Terms(condition, "allow" if self.allow else "reject", drop_exceptions=self.drop)
        match self.kind:
            case "create" if self.content:
                return calendar.create(self.content, terms)
            case "replace" if self.content:
                return calendar.replace(self.event_id, self.content, terms)
            case "patch":
                return calendar.patch(self.event_id, self.fields, terms)
            case "delete":
                return calendar.delete(self.event_id, Terms(condition))
            case "roll back" if self.back_to:
                return calendar.roll_back(self.back_to, terms)
        return self._call_for_occurrence(calendar, terms)

    def _call_for_occurrence(self, calendar: SeriesCalendar, terms: Terms) -> Event:
        match self.kind:
            case "patch one":
                return calendar.patch_one(self.event_id, self.occurrence, self.fields, terms)
            case "cancel one":
                return calendar.cancel_one(self.event_id, self.occurrence, terms)
            case "roll back one" if self.back_to:
                return calendar.roll_back_one(self.back_to, self.occurrence, terms)
            case "patch all":
                return calendar.patch_all(self.event_id, self.occurrence, self.fields, terms)
            case "patch following":
                return calendar.patch_following(self.event_id, self.occurrence, self.fields, terms)
            case "end":
                return calendar.cancel_following(self.event_id, self.occurrence, Terms(terms.condition))
        raise AssertionError(self)
