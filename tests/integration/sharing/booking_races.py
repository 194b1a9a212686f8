"""Sixteen users who book, change and cancel events on random calendars, all at once.

Each round has six rooms and sixteen users of its own. A user's events have their home in one of the rooms or in the
user's default calendar.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier, Lock
from typing import Final, Literal, get_args

from shared.errors import Collision, EventConflict, InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from shared.ids import CalendarId, EventId, OperationId
from shared.runtime import Runtime
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content, Event
from shared.scheduling.idempotency import AlreadyCreated
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.sharing_errors import ManagedElsewhere
from shared.store.bookings import DynamoBookingStore
from tests.harness.samples import content
from tests.harness.sharing import new_user
from tests.integration.sharing.bookers import Booker, rooms

Change = Literal["move", "calendars", "cancel", "restore", "rehome", "take off"]
Kind = Literal["create", Change]
# `twice`: the writer met its own event, as only a broken store lets it.
Status = Literal["written", "conflict", "gone", "refused", "unknown", "unavailable", "twice"]

Act = Callable[[Calendar], Event | None]

WRITERS: Final = 16
ROOMS: Final = 6
MEETING_SECONDS: Final = 120.0
# Sixteen hours around the border of two weeks, in steps of 15 minutes; events take 30 to 90 minutes.
BORDER: Final = Instant("2027-03-01T00:00:00Z")
QUARTER, QUARTERS = 900, 32
LENGTHS: Final = (2, 3, 4, 5, 6)
_SEED: Final = 20261126


@dataclass(frozen=True)
class Answer:
    """What came of one request: which one, when, the version answered, and what was named as in the way of `wanted`."""

    kind: Kind
    status: Status
    operation_id: OperationId
    began: float
    ended: float
    attempts: int
    event: Event | None
    collisions: Sequence[Collision]
    own_id: EventId | None
    wanted: Interval | None


@dataclass
class Board:
    """The events that the editor of a round may take off a room."""

    booked: list[Event] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def put(self, event: Event) -> None:
        """Adds an event on other calendars than its home."""
        with self.lock:
            self.booked.append(event)

    def any(self, dice: random.Random) -> Event | None:
        """Returns one of the events."""
        with self.lock:
            return dice.choice(self.booked) if self.booked else None


@dataclass
class Writer:
    """A user who creates an event and then changes it. `editor` takes other events off rooms, for this thread."""

    booker: Booker
    editor: Booker
    rooms: Sequence[CalendarId]
    board: Board
    dice: random.Random
    own: Event | None = None
    first: Event | None = None
    answers: list[Answer] = field(default_factory=list)

    def run(self, barrier: Barrier) -> list[Answer]:
        """Waits for the others, and makes a creation and two changes. Returns what came of them."""
        barrier.wait(MEETING_SECONDS)
        kinds: list[Change] = self.dice.sample(get_args(Change), 2)
        if kinds[0] == "cancel" and kinds[1] != "take off":
            kinds[1] = "restore"
        self.make("create")
        for kind in kinds:
            self.make(kind if kind == "take off" or self.own is not None else "create")
        return self.answers

    def make(self, kind: Kind) -> None:
        """Makes a request, and keeps what came of it."""
        if kind == "take off":
            self._take_off()
            return
        home, others = self._place()
        wanted = self._interval()
        own, first = self.own, self.first
        if kind == "create" or own is None or first is None:
            said = replace(_content(wanted), calendars=tuple(others))
            self._answered("create", self.booker, home, lambda calendar: calendar.create(said), None, wanted)
            return
        at = own.calendar_id
        match kind:
            case "move":
                times = {"start": wanted.start, "end": wanted.end}
                self._answered(kind, self.booker, at, lambda calendar: calendar.patch(own.id, times), own, wanted)
            case "calendars":
                chosen = {"calendars": tuple(each for each in self._some_rooms() if each != at)}
                wanted = own.content.interval
                self._answered(kind, self.booker, at, lambda calendar: calendar.patch(own.id, chosen), own, wanted)
            case "cancel":
                self._answered(kind, self.booker, at, lambda calendar: calendar.remove(own.id), own, None)
            case "restore":
                back = tuple(each for each in first.content.calendars if each != at)
                wanted = first.content.interval
                self._answered(
                    kind, self.booker, at, lambda calendar: calendar.roll_back(first, calendars=back), own, wanted
                )
            case "rehome":
                to = self.dice.choice([each for each in (*self.rooms, self.booker.default) if each != at])
                wanted = own.content.interval
                self._answered(kind, self.booker, at, lambda calendar: calendar.move(own.id, to), own, wanted)

    def _take_off(self) -> None:
        event = self.board.any(self.dice)
        if event is not None:
            room = self.dice.choice(event.content.calendars)
            self._answered("take off", self.editor, room, lambda calendar: calendar.remove(event.id), event, None)

    def _answered(
        self,
        kind: Kind,
        booker: Booker,
        calendar_id: CalendarId,
        act: Act,
        own: Event | None,
        wanted: Interval | None,
    ) -> None:
        request = booker.request(calendar_id)
        event, collisions, began = None, [], time.monotonic()
        try:
            event = act(booker.calendar(request))
            status: Status = "written"
        except EventConflict as conflict:
            status, collisions = "conflict", [*conflict.collisions]
        except (NotFound, ManagedElsewhere):
            status = "gone"
        except InvalidRequest:
            status = "refused"
        except OutcomeUnknown:
            status = "unknown"
        except Unavailable:
            status = "unavailable"
        except AlreadyCreated:
            status = "twice"
        ended, attempts = time.monotonic(), booker.pauses + 1
        own_id = own.id if own is not None else None
        self.answers.append(
            Answer(kind, status, request.operation_id, began, ended, attempts, event, collisions, own_id, wanted)
        )
        if booker is self.booker:
            self._remember(kind, status, event)

    def _remember(self, kind: Kind, status: Status, event: Event | None) -> None:
        if status == "unknown":
            self.own = self.first = None
        elif event is not None:
            self.own = event
            if kind == "create":
                self.first = event
            if event.content.calendars:
                self.board.put(event)

    def _some_rooms(self) -> list[CalendarId]:
        return self.dice.sample(self.rooms, self.dice.randint(1, ROOMS))

    def _place(self) -> tuple[CalendarId, list[CalendarId]]:
        chosen = self._some_rooms()
        return (self.booker.default, chosen) if self.dice.random() < 0.5 else (chosen[0], chosen[1:])

    def _interval(self) -> Interval:
        length = self.dice.choice(LENGTHS)
        start = shifted(BORDER, QUARTER * self.dice.randint(-QUARTERS, QUARTERS - length))
        return Interval(start, shifted(start, QUARTER * length))


@dataclass(frozen=True)
class Round:
    """What a round has left: who wrote what, and where."""

    calendars: Sequence[CalendarId]
    answers: Sequence[Answer]


def race(
    runtime: Runtime,
    wired: Sequence[Runtime],
    number: int,
    store: type[DynamoBookingStore] = DynamoBookingStore,
) -> Round:
    """Runs a round, by the clients of `wired`. Rights come from memberships, in every other round from everyone's."""
    users, editor = [new_user() for _ in range(WRITERS)], new_user()
    shared = rooms(runtime, ROOMS, users if number % 2 == 0 else (), editor)
    board = Board()
    writers = [
        Writer(
            Booker(wired[at % len(wired)], user, store),
            Booker(wired[at % len(wired)], editor, store),
            shared,
            board,
            random.Random(f"{_SEED} {number} {at}"),  # noqa: S311 a plan, not a secret
        )
        for at, user in enumerate(users)
    ]
    barrier = Barrier(WRITERS)
    with ThreadPoolExecutor(WRITERS) as threads:
        running = [threads.submit(each.run, barrier) for each in writers]
        answers = [answer for each in running for answer in each.result()]
    return Round([*shared, *(each.booker.default for each in writers)], answers)


def _content(wanted: Interval) -> Content:
    return content(wanted.start, wanted.end)
