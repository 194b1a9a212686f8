"""Sixteen users who create and change single events and series on calendars that they share, all at once.

Each round has six rooms and sixteen users of its own. A user's events have their home in one of the rooms or in the
user's default calendar, and are on up to three others: so many that a series fits into one transaction.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier
from typing import Any, Final, Literal, get_args

from shared.errors import EventConflict, InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from shared.ids import CalendarId, EventId
from shared.runtime import Runtime
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import occurrences
from shared.scheduling.series_calendar import SeriesCalendar
from shared.scheduling.terms import DEFAULT_TERMS
from shared.scheduling.updates import live
from shared.store.access import GrantReader
from shared.store.bookings import DynamoBookingStore
from shared.store.events import DynamoEventStore
from shared.store.shared_events import SharedEventStore
from tests.harness.samples import content
from tests.harness.series_contents import series
from tests.harness.sharing import new_user
from tests.integration.sharing.bookers import DELETED_SECONDS, Booker, rooms

Change = Literal[
    "move",
    "move one",
    "cancel one",
    "bring back",
    "move the rest",
    "end",
    "another rule",
    "calendars",
    "delete",
    "restore",
]
Kind = Literal["create", "create a series", Change]
Status = Literal["written", "conflict", "gone", "refused", "unknown", "unavailable"]
Act = Callable[[SeriesCalendar], Event | None]
Stores = tuple[type[DynamoEventStore], type[SharedEventStore], type[DynamoBookingStore]]

WRITERS: Final = 16
ROOMS: Final = 6
MEETING_SECONDS: Final = 120.0
PLAIN: Final[Stores] = (DynamoEventStore, SharedEventStore, DynamoBookingStore)
# Series begin in one of six weeks, and singles are in one of twenty: from 8 to 16 o'clock, in steps of 30 minutes.
MONDAY: Final = Instant("2027-03-01T00:00:00Z")
SERIES_WEEKS, WEEKS = 6, 20
HALF_HOUR, DAY = 1800, 24 * 3600
RULES: Final = (
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;COUNT=12",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=DAILY;INTERVAL=3;COUNT=40",
    "FREQ=DAILY;COUNT=10",
    "FREQ=MONTHLY",
)
# All that ends is over then, and what does not has met what it may meet: the rules come round within five years.
HORIZON: Final = Interval(Instant("2027-01-01T00:00:00Z"), Instant("2029-01-01T00:00:00Z"))
_SEED: Final = 20261127


@dataclass
class SeriesBooker(Booker):
    """A user whose calendars are read and written by `stores`."""

    stores: Stores = PLAIN

    def calendar(self, request: Any) -> SeriesCalendar:
        """Returns the calendar of a request."""
        settings, clients = self.runtime.settings, self.runtime.clients
        own, shared, _ = self.stores
        store = own(clients, settings.events_table)
        if not request.access.own:
            grants = GrantReader(clients, settings.access_table, request.access, time.monotonic)
            store = shared(clients, settings.events_table, None, grants)
        return SeriesCalendar(store, request, DELETED_SECONDS, self.bookings)


def rewritten(calendar: Calendar, event_id: EventId, wanted: Content) -> Event:
    """Gives an event the content `wanted`, exceptions and all, by a checked write."""

    def make(stored: Event | None) -> Event | None:
        event = live(stored)
        stamp = calendar._stamp("update", DEFAULT_TERMS)
        return None if event.content == wanted else event.changed(wanted, stamp, calendar._request.now_ns)

    return calendar._guard.write(event_id, make, checked=True)


@dataclass
class SeriesWriter:
    """A user who creates an event or a series, and then changes it."""

    booker: SeriesBooker
    rooms: Sequence[CalendarId]
    dice: random.Random
    own: Event | None = None
    first: Event | None = None
    answers: list[tuple[Kind, Status]] = field(default_factory=list)

    def run(self, barrier: Barrier) -> list[tuple[Kind, Status]]:
        """Waits for the others, and makes a creation and two changes. Returns what came of them."""
        barrier.wait(MEETING_SECONDS)
        self.create()
        for kind in self.dice.sample(get_args(Change), 2):
            if self.own is None:
                self.create()
            else:
                self.make(kind, self.own)
        return self.answers

    def create(self) -> None:
        """Creates an event or a series, somewhere."""
        chosen = self.dice.sample(self.rooms, self.dice.randint(1, 4))
        home, others = (self.booker.default, chosen[:3]) if self.dice.random() < 0.5 else (chosen[0], chosen[1:])
        recurs = self.dice.random() < 0.6
        wanted = replace(self._series() if recurs else self._single(), calendars=tuple(others))
        event = self._answered("create a series" if recurs else "create", home, lambda each: each.create(wanted))
        if event is not None:
            self.own = self.first = event

    def make(self, kind: Change, own: Event) -> None:
        """Makes a change of one's own event, if it is one that it may have."""
        act: Act
        first, chosen, single, anew = self.first or own, self._occurrence(own), self._single(), self._series()
        times = {"start": single.start, "end": single.end}
        kept = tuple(each for each in self.dice.sample(self.rooms, self.dice.randint(0, 3)) if each != own.calendar_id)
        match kind:
            case "delete":
                act = lambda calendar: calendar.delete(own.id)  # noqa: E731 as of the others below
            case "restore":
                act = lambda calendar: calendar.roll_back(first)  # noqa: E731
            case "calendars":
                act = lambda calendar: calendar.patch(own.id, {"calendars": kept})  # noqa: E731
            case "another rule":
                wanted = replace(anew, calendars=own.content.calendars)
                act = lambda calendar: rewritten(calendar, own.id, wanted)  # noqa: E731
            case "move one" if chosen:
                act = lambda calendar: calendar.patch_one(own.id, chosen, times)  # noqa: E731
            case "cancel one" if chosen:
                act = lambda calendar: calendar.cancel_one(own.id, chosen)  # noqa: E731
            case "bring back" if chosen:
                self._answered("cancel one", own.calendar_id, lambda calendar: calendar.cancel_one(own.id, chosen))
                act = lambda calendar: calendar.patch_one(own.id, chosen, {"cancelled": False})  # noqa: E731
            case "move the rest" if chosen:
                act = lambda calendar: calendar.patch_following(own.id, chosen, times)  # noqa: E731
            case "end" if chosen:
                act = lambda calendar: calendar.cancel_following(own.id, chosen)  # noqa: E731
            case _:
                wanted = replace(single, calendars=own.content.calendars)
                act = lambda calendar: rewritten(calendar, own.id, wanted)  # noqa: E731
        self._answered(kind, own.calendar_id, act)

    def _occurrence(self, own: Event) -> str | None:
        """Returns the recurrence id of an occurrence but the first; None if there is none."""
        whole = Interval(own.content.start, shifted(own.content.start, 140 * DAY))
        found = [each.occurrence.recurrence_id for each in occurrences(own, whole) if each.occurrence is not None]
        return self.dice.choice(found[1:]) if found[1:] else None

    def _answered(
        self, kind: Kind, calendar_id: CalendarId, act: Callable[[SeriesCalendar], Event | None]
    ) -> Event | None:
        event, status = None, "written"
        try:
            event = act(self.booker.calendar(self.booker.request(calendar_id)))
        except EventConflict:
            status = "conflict"
        except NotFound:
            status = "gone"
        except InvalidRequest:
            status = "refused"
        except OutcomeUnknown:
            status = "unknown"
        except Unavailable:
            status = "unavailable"
        self.answers.append((kind, status))  # type: ignore[arg-type]
        return event

    def _at(self, weeks: int) -> Instant:
        days, half_hours = 7 * self.dice.randrange(weeks) + self.dice.choice((0, 0, 1, 2)), self.dice.randint(16, 32)
        return shifted(MONDAY, days * DAY + half_hours * HALF_HOUR)

    def _single(self) -> Content:
        start = self._at(WEEKS)
        return content(start, shifted(start, HALF_HOUR * self.dice.randint(1, 4)))

    def _series(self) -> Content:
        length = HALF_HOUR * self.dice.randint(1, 3)
        return series(self._at(SERIES_WEEKS).rstrip("Z"), self.dice.choice(RULES), seconds=length)


@dataclass(frozen=True)
class SeriesRound:
    """What a round has left: the calendars, and how each request ended."""

    calendars: Sequence[CalendarId]
    answers: Sequence[tuple[Kind, Status]]


def race_series(runtime: Runtime, wired: Sequence[Runtime], number: int, stores: Stores = PLAIN) -> SeriesRound:
    """Runs a round, by the clients of `wired`."""
    users = [new_user() for _ in range(WRITERS)]
    shared = rooms(runtime, ROOMS, users if number % 2 == 0 else ())
    writers = [
        SeriesWriter(
            SeriesBooker(wired[at % len(wired)], user, stores[2], stores=stores),
            shared,
            random.Random(f"{_SEED} {number} {at}"),  # noqa: S311 a plan, not a secret
        )
        for at, user in enumerate(users)
    ]
    barrier = Barrier(WRITERS)
    with ThreadPoolExecutor(WRITERS) as threads:
        running = [threads.submit(each.run, barrier) for each in writers]
        answers = [answer for each in running for answer in each.result()]
    return SeriesRound([*shared, *(each.booker.default for each in writers)], answers)
