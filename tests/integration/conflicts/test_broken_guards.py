"""The guard with one of its rules left out: each time the suite's own scenarios show the double booking."""

from functools import partial

import pytest

from shared.errors import EventConflict
from shared.scheduling import conflicts, fences
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.store.client import Clients
from tests.harness.botocore_faults import COMMIT, QUERY
from tests.integration.conflicts import broken_guards
from tests.integration.conflicts.broken_guards import (
    CheckThenInsert,
    FencesAgain,
    FencesLast,
    FirstFenceOnly,
    fences_by_steps,
)
from tests.integration.conflicts.changes import CHANGES, HOT, RIVAL, Change
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

# From late in a week to early in the second next one: both begin less than a multiple of seven days apart.
LONG = content(Instant("2026-11-20T23:00:00Z"), Instant("2026-12-01T01:00:00Z"))
AT_ITS_END = content(Instant("2026-12-01T00:30:00Z"), Instant("2026-12-01T00:45:00Z"))


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_check_then_insert_books_twice(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    contended.make_store = CheckThenInsert
    contended.wire.before("PutItem", lambda: contended.rival().create(RIVAL))

    change.act(contended.subject(), before)

    assert len(contended.double_bookings()) == 1


@pytest.mark.parametrize(("wanted", "rival"), [(HOT, RIVAL), (LONG, AT_ITS_END)])
@pytest.mark.parametrize("stepping", [False, True])
def test_fences_found_by_steps_of_seven_days_miss_the_last(
    contended: ContendedCalendar, wanted: Content, rival: Content, monkeypatch: pytest.MonkeyPatch, stepping: bool
) -> None:
    contended.wire.before(COMMIT, lambda: contended.rival().create(rival))
    if stepping:
        monkeypatch.setattr(fences, "fence_names", fences_by_steps)
        contended.subject().create(wanted)
    else:
        with pytest.raises(EventConflict):
            contended.subject().create(wanted)

    assert len(contended.double_bookings()) == (1 if stepping else 0)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_fence_of_the_first_week_alone_books_twice(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    contended.make_store = FirstFenceOnly
    contended.wire.before(COMMIT, lambda: contended.rival().create(RIVAL))

    change.act(contended.subject(), before)

    assert len(contended.double_bookings()) == 1


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_fences_read_again_before_the_write_book_twice(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)

    def store(clients: Clients, table: str) -> FencesAgain:
        made = FencesAgain(clients, table)
        made.pause = lambda: contended.rival().create(RIVAL)
        return made

    contended.make_store = store

    change.act(contended.subject(), before)

    assert len(contended.double_bookings()) == 1


class _FencesLast(FencesLast):
    def __init__(self, clients: Clients, table: str, contended: ContendedCalendar) -> None:
        super().__init__(clients, table)
        self.wanted = HOT.interval
        self.pause = lambda: contended.rival().create(RIVAL)


def test_fences_read_after_what_they_guard_book_twice(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A rival alone would still be found in what the fence remembers: that is one more net, and not a deep one.
    monkeypatch.setattr(conflicts, "latest_entries", broken_guards.nothing_remembered)
    contended.make_store = partial(_FencesLast, contended=contended)

    contended.subject().create(HOT)

    assert len(contended.double_bookings()) == 1


def test_fences_read_before_what_they_guard_do_not(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflicts, "latest_entries", broken_guards.nothing_remembered)
    contended.wire.before(QUERY, lambda: contended.rival().create(RIVAL))

    with pytest.raises(EventConflict):
        contended.subject().create(HOT)

    assert contended.double_bookings() == []
