import gc
import weakref
from contextlib import suppress
from itertools import islice

import pytest

from shared.errors import AnswerLost, Contended, StoreFault, Throttled
from shared.retries import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Deadline
from tests.harness.clock import Clock


def test_pauses_double_up_to_a_second() -> None:
    clock = Clock()
    assert list(islice(clock.deadline(1e9).attempts(), 10)) == list(range(10))
    assert clock.pauses == [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]
    assert (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS) == (0.025, 1.0)


@pytest.mark.parametrize("seconds", [0.0, 0.3, 5.0, 25.0])
def test_no_pause_goes_past_the_time_there_is(seconds: float) -> None:
    clock = Clock()
    attempts = sum(1 for _ in clock.deadline(seconds).attempts())
    assert sum(clock.pauses) < max(seconds, 0.001)
    assert attempts == len(clock.pauses) + 1


def test_there_is_one_attempt_even_when_there_is_no_time() -> None:
    assert list(Clock().deadline(0).attempts()) == [0]
    assert list(Clock().deadline(-1).attempts()) == [0]


def test_the_time_that_attempts_take_counts() -> None:
    clock = Clock()
    made = 0
    for _ in clock.deadline(3.0).attempts():
        made += 1
        clock.forward(1.4)
    assert made == 3


def test_jitter_picks_each_pause_from_the_whole_range() -> None:
    asked: list[float] = []

    def none_at_all(most: float) -> float:
        asked.append(most)
        return 0.0

    clock = Clock()
    attempts = Deadline(1.0, clock.monotonic, clock.sleep, none_at_all).attempts()
    assert list(islice(attempts, 100)) == [*range(31), *[30] * 69]
    assert asked[:3] == [0.025, 0.05, 0.1]
    assert max(asked) == 1.0
    assert clock.pauses == [0.0] * 99


def test_what_is_left_until_a_share_of_the_time_is_used() -> None:
    clock = Clock()
    deadline = clock.deadline(9.0)
    assert (deadline.left(), deadline.left(1 / 3)) == pytest.approx((9.0, 3.0))
    clock.sleep(2.0)
    assert (deadline.left(), deadline.left(1 / 3)) == pytest.approx((7.0, 1.0))
    clock.sleep(2.0)
    assert (deadline.left(), deadline.left(1 / 3)) == pytest.approx((5.0, 0.0))
    clock.sleep(9.0)
    assert deadline.left() == 0.0


def test_a_call_is_repeated_while_it_raises_what_it_is_repeated_on() -> None:
    clock = Clock()
    outcomes: list[Exception | str] = [Throttled("1"), Contended("2"), AnswerLost("3"), "done", "never"]

    def call() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert clock.deadline(5).retry(call) == "done"
    assert outcomes == ["never"]
    assert clock.pauses == [0.025, 0.05, 0.1]


def test_what_a_call_is_not_repeated_on_is_raised_at_once() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise AnswerLost("the first")

    with pytest.raises(AnswerLost):
        Clock().deadline(5).retry(call, on=(Contended, Throttled))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("faults", "raised"),
    [
        ([Throttled("1"), Contended("2")], "2"),
        ([AnswerLost("1"), Throttled("2")], "1"),
        ([Throttled("1"), AnswerLost("2"), Contended("3")], "2"),
    ],
)
def test_a_lost_answer_is_not_forgotten_when_the_time_is_up(faults: list[StoreFault], raised: str) -> None:
    clock = Clock()
    left = [*faults]

    def call() -> None:
        if len(left) == 1:
            clock.forward(9)
        raise left.pop(0)

    with pytest.raises(StoreFault, match=raised):
        clock.deadline(5).retry(call)
    assert left == []


def test_a_fault_that_is_raised_in_the_end_keeps_no_frame_in_a_cycle() -> None:
    class Large:
        pass

    def attempt() -> weakref.ref[Large]:
        request = Large()

        def call() -> None:
            raise Throttled(str(id(request)))

        with suppress(Throttled):
            Clock().deadline(0).retry(call)
        return weakref.ref(request)

    gc.disable()
    try:
        assert attempt()() is None
    finally:
        gc.enable()
