"""Windows of random series with exceptions, against those of all their occurrences that overlap them.

`RECURRENCE_RULES=5000` tries as many series, as in `test_oracle`.
"""

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tests.harness.random_series import random_series

SERIES: Final = int(os.environ.get("RECURRENCE_RULES", "300"))
EACH: Final = 10
HOURS: Final = (0.25, 5, 24, 24 * 7, 24 * 31, 24 * 800)
SEED: Final = 17


def test_windows_of_a_series_show_what_the_whole_shows(tell: Callable[[str], None]) -> None:
    chance = random.Random(SEED)  # noqa: S311 no secret
    found = 0
    for _ in range(SERIES):
        series = random_series(chance)
        begin = datetime(2024, 1, 1)  # noqa: DTZ001 UTC by its meaning
        whole = [*series.between(begin, begin.replace(year=2036))]
        assert whole == sorted(whole, key=lambda each: (each.start, each.id))
        for _ in range(EACH):
            # On the quarter of an hour, where occurrences begin and end.
            low = begin + timedelta(minutes=15 * chance.randint(0, 8 * 365 * 96))
            if whole and chance.random() < 0.5:
                low = chance.choice(whole[: len(whole) // 2 + 1]).end - timedelta(minutes=chance.choice((0, 15)))
            high = low + timedelta(hours=chance.choice(HOURS))
            expected = [each for each in whole if each.start < high and (each.end > low or each.start >= low)]
            assert [*series.between(low, high)] == expected, (series, low, high)
            found += len(expected)
    tell(f"recurrence: {SERIES * EACH} windows of random series, {found} occurrences, 0 differ")
    assert found > SERIES
