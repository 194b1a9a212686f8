"""An editor who writes in a shared calendar in many threads, until the right is revoked."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from shared import ids
from shared.errors import EventConflict, InvalidRequest, NotAllowed, NotFound
from shared.ids import OperationId, UserId
from shared.request import Request
from shared.retries import Deadline
from shared.runtime import Runtime
from shared.scheduling.access import CalendarAccess
from shared.scheduling.bulk import BulkCreation
from shared.scheduling.bulk_items import Draft
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.roles import Right
from shared.scheduling.terms import Terms
from shared.store.access import GrantReader
from shared.store.shared_bulk import REVOKED, SharedBulkStore
from shared.store.shared_events import SharedEventStore
from tests.harness.samples import content, no_bookings
from tests.harness.sharing import SharedCalendar
from tests.integration.conflicts.contended_calendar import event_items
from tests.integration.sharing.bookers import Booker

ALLOW = Terms(on_conflict="allow")
BULK = 250
# A thread that is never refused is a defect: the test does not wait for it for ever.
LONGEST_SECONDS = 60.0


@dataclass
class Editor:
    """A member who writes. Each call is a request of its own; those of one thread follow one another."""

    runtime: Runtime
    calendar: SharedCalendar
    user_id: UserId
    _hours: Iterator[int] = field(default_factory=lambda: count(0))

    def request(self, right: Right) -> Request:
        """Returns a new request that needs `right`."""
        now_ns = time.time_ns()
        jitter = partial(random.uniform, 0)  # a delay, not a secret
        deadline = Deadline(8.0, time.monotonic, time.sleep, jitter)
        access = CalendarAccess(self.user_id, self.calendar.calendar_id, right)
        return Request(access, "editor", "", OperationId(ids.new_id(now_ns)), now_ns, deadline)

    def events(self) -> Calendar:
        """Returns the calendar, for one request."""
        request = self.request("book")
        settings, clients = self.runtime.settings, self.runtime.clients
        grants = GrantReader(clients, settings.access_table, request.access, time.monotonic)
        return Calendar(SharedEventStore(clients, settings.events_table, None, grants), request, 86_400, no_bookings)

    def hour(self) -> tuple[Instant, Instant]:
        """Returns an hour that nobody has taken."""
        start = shifted(Instant("2027-03-01T00:00:00Z"), 3600 * next(self._hours))
        return start, shifted(start, 3600)

    def create(self, terms: Terms = Terms()) -> Event:  # noqa: B008 immutable
        """Creates an event at an hour of its own."""
        return self.events().create(content(*self.hour()), terms)

    def ways(self) -> list[Callable[[], None]]:
        """Returns ways to write, each of which is called again and again."""
        mine, other = self.create(), self.create()

        def patch() -> None:
            self.events().patch(mine.id, {"title": f"Review {time.perf_counter_ns()}"})

        def come_and_go() -> None:
            self.events().remove(self.create().id)

        def roll_back() -> None:
            changed = self.events().patch(other.id, {"title": "Changed"})
            assert changed.content.title == "Changed"
            self.events().roll_back(other)

        return [self.create_checked, self.create_allowed, patch, come_and_go, self.bulk, roll_back, self.book]

    def create_checked(self) -> None:
        """Creates an event, with the check for conflicts."""
        self.create()

    def create_allowed(self) -> None:
        """Creates one without."""
        self.create(ALLOW)

    def book(self) -> None:
        """Books the calendar from the user's own, and changes that. Raises NotFound if it is not to be booked."""
        booker = Booker(self.runtime, self.user_id)
        said = replace(content(*self.hour()), calendars=(self.calendar.calendar_id,))
        try:
            made = booker.calendar(booker.request(booker.default)).create(said)
            booker.calendar(booker.request(booker.default)).patch(made.id, {"title": "Booked"})
        except InvalidRequest as refusal:
            raise NotFound("calendar") from refusal

    def bulk(self) -> None:
        """Creates many. Raises NotFound if not all are written because the right is revoked."""
        request = self.request("write")
        settings, clients = self.runtime.settings, self.runtime.clients
        grants = GrantReader(clients, settings.access_table, request.access, time.monotonic)
        store = SharedBulkStore(clients, settings.events_table, None, grants)
        made = BulkCreation(store, request, 86_400).create([Draft(at, content(*self.hour())) for at in range(BULK)])
        if any(each.failure == REVOKED for each in made.outcomes):
            raise NotFound("calendar")


@dataclass(frozen=True)
class Round:
    """What came of a round: what was stored when the revocation was answered, and what differed when all had ended."""

    before: int
    late: int
    served: int
    tries: int


def race(
    runtime: Runtime, seconds: float, ways_of: Callable[[Editor], Sequence[Callable[[], None]]] = Editor.ways
) -> Round:
    """Lets an editor write in a thread for each way, and revokes their right after `seconds`."""
    calendar = SharedCalendar(runtime)
    editor = Editor(runtime, calendar, calendar.member("editor"))
    ways = ways_of(editor)
    answered = threading.Event()
    served = count()

    def write(way: Callable[[], None]) -> None:
        end = time.monotonic() + LONGEST_SECONDS
        with suppress(NotFound, NotAllowed):
            while time.monotonic() < end:
                begun_late = answered.is_set()
                with suppress(EventConflict):
                    way()
                    if begun_late:
                        next(served)
            raise AssertionError("was never refused")

    with ThreadPoolExecutor(len(ways)) as threads:
        running = [threads.submit(write, way) for way in ways]
        time.sleep(seconds)
        tries = calendar.revoke(editor.user_id, time.sleep)
        answered.set()
        before = versions(event_items(runtime, calendar.calendar_id))
        for each in running:
            each.result()
    after = versions(event_items(runtime, calendar.calendar_id))
    return Round(len(before), len(before ^ after), next(served), tries)


def versions(events: Sequence[Event]) -> set[tuple[str, str]]:
    """Returns which versions of which events are stored."""
    return {(event.id, event.history_id) for event in events}
