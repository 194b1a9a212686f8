"""How long a name is locked after wrong passwords."""

import pytest

from shared.identity.users import Attempts


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (16, 900), (10**18, 900)],
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert Attempts(failures, failed_at=1000).wait(1000) == seconds


def test_the_wait_runs_down() -> None:
    attempts = Attempts(7, failed_at=1000)
    assert [attempts.wait(now) for now in (1001, 1003, 1004, 9000)] == [3, 1, 0, 0]
