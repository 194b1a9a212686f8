"""Of two changes that take the same time one wins, whichever of them are of series, and the other learns of it."""

from dataclasses import replace

import pytest

from shared.errors import EventConflict
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from tests.harness.botocore_faults import COMMIT, QUERY, READ
from tests.harness.series_contents import content_recurrence, double_booked, override, series
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content
from tests.integration.conflicts.series_changes import (
    ASIDE,
    MOVED,
    SERIES,
    SERIES_CHANGES,
    SERIES_RIVALS,
    SINGLE,
    Taking,
    rewritten,
)

HORIZON = Interval(Instant("2026-01-01T00:00:00Z"), Instant("2032-01-01T00:00:00Z"))

changes = pytest.mark.parametrize("change", [SINGLE, *SERIES_CHANGES], ids=str)
rivals = pytest.mark.parametrize("rival", SERIES_RIVALS, ids=str)


def moved_fences(contended: ContendedCalendar) -> list[int]:
    """How many fences each commit has moved."""
    return [
        sum("Update" in action for action in request["TransactItems"]) for request in contended.wire.requests[COMMIT]
    ]


@changes
@rivals
@pytest.mark.parametrize("point", [READ, QUERY, COMMIT])
def test_who_takes_the_time_first_wins(contended: ContendedCalendar, change: Taking, rival: Taking, point: str) -> None:
    before, arrive = change.prepare(contended), rival.arrive(contended)
    versions = {event.id: event.history_id for event in contended.events()}
    arrived = []
    contended.wire.before(point, lambda: arrived.append(arrive()))

    with pytest.raises(EventConflict) as caught:
        change.act(contended.subject(), before)

    (first,) = arrived
    assert [str(each.id).partition("_")[0] for each in caught.value.collisions] == [first.id]
    assert double_booked(contended.events(), HORIZON) == []
    stored = {event.id: event.history_id for event in contended.events()}
    assert stored == {**versions, first.id: first.history_id}
    assert contended.wire.calls[COMMIT] == (1 if point == COMMIT else 0)


@changes
@rivals
def test_who_comes_after_the_commit_is_refused(contended: ContendedCalendar, change: Taking, rival: Taking) -> None:
    before, arrive = change.prepare(contended), rival.arrive(contended)
    refused: list[str] = []

    def arrive_late() -> None:
        with pytest.raises(EventConflict) as caught:
            arrive()
        refused.extend(str(each.id).partition("_")[0] for each in caught.value.collisions)

    contended.wire.after(COMMIT, arrive_late)
    written = change.act(contended.subject(), before)

    assert refused == [written.id]
    assert contended.live()[written.id].content == change.wanted
    assert double_booked(contended.events(), HORIZON) == []


@pytest.mark.parametrize("change", SERIES_CHANGES, ids=str)
def test_a_rival_elsewhere_in_a_week_of_the_change_costs_another_attempt(
    contended: ContendedCalendar, change: Taking
) -> None:
    before = change.prepare(contended)
    aside = content(Instant("2026-11-25T15:00:00Z"), Instant("2026-11-25T16:00:00Z"), "Aside")
    contended.wire.before(COMMIT, lambda: contended.rival().create(aside))

    written = change.act(contended.subject(), before)

    assert contended.live()[written.id].content == change.wanted
    assert contended.wire.calls[COMMIT] == 2


def test_a_series_moves_all_fences_and_an_occurrence_those_of_its_weeks(contended: ContendedCalendar) -> None:
    made = contended.subject().create(ASIDE)
    rewritten(contended.subject(), made.id, MOVED)
    assert moved_fences(contended) == [16, 2]
    last = override("20300626T120000", "2031-01-01T12:00:00Z")
    rewritten(
        contended.subject(), made.id, replace(ASIDE, recurrence=replace(content_recurrence(ASIDE), changed=(last,)))
    )
    assert moved_fences(contended)[2:] == [16], "it ends later than before, so its place in the index changes"


def test_what_takes_less_moves_no_fence(contended: ContendedCalendar) -> None:
    made = contended.subject().create(SERIES)
    cancelled = replace(SERIES, recurrence=replace(content_recurrence(SERIES), excluded=("20261004T230000",)))
    rewritten(contended.subject(), made.id, cancelled)
    rewritten(contended.subject(), made.id, replace(cancelled, title="Another"))
    assert moved_fences(contended) == [16]


def test_an_occurrence_is_not_looked_for_where_the_series_is_booked_with_leave(contended: ContendedCalendar) -> None:
    made = contended.rival().create(ASIDE)
    allowed = content(Instant("2026-09-09T12:00:00Z"), Instant("2026-09-09T12:30:00Z"), "Allowed")
    contended.rival_bulk([allowed])
    written = rewritten(contended.subject(), made.id, MOVED)
    assert written.content == MOVED
    with pytest.raises(EventConflict):
        rewritten(contended.subject(), made.id, replace(MOVED, end=Instant("2026-09-02T13:30:00Z")))


def test_a_refusal_of_an_occurrence_tells_when_it_could_be(contended: ContendedCalendar) -> None:
    made = contended.rival().create(ASIDE)
    contended.rival().create(content(Instant("2026-11-22T22:00:00Z"), Instant("2026-11-23T03:00:00Z"), "Long"))
    with pytest.raises(EventConflict) as caught:
        rewritten(contended.subject(), made.id, MOVED)
    assert caught.value.next_free == "2026-11-23T03:00:00Z"


def test_a_series_says_how_far_it_was_checked(contended: ContendedCalendar) -> None:
    made = contended.subject().create(series("2026-09-06T23:00:00", "FREQ=WEEKLY"))
    assert made.checked_until == contended.live()[made.id].checked_until == "9999-12-31T23:59:59Z"
    finite = contended.subject().create(series("2026-09-07T12:00:00", "FREQ=WEEKLY;COUNT=3"))
    assert finite.checked_until == "2026-09-21T13:00:00Z"
