"""Sixteen writers race for the same time: with the guard nobody is booked twice, without it many are."""

from collections.abc import Callable, Iterator

import pytest

from shared.runtime import Runtime
from tests.integration.conflicts.broken_guards import STORES
from tests.integration.conflicts.race_runner import Race

ROUNDS = 100
# With a broken guard nearly every round shows what is wrong; what is bounded is only how long to look for it.
ROUNDS_BROKEN = 10


@pytest.fixture(scope="module")
def race(tables: tuple[Runtime, Runtime], dynamodb_endpoint: str) -> Iterator[Race]:
    made = Race(tables[0], dynamodb_endpoint)
    yield made
    made.close()


def test_nobody_is_booked_twice(race: Race, record_property: Callable[[str, object], None]) -> None:
    result = race.run("guarded", range(ROUNDS))

    print(f"\nguarded: {result}")
    record_property("race", str(result))
    assert result.double_bookings == 0
    assert result.lost_writes == []
    assert result.lies == 0
    assert result.answers["written"] > ROUNDS
    assert result.answers["conflict"] > ROUNDS
    assert result.written.keys() == {
        *("create", "allow", "replace", "patch both", "patch one", "roll back", "restore", "delete")
    }


BROKEN = [each for each in STORES if each != "guarded"]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_guard_that_is_none_is_found_out(
    race: Race, record_property: Callable[[str, object], None], broken: str
) -> None:
    found = 0
    unused = ROUNDS * (1 + BROKEN.index(broken))  # each round has a calendar of its own
    for first in range(unused, unused + ROUNDS, ROUNDS_BROKEN):
        result = race.run(broken, range(first, first + ROUNDS_BROKEN))
        print(f"\n{broken}: {result}")
        record_property(f"race, {broken}", str(result))
        found += result.double_bookings
        if found:
            break
    assert found > 0
