"""Recurrence: what a window of a rule, a refusal, and a series against 500 others cost in processor time.

The clock of the process counts in ticks on some machines, so short things are timed many at once.
"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from benchmarks.report import Part, Spread
from benchmarks.timing import few
from shared.recurrence.local_times import zone
from shared.recurrence.pairs import HORIZON, TimeTaken
from shared.recurrence.patterns import Pattern
from shared.recurrence.rules import RuleError, parse_rule
from shared.recurrence.series import Series
from shared.recurrence.steady_days import runs, steady_days
from tools.local_stack import ROOT

VECTORS: Final = ROOT / "tests" / "files" / "recurrence.json"
ROUNDS: Final = 20
AT_ONCE: Final = 500
OTHERS: Final = 500
STARTS: Final = (1997, 2026)
WINDOW: Final = timedelta(hours=2)
WINDOWS: Final = (
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,WE",
    "FREQ=MONTHLY;BYDAY=1MO",
    "FREQ=YEARLY",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
)
WINDOW_GOAL: Final = 4.0  # microseconds
REFUSAL_GOAL: Final = 100.0  # milliseconds
PAIRS_GOAL: Final = 42.0  # milliseconds


def measure() -> Part:
    """Times windows of rules that began long ago and lately, each refusal of the vectors, and pairs of series."""
    part = Part("Recurrence: processor time", ("what", "time", "goal"))
    for rule in WINDOWS:
        for year in STARTS:
            _add_window(part, rule, year)
    _add_refusals(part)
    for name, rule in (("weekly", "FREQ=WEEKLY;BYDAY=TH"), ("daily", "FREQ=DAILY")):
        _add_pairs(part, f"a {name} series against", rule, _of_an_office)
    _add_pairs(part, "a weekly series at the hour of all of", "FREQ=WEEKLY;BYDAY=TH", _at_noon)
    _add_pairs(part, "for the first time, a weekly series against", "FREQ=WEEKLY;BYDAY=TH", _of_an_office, first=True)
    part.notes.append(
        f"Median (quartiles) of {ROUNDS} rounds, after one that is not counted. Windows of two hours in 2036, "
        f"{AT_ONCE} in a round. Pairs: five years. For the first time: with nothing known of the zones and the others."
    )
    return part


def _add_window(part: Part, rule: str, year: int) -> None:
    start = datetime(year, 1, 1, 9)  # noqa: DTZ001 local by its meaning
    first = Pattern.of(parse_rule(rule, all_day=False), start).first_from(start)
    if first is None:
        raise AssertionError(rule)
    pattern, low = Pattern.of(parse_rule(rule, all_day=False), first), datetime(2036, 5, 5, 8)  # noqa: DTZ001 local

    def windows() -> None:
        for number in range(AT_ONCE):
            at = low + number * timedelta(days=1)
            list(pattern.between(at, at + WINDOW))

    spread = _spread(windows, 1e6 / AT_ONCE)
    name = f"window of {rule}, begun {year}"
    part.rows.append([name, f"{spread.show(1)} us", _compared(part, name, spread, WINDOW_GOAL, "us")])
    part.data[name] = spread.median


def _add_refusals(part: Part) -> None:
    longest: tuple[float, str] = (0.0, "")
    refused: Sequence[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["refused"]
    for vector in refused:
        spread = _spread(lambda vector=vector: _refuse(vector), 1e3)  # type: ignore[misc]
        longest = max(longest, (spread.high, vector["rrule"]))
        part.data[f"refusal of {vector['rrule']}"] = spread.median
    name = f"the longest of {len(refused)} refusals: {longest[1]}"
    spread = Spread(longest[0], longest[0], longest[0])
    part.rows.append([name, f"{longest[0]:.2f} ms", _compared(part, name, spread, REFUSAL_GOAL, "ms")])


def _refuse(vector: dict[str, Any]) -> None:
    all_day = vector.get("all_day", False)
    try:
        rule = parse_rule(vector["rrule"], all_day=all_day)
        Series.of(
            rule, datetime.fromisoformat(vector["dtstart"]), vector["time_zone"], timedelta(hours=1), all_day=all_day
        )
    except RuleError:
        return
    raise AssertionError(f"taken: {vector}")


def _add_pairs(part: Part, name: str, rule: str, other: Callable[[Random], Series], *, first: bool = False) -> None:
    """Adds a series that is checked against many others; with `first`, as in a function that has just started."""
    new = _series(rule, datetime(2027, 3, 1, 12, 40), 15)  # noqa: DTZ001 local by its meaning
    met: list[int] = []

    def others() -> list[Series]:
        chance = Random(3)  # noqa: S311 times of meetings
        return [other(chance) for _ in range(few(OTHERS, 20))]

    known = others()

    def forget() -> None:
        if first:
            known[:] = others()
            for cache in (zone, steady_days, runs):
                cache.cache_clear()

    def compare() -> None:
        mine, found = TimeTaken(new), 0
        for each in known:
            low = max(new.starts, each.starts)
            found += mine.first_meeting(TimeTaken(each), low, low + HORIZON) is not None
        met.append(found)

    spread = _spread(compare, 1e3, forget)
    title = f"{name} {len(known)}, five years"
    goal = _compared(part, title, spread, PAIRS_GOAL, "ms")
    part.rows.append([f"{title}: meets {met[-1]}", f"{spread.show(1)} ms", goal])
    part.times[title] = part.data[title] = spread.median


def _series(rule: str, start: datetime, minutes: int, time_zone: str = "Europe/Berlin") -> Series:
    parsed = parse_rule(rule, all_day=False)
    first = Pattern.of(parsed, start).first_from(start)
    if first is None:
        raise AssertionError(rule)
    return Series.of(parsed, first, time_zone, timedelta(minutes=minutes))


def _of_an_office(chance: Random) -> Series:
    """Returns a meeting as offices have them: most of them weekly, on the half hour, in one zone of two."""
    day = chance.choice(("MO", "TU", "WE", "TH", "FR"))
    weekly = (*[f"FREQ=WEEKLY;BYDAY={day}"] * 6, *[f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day}"] * 2)
    others = ("FREQ=WEEKLY;BYDAY=MO,WE", f"FREQ=MONTHLY;BYDAY=1{day}", "FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=DAILY")
    start = _day(chance) + timedelta(hours=chance.randint(8, 17), minutes=chance.choice((0, 30)))
    time_zone = chance.choice((*["Europe/Berlin"] * 4, "America/New_York"))
    return _series(chance.choice((*weekly, *others)), start, 30, time_zone)


def _at_noon(chance: Random) -> Series:
    """Returns a meeting that only its day keeps apart from one on Thursday at noon."""
    day = chance.choice(("MO", "TU", "WE", "FR"))
    rules = (f"FREQ=WEEKLY;BYDAY={day}", f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day}", f"FREQ=MONTHLY;BYDAY=2{day}")
    return _series(chance.choice(rules), _day(chance) + timedelta(hours=12), 60)


def _day(chance: Random) -> datetime:
    return datetime(2026, chance.randint(1, 12), chance.randint(1, 28))  # noqa: DTZ001 local by its meaning


def _spread(call: Callable[[], None], scale: float, before: Callable[[], None] = lambda: None) -> Spread:
    """Returns how long `call` takes, in seconds times `scale`; each time after `before`."""
    taken = []
    for _ in range(1 + few(ROUNDS)):
        before()
        began = time.process_time()
        call()
        taken.append((time.process_time() - began) * scale)
    return Spread.of(taken[1:])


def _compared(part: Part, name: str, spread: Spread, goal: float, unit: str) -> str:
    """Holds a time against its goal, and returns the goal as text, with a mark if it is missed."""
    part.compare(name, spread.median / goal, 1.0, f"{goal:.0f} {unit}")
    return f"≤ {goal:.0f} {unit}{'' if part.ratios[name].met else ' !'}"
