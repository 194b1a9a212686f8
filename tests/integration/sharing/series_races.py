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
from shared.scheduling.events import Content, Event, Stamp
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import Override, Recurrence, occurrences
from shared.scheduling.settled_content import settled
from shared.scheduling.terms import DEFAULT_TERMS
from shared.scheduling.updates import live
from shared.store.access import GrantReader
from shared.store.bookings import DynamoBookingStore
from shared.store.events import DynamoEventStore
from shared.store.shared_events import SharedEventStore
from tests.harness.samples import content
from tests.harness.series_contents import override, series
from tests.harness.sharing import new_user
from tests.integration.sharing.bookers import DELETED_SECONDS, Booker, rooms

# Splits of series into two belong here as well.
Change = Literal["move", "move one", "cancel one", "bring back", "another rule", "calendars", "delete", "restore"]
Kind = Literal["create", "create a series", Change]
Status = Literal["written", "conflict", "gone", "refused", "unknown", "unavailable"]
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

    def calendar(self, request: Any) -> Calendar:
        """Returns the calendar of a request."""
        settings, clients = self.runtime.settings, self.runtime.clients
        own, shared, _ = self.stores
        store = own(clients, settings.events_table)
        if not request.access.own:
            grants = GrantReader(clients, settings.access_table, request.access, time.monotonic)
            store = shared(clients, settings.events_table, None, grants)
        return Calendar(store, request, DELETED_SECONDS, self.bookings)


def rewritten(calendar: Calendar, event_id: EventId, change: Callable[[Content], Content]) -> Event:
    """Changes the content of an event, exceptions and all, by a checked write."""

    def make(stored: Event | None) -> Event | None:
        event = live(stored)
        wanted = change(event.content)
        stamp = calendar._stamp("update", DEFAULT_TERMS)
        return None if wanted == event.content else event.changed(wanted, stamp, calendar._request.now_ns)

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
        act: Callable[[Calendar], Event | None]
        match kind:
            case "delete":
                act = lambda calendar: calendar.delete(own.id)  # noqa: E731 as of the others below
            case "restore":
                first = self.first or own
                act = lambda calendar: calendar.roll_back(first, calendars=first.content.calendars)  # noqa: E731
            case _:
                change = self._change(kind)
                act = lambda calendar: rewritten(calendar, own.id, change)  # noqa: E731
        self._answered(kind, own.calendar_id, act)

    def _change(self, kind: Change) -> Callable[[Content], Content]:
        single, anew, dice = self._single(), self._series(), self.dice.random()
        kept = tuple(self.dice.sample(self.rooms, self.dice.randint(0, 3)))

        def change(before: Content) -> Content:
            recurrence = before.recurrence
            if kind == "calendars":
                return replace(before, calendars=tuple(each for each in kept if each in self.rooms))
            if kind == "another rule":
                return replace(anew, calendars=before.calendars)
            if recurrence is None or kind == "move":
                return replace(single, calendars=before.calendars)
            return settled(replace(before, recurrence=_with_one(recurrence, before, single, dice, kind)))

        return change

    def _answered(self, kind: Kind, calendar_id: CalendarId, act: Callable[[Calendar], Event | None]) -> Event | None:
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


def _with_one(recurrence: Recurrence, before: Content, to: Content, dice: float, kind: Change) -> Recurrence:
    """Returns a recurrence of which one of the first occurrences is another one."""
    if kind == "bring back":
        return replace(recurrence, excluded=recurrence.excluded[1:])
    whole = Interval(before.start, shifted(before.start, 140 * DAY))
    event = Event(id=EventId("one"), calendar_id=CalendarId(""), created_at="", content=before, stamp=Stamp())
    ids_ = [each.occurrence.recurrence_id for each in occurrences(event, whole) if each.occurrence is not None]
    if len(ids_) < 3:
        return recurrence
    chosen = ids_[1 + int(dice * (len(ids_) - 1))]
    if kind == "cancel one":
        return replace(recurrence, excluded=(*recurrence.excluded, chosen))
    others: list[Override] = [each for each in recurrence.changed if each.id != chosen]
    moved = override(chosen, to.start, to.interval.length)
    return replace(recurrence, changed=tuple(sorted([*others, moved], key=lambda each: each.id)))


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
