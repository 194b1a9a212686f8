"""The processes of a race, and the threads within them."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError

from shared.errors import EventConflict, InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from shared.ids import CalendarId
from shared.retries import Deadline
from shared.runtime import Runtime, use
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.settings import Settings
from shared.store.client import Clients
from shared.store.events import DynamoEventStore
from shared.wiring import calendar as scheduling_wiring
from tests.harness.samples import no_bookings, request
from tests.integration.conflicts.broken_guards import STORES
from tests.integration.conflicts.contended_calendar import DELETED_SECONDS, content
from tests.integration.conflicts.race_schedule import Kind, Move, Round
from tests.integration.conflicts.race_writers import Status, Writer, Written, domain_writer, handler_writer

# A writer that does not come is a defect: the others shall not wait for it for ever.
MEETING_SECONDS = 120.0
RETRY_SECONDS = 8.0


@dataclass(frozen=True)
class Outcome:
    """What came of one call of a writer."""

    round: int
    kind: Kind
    status: Status
    written: Written | None = None
    # Whether all that was named as a conflict is one, and not the event itself.
    truthful: bool = True


@dataclass(frozen=True)
class Assignment:
    """Which writers a process has, and in which rounds; `store` is a key of STORES."""

    endpoint: str
    settings: Settings
    store: str
    handlers: bool
    writers: tuple[int, ...]
    rounds: tuple[int, ...]


class _Meeting:
    """Where the writers of all processes wait for one another."""

    barrier: Barrier


def prepare(barrier: Barrier) -> None:
    """Make ready a process of its own."""
    _Meeting.barrier = barrier
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "conflicts",
        "AWS_SECRET_ACCESS_KEY": "conflicts",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }


def race(assignment: Assignment) -> list[Outcome]:
    """What comes of the calls of all writers of a process."""
    clients = Clients(assignment.endpoint)
    assert clients.dynamodb.meta.region_name  # made now, and not by many threads at once
    store = STORES[assignment.store](clients, assignment.settings.events_table)
    if assignment.handlers:
        # The functions, like Lambda, serve one request at a time.
        (writer,) = assignment.writers
        with _served(Runtime(assignment.settings, clients), store):
            return _run(writer, handler_writer, assignment.rounds)
    with ThreadPoolExecutor(len(assignment.writers)) as threads:
        domain = domain_writer(lambda calendar_id: _calendar(store, calendar_id))
        running = [threads.submit(_run, each, domain, assignment.rounds) for each in assignment.writers]
    return all_of(running)


def all_of(running: Sequence[Future[list[Outcome]]]) -> list[Outcome]:
    """What came of all that runs. When one fails the others miss it: so its own fault is raised, if there is one."""
    faults = [fault for fault in (each.exception() for each in running) if fault is not None]
    for fault in sorted(faults, key=lambda each: isinstance(each, BrokenBarrierError)):
        raise fault
    return [outcome for each in running for outcome in each.result()]


@contextmanager
def _served(runtime: Runtime, store: DynamoEventStore) -> Iterator[None]:
    made = scheduling_wiring.event_store
    scheduling_wiring.event_store = lambda _: store  # type: ignore[assignment]  # the store under test
    try:
        with use(runtime):
            yield
    finally:
        scheduling_wiring.event_store = made


def _calendar(store: DynamoEventStore, calendar_id: CalendarId) -> Calendar:
    now_ns = time.time_ns()
    jitter = partial(random.uniform, 0)  # a delay, not a secret
    deadline = Deadline(RETRY_SECONDS, time.monotonic, time.sleep, jitter)
    return Calendar(store, request(calendar_id, now_ns=now_ns, deadline=deadline), DELETED_SECONDS, no_bookings)


@dataclass
class _Own:
    """The event that a writer changes: its first version, and where it probably is now."""

    first: Event
    start: Instant


def _run(number: int, writer: Writer, rounds: tuple[int, ...]) -> list[Outcome]:
    try:
        return [outcome for each in map(Round, rounds) for outcome in _round(each, number, writer)]
    except BaseException:
        _Meeting.barrier.abort()  # the others need not wait
        raise


def _round(each: Round, number: int, writer: Writer) -> Iterator[Outcome]:
    first, away = each.home(number)
    own = _Own(first, away.content.start)
    moves = each.moves(number)
    if moves[0].kind == "restore":
        yield _outcome(each, replace(moves[0], kind="delete"), own, writer)
    _Meeting.barrier.wait(MEETING_SECONDS)
    for move in moves:
        yield _outcome(each, move, own, writer)


def _outcome(each: Round, move: Move, own: _Own, writer: Writer) -> Outcome:
    start, end = move.start, move.end
    if move.kind == "patch one":
        # What was meant to begin at `start` begins where the event is.
        end = shifted(own.start, move.length)
        start = own.start
    if move.kind in {"roll back", "restore"}:
        start, end = own.first.content.start, own.first.content.end
    try:
        written = writer(move.kind, each.calendar_id, own.first, start, end)
    except EventConflict as conflict:
        truthful = bool(conflict.collisions) and all(
            Interval(other.start, other.end).overlaps(Interval(start, end))
            and (move.kind == "create" or other.id != own.first.id)
            for other in conflict.collisions
        )
        # Somebody else may have moved the event whose one end was to be moved.
        return Outcome(each.number, move.kind, "conflict", truthful=truthful or move.kind == "patch one")
    except InvalidRequest:
        assert move.kind == "patch one", "only an event that somebody else has moved can have no such end"
        return Outcome(each.number, move.kind, "refused")
    except NotFound:
        return Outcome(each.number, move.kind, "gone")
    except OutcomeUnknown:
        return Outcome(each.number, move.kind, "unknown")
    except Unavailable:
        return Outcome(each.number, move.kind, "unavailable")
    if move.kind != "delete":
        if move.kind in {"create", "allow"}:
            said = content(written.start, written.end)
            stamp = replace(own.first.stamp, history_id=written.history_id, version=written.version)
            own.first = replace(own.first, id=written.event_id, content=said, stamp=stamp)
        own.start = written.start
    return Outcome(each.number, move.kind, "written", written)
