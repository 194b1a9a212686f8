"""Contention: what a calendar with 16, 24 or 64 fences costs those who write to it at the same moment.

DynamoDB Local carries out transactions one after the other, where DynamoDB cancels one that meets another one at work
on the same item. So a transaction is refused here while another one is at work on one of its fences.
"""

import itertools
import random
import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from unittest.mock import patch

from benchmarks.report import Part
from benchmarks.timing import few
from shared import ids
from shared.errors import Contended, Unavailable
from shared.runtime import current
from shared.scheduling import fences
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content, Event
from shared.scheduling.fences import Fence
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.recurrences import Recurrence
from shared.store.client import Clients
from shared.store.events import DynamoEventStore
from tests.harness.samples import no_bookings, request

COUNTS: Final = (16, 24, 64)
MONDAY: Final = Instant("2027-01-04T00:00:00Z")
QUARTER: Final = 900  # seconds, the length of every event: so many fit into a week that none overlap
WEEK: Final = 7 * 24 * 4  # quarters
YEAR: Final = 52 * WEEK
ROUNDS: Final = 3
WEEKLY: Final = Recurrence("FREQ=WEEKLY")
DELETED_SECONDS: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class _Load:
    """So many writers, each of whom creates so many events, one after the other, somewhere within `quarters`.

    The first `series` of them create weekly series in place of events.
    """

    name: str
    writers: int
    each: int
    quarters: int
    series: int = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        """Returns what its writers create."""
        return ("events", "series") if self.series else ("events",)


LOADS: Final = (
    _Load("2 at once, a year", 2, 24, YEAR),
    _Load("16 at once, a year", 16, 5, YEAR),
    _Load("16 at once, one week", 16, 2, WEEK),
    _Load("16 at once, a year, one of them series", 16, 5, YEAR, series=1),
)


@dataclass(slots=True)
class _Tally:
    """What came of a load with a number of fences, in all rounds.

    Attributes:
        attempts: How often a transaction was tried.
        met: How many of them met another one at work.
        unavailable: How many writes ended with Unavailable.
        seconds: How long each write took, those included.
    """

    attempts: int = 0
    met: int = 0
    unavailable: int = 0
    seconds: list[float] = field(default_factory=list)


