"""Sixteen writers of single events and series, on shared calendars and on several: nobody is booked twice.

Without one of the rules of series the same races book somebody twice.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from shared.runtime import Runtime
from tests.harness.series_contents import double_booked
from tests.integration.conflicts.contended_calendar import event_items
from tests.integration.sharing.bookers import on_clients_of_their_own
from tests.integration.sharing.broken_series_stores import FIRST_OCCURRENCE, HIDING, LATE
from tests.integration.sharing.series_races import HORIZON, PLAIN, SeriesRound, Stores, race_series

# In `make test`; 60, 20 of them with Queries that hide what is young, were run by hand.
ROUNDS = int(os.environ.get("SERIES_ROUNDS", "3"))
HIDING_ROUNDS = max(1, ROUNDS // 3)
# With a rule left out nearly every round shows it; what is bounded is only how long to look for it.
MUTANT_ROUNDS = 60
CLIENTS = 4


@dataclass
class SeriesFindings:
    """How many requests ended how, and what was booked twice."""

    rounds: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    series: int = 0
    events: int = 0
    double_bookings: list[str] = field(default_factory=list)

    def add(self, runtime: Runtime, played: SeriesRound) -> None:
        """Adds what a round has left: everything that is live is expanded over the horizon."""
        self.rounds += 1
        for kind, status in played.answers:
            self.answers[status] += 1
            if status == "written":
                self.written[kind] += 1
        for calendar_id in played.calendars:
            there = [each for each in event_items(runtime, calendar_id) if not each.deleted]
            self.events += len(there)
            self.series += sum(each.content.recurrence is not None for each in there)
            found = double_booked(there, HORIZON)
            self.double_bookings += [f"{one.id} and {other.id} at {other.content.start}" for one, other in found]

    def __str__(self) -> str:
        answers = ", ".join(f"{number} {name}" for name, number in sorted(self.answers.items()))
        kinds = ", ".join(f"{number} {name}" for name, number in sorted(self.written.items()))
        return (
            f"{self.rounds} rounds: {answers} (written: {kinds}); left {self.events} live items, {self.series} of "
            f"series; {len(self.double_bookings)} double bookings"
        )


@pytest.fixture
def wired(dynamodb_runtime: Runtime) -> Sequence[Runtime]:
    """Runtimes on the same tables, each with clients of its own."""
    return on_clients_of_their_own(dynamodb_runtime, CLIENTS)


def play(
    runtime: Runtime,
    wired: Sequence[Runtime],
    rounds: range,
    stores: Stores = PLAIN,
    until: Callable[[SeriesFindings], object] = lambda _: False,
) -> SeriesFindings:
    """Runs rounds, `until` something is found."""
    findings = SeriesFindings()
    for number in rounds:
        findings.add(runtime, race_series(runtime, wired, number, stores))
        if until(findings):
            break
    return findings


def test_nobody_is_booked_twice_by_series(
    dynamodb_runtime: Runtime, wired: Sequence[Runtime], tell: Callable[[str], None]
) -> None:
    findings = play(dynamodb_runtime, wired, range(ROUNDS - HIDING_ROUNDS))
    tell(f"series: {findings}")
    assert findings.double_bookings == []
    assert {*findings.answers} <= {"written", "conflict", "gone", "refused"}
    assert findings.written["create a series"] > findings.rounds
    assert findings.answers["conflict"] > findings.rounds


def test_nor_while_queries_hide_what_is_young(
    dynamodb_runtime: Runtime, wired: Sequence[Runtime], tell: Callable[[str], None]
) -> None:
    findings = play(dynamodb_runtime, wired, range(1000, 1000 + HIDING_ROUNDS), HIDING)
    tell(f"series, with Queries that hide what is young: {findings}")
    assert findings.double_bookings == []
    assert {*findings.answers} <= {"written", "conflict", "gone", "refused"}
    assert findings.written["create a series"] > 0


@pytest.mark.parametrize(
    ("stores", "first"), [(FIRST_OCCURRENCE, 2000), (LATE, 3000)], ids=["the first occurrence", "late fences"]
)
def test_without_a_rule_of_series_somebody_is(
    dynamodb_runtime: Runtime, wired: Sequence[Runtime], tell: Callable[[str], None], stores: Stores, first: int
) -> None:
    findings = play(
        dynamodb_runtime, wired, range(first, first + MUTANT_ROUNDS), stores, lambda found: found.double_bookings
    )
    tell(f"mutant of series, {stores[0].__name__}: {findings}")
    assert findings.double_bookings
