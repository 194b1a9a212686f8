"""Sixteen writers book six calendars at once: nobody is booked twice, and no two calendars are at odds.

Without one of the rules of bookings the same races show what is wrong.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import pytest

from shared.runtime import Runtime
from shared.scheduling import conflicts
from shared.store.bookings import DynamoBookingStore
from tests.harness.botocore_faults import Unrepeated
from tests.harness.stream import Stream
from tests.integration.sharing.bookers import on_clients_of_their_own
from tests.integration.sharing.booking_checks import Findings
from tests.integration.sharing.booking_races import race
from tests.integration.sharing.broken_bookings import CalendarByCalendar, HomesFencesOnly, fences_believed
from tests.integration.sharing.write_faults import faults

ROUNDS = int(os.environ.get("BOOKING_ROUNDS", "3"))
FAULTY_ROUNDS = int(os.environ.get("FAULTY_BOOKING_ROUNDS", "2"))
# With a rule left out nearly every round shows it; what is bounded is only how long to look for it.
MUTANT_ROUNDS = 20
# Four writers share the connections and the threads of one process.
CLIENTS = 4


def play(
    runtime: Runtime,
    wired: Sequence[Runtime],
    rounds: int,
    store: type[DynamoBookingStore] = DynamoBookingStore,
    until: Callable[[Findings], object] = lambda _: False,
) -> Findings:
    """Runs rounds, `until` something is found."""
    findings, stream = Findings(), Stream(runtime)
    stream.read()  # what other tests have left in the tables that they share with these
    for number in range(rounds):
        findings.add(runtime, stream, race(runtime, wired, number, store))
        if until(findings):
            break
    return findings


@pytest.fixture
def wired(dynamodb_runtime: Runtime) -> Sequence[Runtime]:
    """Runtimes on the same tables, each with clients of its own."""
    return on_clients_of_their_own(dynamodb_runtime, CLIENTS)


def test_nobody_is_booked_twice_and_calendars_agree(
    dynamodb_runtime: Runtime, wired: Sequence[Runtime], tell: Callable[[str], None]
) -> None:
    findings = play(dynamodb_runtime, wired, ROUNDS)
    tell(f"bookings: {findings}")
    assert findings.wrong == (0, [], [], [])
    assert {*findings.answers} <= {"written", "conflict", "gone"}
    assert findings.written.keys() >= {"create", "cancel", "restore"}
    assert findings.answers["conflict"] > ROUNDS


def test_nor_with_lost_answers_and_transactions_in_the_way(
    dynamodb_runtime: Runtime, tell: Callable[[str], None]
) -> None:
    wired = on_clients_of_their_own(dynamodb_runtime, CLIENTS, Unrepeated)
    with ExitStack() as stack:
        for seed, each in enumerate(wired):
            stack.enter_context(faults(each.clients, seed))
        findings = play(dynamodb_runtime, wired, FAULTY_ROUNDS)
    tell(f"bookings with faults: {findings}")
    assert findings.wrong == (0, [], [], [])
    assert {*findings.answers} <= {"written", "conflict", "gone", "unknown"}
    assert findings.answers["written"] > FAULTY_ROUNDS


def test_the_fences_of_the_home_alone_book_others_twice(
    dynamodb_runtime: Runtime, wired: Sequence[Runtime], tell: Callable[[str], None]
) -> None:
    findings = play(dynamodb_runtime, wired, MUTANT_ROUNDS, HomesFencesOnly, lambda found: found.double_bookings)
    tell(f"mutant, the home's fences only: {findings}")
    assert findings.double_bookings > 0


def test_a_transaction_for_each_calendar_leaves_them_at_odds(
    dynamodb_runtime: Runtime, wired: Sequence[Runtime], tell: Callable[[str], None]
) -> None:
    findings = play(dynamodb_runtime, wired, MUTANT_ROUNDS, CalendarByCalendar, lambda found: found.at_odds)
    tell(f"mutant, a transaction for each calendar: {findings}")
    assert findings.at_odds


def test_what_fences_remember_refuses_untruly_if_it_is_not_looked_up(
    dynamodb_runtime: Runtime,
    wired: Sequence[Runtime],
    tell: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conflicts, "standing", fences_believed)
    findings = play(dynamodb_runtime, wired, MUTANT_ROUNDS, until=lambda found: found.untrue)
    tell(f"mutant, the fences believed: {findings}")
    assert findings.untrue
