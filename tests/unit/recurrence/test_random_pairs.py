"""Random pairs of series with exceptions, in zones of all sorts, against a plain sweep over their occurrences.

`RECURRENCE_RULES=5000` tries as many, as in `test_oracle`.
"""

import os
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from shared.recurrence.local_times import instant_of, midnight, zone
from shared.recurrence.pairs import HORIZON, Meeting, TimeTaken, first_overlap
from shared.recurrence.series import ENDLESS, Occurrence
from shared.recurrence.steady_days import numbers_of, steady_days
from tests.harness.random_series import ZONES, random_series

PAIRS: Final = int(os.environ.get("RECURRENCE_RULES", "300"))
SEED: Final = 13
DAYS: Final = (1, 20, 200, 400)


def opaque(fields: Mapping[str, Any]) -> bool:
    return bool(fields.get("transparency", "opaque") == "opaque")


def changed_only(fields: Mapping[str, Any]) -> bool:
    """Of a transparent series."""
    return bool(fields.get("transparency", "transparent") == "opaque")


def swept(ones: Iterable[Occurrence], others: Iterable[Occurrence]) -> Meeting | None:
    """The first two that meet, by looking at each occurrence in order of start, and at all that last then."""
    sides = [(each.start, each.id, side, each) for side, found in enumerate((ones, others)) for each in found]
    lasting: tuple[list[Occurrence], list[Occurrence]] = ([], [])
    met: list[tuple[Occurrence, Occurrence]] = []
    for start, _, side, each in sorted(sides, key=lambda entry: entry[:3]):
        if met and start > max(met[0][0].start, met[0][1].start):
            break
        if each.start < each.end:
            rivals = [rival for rival in lasting[1 - side] if rival.end > start]
            met += [(each, rival) if side == 0 else (rival, each) for rival in rivals]
            lasting[side].append(each)
    first = min(met, key=lambda pair: (pair[0][0], pair[0].id, pair[1][0], pair[1].id), default=None)
    return None if first is None else Meeting(*first)


def test_two_series_meet_where_their_occurrences_do(tell: Callable[[str], None]) -> None:
    chance = random.Random(SEED)  # noqa: S311 no secret
    met = apart = 0
    for number in range(PAIRS):
        takes = chance.choice((opaque, opaque, changed_only))
        one, other = TimeTaken(random_series(chance), takes), TimeTaken(random_series(chance))
        low = max(one.series.starts, other.series.starts) + timedelta(
            days=chance.choice((0, 0, -20, 100)), minutes=chance.choice((0, 7))
        )
        # Every tenth pair for five years, which a sweep takes long for.
        high = low + HORIZON if number % 10 == 0 else low + timedelta(days=chance.choice(DAYS))
        ones = [each for each in one.series.between(low, high) if takes(each.patch)]
        expected = swept(ones, other.series.between(low, high))
        assert one.first_meeting(other, low, high) == expected, (one.series, other.series, low, high)
        if not one.timeline(low, high).may_meet(other.series, other.takes):
            assert expected is None
            apart += 1
        met += expected is not None
    tell(f"recurrence: {PAIRS} random pairs of series, {met} meet, {apart} told apart by the time of day, 0 differ")
    assert met > PAIRS // 20
    assert apart > PAIRS // 5


def test_a_series_overlaps_itself_where_its_occurrences_do() -> None:
    chance = random.Random(SEED)  # noqa: S311 no secret
    overlap = 0
    for _ in range(PAIRS // 3):
        series = random_series(chance)
        start = instant_of(series.pattern.start, zone(series.time_zone))
        first: list[datetime] = []
        latest: Occurrence | None = None
        # What was moved is looked for everywhere, and here within the five years.
        found = [each for each in series.between(series.starts, start + HORIZON) if opaque(each.patch)]
        for each in found:
            if latest is not None and each.start < min(latest.end, start + HORIZON) and each.start < each.end:
                first.append(each.start)
                break
            latest = each if latest is None or each.end > latest.end else latest
        told = first_overlap(series, opaque)
        assert (None if told is None or told >= start + HORIZON else told) == next(iter(first), None), series
        overlap += bool(first)
    assert PAIRS // 20 < overlap < PAIRS // 3


@pytest.mark.parametrize("name", [*ZONES, "Asia/Gaza", "America/Boa_Vista", "Africa/Cairo", "Asia/Beirut"])
def test_the_days_of_a_zone_are_as_long_as_its_midnights_say(name: str) -> None:
    first, count = datetime(1999, 6, 1).toordinal(), 30_000  # noqa: DTZ001 local by its meaning
    days = [midnight(datetime.fromordinal(first + number)) for number in range(count + 1)]
    offsets = [int((each - instant_of(each, zone(name))).total_seconds()) for each in days]
    found = steady_days(name, first, count)
    changing = [number for number in range(count) if offsets[number] != offsets[number + 1]]
    assert [*numbers_of(found.changing)] == changing
    for offset, mask in found.by_offset:
        steady = {number for number in range(count) if offsets[number] == offsets[number + 1] == offset}
        assert {*numbers_of(mask)} == steady
    assert found.offsets >= {*offsets}
    # Also where the span begins or ends within what is kept for a year.
    part = steady_days(name, first + 1000, 500)
    assert [*numbers_of(part.changing)] == [each - 1000 for each in changing if 1000 <= each < 1500]


def test_a_pair_reaches_to_the_end_of_time() -> None:
    chance = random.Random(SEED)  # noqa: S311 no secret
    low, met = ENDLESS - timedelta(days=400), 0
    for _ in range(PAIRS // 10):
        one, other = random_series(chance), random_series(chance)
        expected = swept(one.between(low, ENDLESS), other.between(low, ENDLESS))
        assert TimeTaken(one).first_meeting(TimeTaken(other), low, ENDLESS) == expected
        met += expected is not None
    assert met
