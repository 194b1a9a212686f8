"""The last occurrence of a rule with COUNT, found by arithmetic, held against going through all of them."""

import random
from collections.abc import Callable
from datetime import datetime

from shared.recurrence.patterns import Pattern
from shared.recurrence.rules import RuleError, parse_rule
from shared.recurrence.selected_days import last_of_count
from tests.harness.random_series import random_rule

STARTS = [datetime.fromisoformat(each) for each in ("1900-01-01T00:00", "2027-01-01T09:30", "9950-03-03T09:00")]


def test_the_last_of_a_count_is_that_of_going_through_all(tell: Callable[[str], None]) -> None:
    chance = random.Random(11)  # noqa: S311 no secret
    compared = beyond = 0
    for _ in range(150):
        try:
            rule = parse_rule(random_rule(chance), all_day=False)
        except RuleError:
            continue
        for start in STARTS:
            first = Pattern.of(rule, start).first_from(start)
            for count in (1, 2, chance.randint(3, 60), chance.randint(61, 1000)) if first is not None else ():
                pattern = Pattern.of(rule, first or start)
                last = last_of_count(pattern, count)
                assert last == pattern.last_of_count(count), (rule.text, first, count)
                compared, beyond = compared + 1, beyond + (last is None)
    tell(f"recurrence: the last of {compared} counts, {beyond} of them beyond a century, 0 differ")
    assert 0 < beyond < compared
