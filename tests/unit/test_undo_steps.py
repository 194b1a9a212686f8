from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from shared.history.undo_steps import UndoStep, lanes
from shared.scheduling.fences import FENCES
from shared.scheduling.instants import Instant, of_seconds, shifted
from tests.harness.samples import event

DAY = 24 * 3600
MARCH = 1_804_809_600  # 2027-03-12T00:00:00Z

intervals = st.tuples(st.integers(0, 200), st.integers(1, 20)).map(
    lambda drawn: (of_seconds(MARCH + drawn[0] * DAY), of_seconds(MARCH + (drawn[0] + drawn[1]) * DAY))
)


def restore(start: str, end: str) -> UndoStep:
    deleted = event(start, end, kind="delete")
    return UndoStep(deleted, deleted)


def move(before: tuple[str, str], now: tuple[str, str]) -> UndoStep:
    live = event(*now, kind="update")
    return UndoStep(live, event(*before, event_id=live.id))


steps = st.lists(st.builds(lambda taken: restore(*taken), intervals) | st.builds(move, intervals, intervals))


@given(steps)
def test_no_two_lanes_have_a_fence_in_common_and_none_could_be_parted(drawn: list[UndoStep]) -> None:
    found = lanes(drawn)
    assert sorted((step for lane in found for step in lane), key=drawn.index) == drawn
    fences = [set().union(*(step.fences() for step in lane)) for lane in found]
    assert all(one.isdisjoint(other) for one, other in combinations(fences, 2))
    for lane in found:
        assert lane == sorted(lane, key=drawn.index)
        assert len(lanes(lane)) == 1


def test_a_move_shares_its_lane_with_what_comes_to_where_it_was() -> None:
    april = ("2027-04-14T09:00:00Z", "2027-04-14T10:00:00Z")
    march = ("2027-03-17T09:00:00Z", "2027-03-17T10:00:00Z")
    moved, restored = move(april, march), restore(*march)
    assert lanes([moved, restored]) == [[moved, restored]]
    assert lanes([restore(*april), restored]) != [[moved, restored]]
    assert moved.fences() == {"c10", "c14"}


def test_weeks_that_share_a_fence_share_a_lane() -> None:
    start = Instant("2027-03-17T09:00:00Z")
    hours = [
        (shifted(start, week * 7 * DAY), shifted(start, week * 7 * DAY + 3600)) for week in (0, FENCES - 1, FENCES)
    ]
    first, before, later = (restore(*each) for each in hours)
    assert lanes([first, before, later]) == [[before], [first, later]]


def test_what_a_step_does_follows_from_its_sides() -> None:
    live = event(kind="update")
    deleted = event(kind="delete")
    elsewhere = event("2027-03-02T09:00:00Z", "2027-03-02T10:00:00Z")
    clear = event(transparency="transparent")
    facts = {
        UndoStep(live): ("delete", False, True),
        UndoStep(deleted, deleted): ("restore", True, False),
        UndoStep(live, event(title="Retro")): ("rollback", False, False),
        UndoStep(live, elsewhere): ("rollback", True, False),
        UndoStep(live, clear): ("rollback", False, True),
        UndoStep(deleted, clear): ("restore", False, True),
    }
    for step, (kind, takes, frees) in facts.items():
        assert (step.type, step.takes_time, step.frees_time) == (kind, takes, frees), step
