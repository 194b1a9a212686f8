"""A race of many writers: who runs it, and what is found in the calendars afterwards."""

import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from shared.runtime import Runtime
from shared.scheduling.events import Event
from shared.store.batches import BATCH_WRITE_ITEMS, batch_write
from shared.store.bulk import DynamoBulkStore
from shared.store.codec import event_attributes
from shared.store.keys import version_key
from tests.harness.clock import Clock
from tests.integration.conflicts.contended_calendar import double_bookings, event_items
from tests.integration.conflicts.race_schedule import WRITERS, Round
from tests.integration.conflicts.race_worker import Assignment, Outcome, all_of, prepare, race
from tests.integration.conflicts.race_writers import Written

# Threads that share a process, and processes of one writer each, which go through the functions.
THREADS, DOMAIN_PROCESSES, HANDLER_PROCESSES = 4, 3, 4
assert THREADS * DOMAIN_PROCESSES + HANDLER_PROCESSES == WRITERS


@dataclass(frozen=True)
class Result:
    """What came of a race: how many calls ended how, and what was found wrong."""

    rounds: int
    answers: Counter[str]
    written: Counter[str]
    double_bookings: int
    lost_writes: Sequence[str]
    lies: int

    def __str__(self) -> str:
        answers = ", ".join(f"{number} {name}" for name, number in sorted(self.answers.items()))
        kinds = ", ".join(f"{number} {name}" for name, number in sorted(self.written.items()))
        return (
            f"{self.rounds} rounds of {WRITERS} writers: {answers} (written: {kinds}); "
            f"{self.double_bookings} double bookings, {len(self.lost_writes)} lost writes"
        )


class Race:
    """The processes of the writers, which can run several races one after another."""

    def __init__(self, runtime: Runtime, endpoint: str) -> None:
        self._runtime = runtime
        self._endpoint = endpoint
        context = multiprocessing.get_context("spawn")
        self._processes = DOMAIN_PROCESSES + HANDLER_PROCESSES
        self._pool = ProcessPoolExecutor(
            self._processes, mp_context=context, initializer=prepare, initargs=(context.Barrier(WRITERS),)
        )

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown()

    def run(self, store: str, rounds: Sequence[int]) -> Result:
        """Race for `rounds` with the store of that name, and look at what is there afterwards."""
        self._seed(rounds)
        shares = [tuple(range(first, first + THREADS)) for first in range(0, THREADS * DOMAIN_PROCESSES, THREADS)]
        shares += [(writer,) for writer in range(THREADS * DOMAIN_PROCESSES, WRITERS)]
        work = [
            Assignment(self._endpoint, self._runtime.settings, store, len(share) == 1, share, tuple(rounds))
            for share in shares
        ]
        outcomes = all_of([self._pool.submit(race, each) for each in work])
        doubles = 0
        lost: list[str] = []
        for number in rounds:
            stored = event_items(self._runtime, Round(number).calendar_id)
            doubles += len(double_bookings(stored))
            lost += disagreements(Round(number), [each for each in outcomes if each.round == number], stored)
        return Result(
            rounds=len(rounds),
            answers=Counter(each.status for each in outcomes),
            written=Counter(each.kind for each in outcomes if each.status == "written"),
            double_bookings=doubles,
            lost_writes=lost,
            lies=sum(not each.truthful for each in outcomes),
        )

    def _seed(self, rounds: Sequence[int]) -> None:
        """Put the writers' first events into their calendars, and the versions before into the history."""
        events = [Round(number).home(writer) for number in rounds for writer in range(0, WRITERS, 2)]
        deadline = Clock().deadline(8.0)
        clients, settings = self._runtime.clients, self._runtime.settings
        assert DynamoBulkStore(clients, settings.events_table).put_all([last for _, last in events], deadline) == {}
        items = [
            event_attributes(first) | version_key(first.calendar_id, first.id, first.history_id) for first, _ in events
        ]
        for at in range(0, len(items), BATCH_WRITE_ITEMS):
            assert batch_write(clients.dynamodb, settings.history_table, items[at : at + BATCH_WRITE_ITEMS]) == []


def disagreements(each: Round, outcomes: Sequence[Outcome], stored: Iterable[Event]) -> list[str]:
    """Where what was answered and what is there are at odds, in words: a lost write, or one that nobody was told of."""
    base: dict[str, Event] = {away.id: away for _, away in map(each.home, range(WRITERS))}
    answered: defaultdict[str, dict[str, Written]] = defaultdict(dict)
    deletions: Counter[str] = Counter()
    for written in (outcome.written for outcome in outcomes if outcome.written is not None):
        if written.history_id:
            answered[written.event_id][written.history_id] = written
        else:
            deletions[written.event_id] += 1
    unknown = sum(outcome.status == "unknown" for outcome in outcomes)
    there: dict[str, Event] = {event.id: event for event in stored}
    found = []
    for event_id in {*base, *answered, *deletions, *there}:
        event, versions = there.get(event_id), answered[event_id]
        if event_id in base:
            versions.pop(base[event_id].history_id, None)  # the answer to a change that changes nothing
        expected = len(versions) + deletions[event_id] + (base[event_id].stamp.version if event_id in base else 0)
        if event is None:
            found.append(f"{event_id} is not there")
            continue
        if not expected <= event.stamp.version <= expected + unknown:
            found.append(f"{event_id} has version {event.stamp.version}; what was answered makes {expected}")
        last = versions.get(event.history_id)
        if last is None:
            if not (unknown or event == base.get(event_id) or (event.deleted and deletions[event_id])):
                found.append(f"{event_id} is at a version that nobody was told of")
        elif (last.start, last.end) != (event.content.start, event.content.end):
            found.append(f"{event_id} is not what was answered")
    return found