class _Transactions:
    """The fences that transactions of a calendar are at work on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: set[str] = set()

    @contextmanager
    def on(self, names: Sequence[str], tally: _Tally) -> Iterator[None]:
        """Counts an attempt in `tally`. Raises Contended if another transaction is at work on a fence of `names`."""
        with self._lock:
            tally.attempts += 1
            if not self._at_work.isdisjoint(names):
                tally.met += 1
                raise Contended("another transaction is at work on the item")
            self._at_work.update(names)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.difference_update(names)


class _Store(DynamoEventStore):
    """The events table, with transactions that cancel one another."""

    def __init__(self, clients: Clients, table: str, transactions: _Transactions, tally: _Tally) -> None:
        super().__init__(clients, table)
        self._transactions = transactions
        self._tally = tally

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        """Does as DynamoEventStore, unless another transaction is at work on one of the fences."""
        with self._transactions.on([each.name for each in fences], self._tally):
            super().put_guarded(event, previous, fences)


def measure() -> Part:
    """Lets writers create events side by side, in turn for each load and number of fences."""
    part = Part(
        "Contention on fences",
        ("load", "fences", "attempts a write", "met another", "503", "median ms", "p95 ms", "ratio"),
    )
    writers = [Clients() for _ in range(max(each.writers for each in LOADS))]
    tallies = {(load, kind, count): _Tally() for load in LOADS for kind in load.kinds for count in COUNTS}
    with ThreadPoolExecutor(len(writers)) as threads:
        for number in range(few(ROUNDS)):
            for load, count in itertools.product(LOADS, COUNTS):
                with _so_many_fences(count):
                    of_kinds = {kind: tallies[load, kind, count] for kind in load.kinds}
                    _run(load, number, writers[: load.writers], threads, of_kinds)
    for (load, kind, count), tally in tallies.items():
        name = f"{load.name}: {kind}" if load.series else load.name
        _add(part, name, count, tally, _median_ms(tallies[load, kind, COUNTS[-1]]))
    part.notes.append(
        f"In turn, {ROUNDS} rounds, each on a new calendar; events of a quarter of an hour, and weekly series of them, "
        "where it is free. Met another: attempts that met a transaction at work. 503: writes that were given up after "
        f"8 s. Ratio: of medians, to {COUNTS[-1]} fences."
    )
    return part


@contextmanager
def _so_many_fences(count: int) -> Iterator[None]:
    names = tuple(f"c{number:02d}" for number in range(count))
    with patch.object(fences, "FENCES", count), patch.object(fences, "ALL_FENCES", names):
        yield


def _run(
    load: _Load,
    number: int,
    writers: Sequence[Clients],
    threads: ThreadPoolExecutor,
    tallies: Mapping[str, _Tally],
) -> None:
    """Lets all writers of a load create their events in a new calendar; `tallies` has one for each kind."""
    calendar_id, transactions = ids.new_id(time.time_ns()), _Transactions()
    each = few(load.each, 2)
    dice = random.Random(f"{load.name} {number}")  # noqa: S311 places in a calendar, not secrets
    # The first quarters of each week are those of the series.
    taken = each * load.series
    places = [
        *range(taken),
        *dice.sample([place for place in range(load.quarters) if place % WEEK >= taken], each * len(writers) - taken),
    ]
    ready = threading.Barrier(len(writers))

    def kind_of(writer: int) -> str:
        return "series" if writer < load.series else "events"

    def write(writer: int) -> list[tuple[float, bool]]:
        store = _Store(writers[writer], current().settings.events_table, transactions, tallies[kind_of(writer)])
        recurrence = WEEKLY if writer < load.series else None
        ready.wait()
        return [_create(store, calendar_id, place, recurrence) for place in places[writer * each : (writer + 1) * each]]

    for writer, results in enumerate(threads.map(write, range(len(writers)))):
        tally = tallies[kind_of(writer)]
        tally.seconds += [seconds for seconds, _ in results]
        tally.unavailable += sum(not written for _, written in results)


def _create(store: _Store, calendar_id: str, place: int, recurrence: Recurrence | None) -> tuple[float, bool]:
    """Creates an event from that quarter of an hour on. Returns how many seconds it took, and whether it was."""
    start = shifted(MONDAY, place * QUARTER)
    content = Content(title="Review", start=start, end=shifted(start, QUARTER), recurrence=recurrence)
    began = time.perf_counter()
    try:
        Calendar(store, request(calendar_id, now_ns=time.time_ns()), DELETED_SECONDS, no_bookings).create(content)
    except Unavailable:
        return time.perf_counter() - began, False
    return time.perf_counter() - began, True


def _median_ms(tally: _Tally) -> float:
    return statistics.median(tally.seconds) * 1000


def _add(part: Part, load: str, count: int, tally: _Tally, most: float) -> None:
    """Adds the row of a load and a number of fences; `most` is the median with the most fences."""
    median, writes = _median_ms(tally), len(tally.seconds)
    slow = statistics.quantiles(tally.seconds, n=20)[-1] * 1000
    attempts = tally.attempts / writes
    counts = (f"{attempts:.2f}", str(tally.met), str(tally.unavailable))
    part.rows.append(
        [f"{load} ({writes:,})", str(count), *counts, f"{median:.1f}", f"{slow:.1f}", f"{median / most:.2f}"]
    )
    name = f"{load}, {count} fences"
    part.times[name] = median
    part.data[name] = {
        "writes": writes,
        "attempts": tally.attempts,
        "met": tally.met,
        "unavailable": tally.unavailable,
        "p95": slow,
    }
