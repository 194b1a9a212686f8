"""Every way in which a caller comes to take time that was not theirs before: what the guard has to stand before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition
from shared.scheduling.terms import Terms
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

# Across the border of two ISO weeks: from Sunday to Monday.
START: Final = Instant("2026-11-22T23:00:00Z")
END: Final = Instant("2026-11-23T01:00:00Z")
BEFORE: Final = Instant("2026-11-22T21:00:00Z")
# Where rivals want to be: on the Monday, which is in the second of the weeks only.
RIVAL_START: Final = Instant("2026-11-23T00:30:00Z")
RIVAL_END: Final = Instant("2026-11-23T00:45:00Z")
# The same week as the rival's, and no moment in common with anybody.
ASIDE_START: Final = Instant("2026-11-25T12:00:00Z")
ASIDE_END: Final = Instant("2026-11-25T13:00:00Z")
# Where nobody else is.
AWAY_START: Final = Instant("2027-06-01T12:00:00Z")
AWAY_END: Final = Instant("2027-06-01T13:00:00Z")

HOT = content(START, END)
RIVAL = content(RIVAL_START, RIVAL_END, "Rival")
ASIDE = content(ASIDE_START, ASIDE_END, "Aside")
AWAY = content(AWAY_START, AWAY_END)


class Act(Protocol):
    """Makes a change of an event that is there, if there is one."""

    def __call__(self, calendar: Calendar, event: Event | None, condition: Precondition = UNCONDITIONAL) -> Event: ...


@dataclass(frozen=True)
class Change:
    """A change to `[START, END)`: what has to be there first, and the change itself."""

    name: str
    prepare: Callable[[ContendedCalendar], Event | None]
    act: Act

    def __str__(self) -> str:
        return self.name


def some(event: Event | None) -> Event:
    """The event, which is there."""
    assert event is not None
    return event


def _away(contended: ContendedCalendar) -> Event:
    return contended.rival().create(AWAY)


def _adjacent(contended: ContendedCalendar) -> Event:
    return contended.rival().create(content(BEFORE, START))


def _transparent(contended: ContendedCalendar) -> Event:
    return contended.rival().create(content(START, END, transparency="transparent"))


def _moved_away(contended: ContendedCalendar) -> Event:
    first = contended.rival().create(HOT)
    contended.rival().replace(first.id, AWAY)
    return first


def _deleted(contended: ContendedCalendar) -> Event:
    first = contended.rival().create(HOT)
    contended.rival().delete(first.id)
    return first


def _create(calendar: Calendar, event: Event | None, condition: Precondition = UNCONDITIONAL) -> Event:
    assert event is None
    assert condition is UNCONDITIONAL
    return calendar.create(HOT)


def _replace(calendar: Calendar, event: Event | None, condition: Precondition = UNCONDITIONAL) -> Event:
    return calendar.replace(some(event).id, HOT, Terms(condition))


def _patch(**fields: str) -> Act:
    def act(calendar: Calendar, event: Event | None, condition: Precondition = UNCONDITIONAL) -> Event:
        return calendar.patch(some(event).id, fields, Terms(condition))

    return act


def _roll_back(calendar: Calendar, event: Event | None, condition: Precondition = UNCONDITIONAL) -> Event:
    return calendar.roll_back(some(event), Terms(condition))


CREATE = Change("create", lambda _: None, _create)
RESTORE = Change("restore", _deleted, _roll_back)
# Those that change a live event.
MOVES = (
    Change("replace", _away, _replace),
    Change("patch both", _away, _patch(start=START, end=END)),
    Change("patch one", _adjacent, _patch(end=END)),
    Change("make opaque", _transparent, _patch(transparency="opaque")),
    Change("roll back", _moved_away, _roll_back),
)
CHANGES = (CREATE, *MOVES, RESTORE)


def same(change: Change, stored: Event) -> bool:
    """Whether `stored` now takes the time that `change` wants."""
    start = BEFORE if change.name == "patch one" else START
    return (stored.content.start, stored.content.end, stored.content.opaque) == (start, END, True)
