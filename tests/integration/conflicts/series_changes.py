"""Ways in which a series comes to take time that was not taken before, and rivals who want the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from shared.ids import EventId
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content, Event
from shared.scheduling.fences import fences_of
from shared.scheduling.terms import DEFAULT_TERMS
from shared.scheduling.updates import live
from tests.harness.series_contents import content_recurrence, override, series
from tests.integration.conflicts.changes import END, HOT, RIVAL, RIVAL_START, START
from tests.integration.conflicts.contended_calendar import ContendedCalendar

MINUTES: Final = 60
# Two hours from Sunday to Monday, each week: the twelfth of them is `[START, END)`.
TWELFTH: Final = "20261122T230000"
SERIES: Final = series("2026-09-06T23:00:00", "FREQ=WEEKLY;COUNT=20", seconds=120 * MINUTES)
CANCELLED: Final = replace(SERIES, recurrence=replace(content_recurrence(SERIES), excluded=(TWELFTH,)))
# The same weeks, and no moment in common with anybody; the last is after that of the rivals.
ASIDE: Final = series("2026-09-02T12:00:00", "FREQ=WEEKLY;COUNT=200")
MOVED: Final = replace(
    ASIDE,
    recurrence=replace(content_recurrence(ASIDE), changed=(override("20261125T120000", START, 120 * MINUTES),)),
)
FREE: Final = replace(SERIES, transparency="transparent")
BUSY_ONCE: Final = replace(
    FREE, recurrence=replace(content_recurrence(FREE), changed=(override(TWELFTH, transparency="opaque"),))
)
# A rival's quarter of an hour on the 23rd of each month.
RIVALS: Final = series("2026-08-23T00:30:00", "FREQ=MONTHLY", seconds=15 * MINUTES)
RIVAL_ASIDE: Final = series("2026-08-24T15:00:00", "FREQ=WEEKLY;INTERVAL=3", seconds=15 * MINUTES)
RIVAL_MOVED: Final = replace(
    RIVAL_ASIDE,
    recurrence=replace(
        content_recurrence(RIVAL_ASIDE), changed=(override("20261026T150000", RIVAL_START, 15 * MINUTES),)
    ),
)


def rewritten(calendar: Calendar, event_id: EventId, wanted: Content) -> Event:
    """Gives an event the content `wanted`, exceptions and all, by a checked write."""

    def make(stored: Event | None) -> Event | None:
        event = live(stored)
        stamp = calendar._stamp("update", DEFAULT_TERMS)
        return None if event.content == wanted else event.changed(wanted, stamp, calendar._request.now_ns)

    return calendar._guard.write(event_id, make, checked=True, expected=fences_of(wanted))


@dataclass(frozen=True)
class Taking:
    """A change, from the content `before` or from nothing, to `wanted`, which takes `[START, END)` or a part of it."""

    name: str
    wanted: Content
    before: Content | None = None
    deleted: bool = False

    def __str__(self) -> str:
        return self.name

    def prepare(self, contended: ContendedCalendar) -> Event | None:
        """Creates what there is before."""
        if self.before is None:
            return None
        made = contended.rival().create(self.before)
        if self.deleted:
            contended.rival().delete(made.id)
        return made

    def act(self, calendar: Calendar, before: Event | None) -> Event:
        """Makes the change."""
        if before is None:
            return calendar.create(self.wanted)
        return calendar.roll_back(before) if self.deleted else rewritten(calendar, before.id, self.wanted)

    def arrive(self, contended: ContendedCalendar) -> Callable[[], Event]:
        """Prepares the change for a rival, and returns it."""
        before = self.prepare(contended)
        return lambda: self.act(contended.rival(), before)


SINGLE: Final = Taking("a single event", HOT)
CREATED: Final = Taking("a series", SERIES)
SERIES_CHANGES: Final = (
    CREATED,
    Taking("an occurrence moved", MOVED, ASIDE),
    Taking("an occurrence brought back", SERIES, CANCELLED),
    Taking("an occurrence that takes its time", BUSY_ONCE, FREE),
    Taking("another rule", SERIES, ASIDE),
    Taking("a series that takes its time", SERIES, FREE),
    Taking("a series restored", SERIES, SERIES, deleted=True),
    Taking("a series of a single event", SERIES, replace(SERIES, recurrence=None)),
)
SERIES_RIVALS: Final = (
    Taking("a single event", RIVAL),
    Taking("a series", RIVALS),
    Taking("an occurrence moved", RIVAL_MOVED, RIVAL_ASIDE),
)
assert HOT.interval == (START, END)
