"""Random rules against dateutil, which shares no code with this engine, over a century.

`RECURRENCE_RULES=5000` tries as many. BYWEEKNO is held against `date.isocalendar`: at the turn of the year dateutil has
days too few.
"""

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import pytest
from dateutil.rrule import rrulestr

from shared.recurrence.patterns import Pattern
from shared.recurrence.rules import RuleError, parse_rule
from tests.harness.random_series import random_rule

RULES: Final = int(os.environ.get("RECURRENCE_RULES", "300"))
SEED: Final = 7
START: Final = datetime(2027, 1, 1, 9)  # noqa: DTZ001 local by its meaning
CENTURY: Final = START.replace(year=2127)
# dateutil takes seconds for rules that hardly select a day; what lies behind so many is not compared.
MOST: Final = 1500


def test_random_rules_select_what_dateutil_selects(tell: Callable[[str], None]) -> None:
    chance = random.Random(SEED)  # noqa: S311 no secret
    compared = refused = 0
    for _ in range(RULES):
        text = random_rule(chance)
        try:
            pattern = Pattern.of(parse_rule(text, all_day=False), START)
        except RuleError:
            refused += 1
            continue
        assert parse_rule(parse_rule(text, all_day=False).text, all_day=False) == parse_rule(text, all_day=False)
        ours = list(islice(pattern.between(START, CENTURY), MOST))
        # dateutil looks at UNTIL only when it has found something.
        theirs = []
        if ours:
            theirs = list(islice(rrulestr(text, dtstart=START).xafter(START, count=len(ours), inc=True), len(ours)))
        assert ours == theirs, text
        compared += len(ours)
    tell(f"recurrence: {RULES - refused} random rules against dateutil, {compared} occurrences, 0 differ")
    assert compared > RULES


def test_windows_show_what_the_whole_shows() -> None:
    chance = random.Random(SEED)  # noqa: S311 no secret
    pages = 0
    while pages < RULES:
        try:
            pattern = Pattern.of(parse_rule(random_rule(chance), all_day=False), START)
        except RuleError:
            continue
        whole = list(pattern.between(START, START.replace(year=2047)))
        for _ in range(5):
            low = START + timedelta(hours=chance.randint(0, 18 * 365 * 24))
            high = low + timedelta(hours=chance.choice((5, 24, 24 * 7, 24 * 31, 24 * 400)))
            assert list(pattern.between(low, high)) == [each for each in whole if low <= each < high]
            pages += 1


@pytest.mark.parametrize("week", [1, 20, 52, 53])
def test_a_week_of_the_year_is_that_of_the_calendar(week: int) -> None:
    pattern = Pattern.of(parse_rule(f"FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO,WE,SU", all_day=False), START)
    whole = (START + timedelta(days=number) for number in range(36_525))
    expected = [day for day in whole if day.isocalendar().week == week and day.weekday() in (0, 2, 6)]
    assert list(pattern.between(START, expected[-1] + timedelta(days=1))) == expected
