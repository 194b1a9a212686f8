"""Random series, for tests that hold one computation of their occurrences against another."""

import random
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from shared.recurrence.local_times import instant_of, recurrence_id, zone
from shared.recurrence.patterns import Pattern
from shared.recurrence.rules import WEEKDAYS, RuleError, parse_rule
from shared.recurrence.series import Patch, Series

# An offset of half an hour and one that changes by as much, dates that differ, and a clock put back for Ramadan.
ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kolkata",
)
_USUAL: Final = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;BYDAY=MO,FR;BYMONTH=3,10,12",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=1MO",
)


def _numbers(chance: random.Random, low: int, high: int, most: int, *, signed: bool = False) -> str:
    found = {
        chance.randint(low, high) * (chance.choice((1, -1)) if signed else 1) for _ in range(chance.randint(1, most))
    }
    return ",".join(map(str, sorted(found)))


def _days(chance: random.Random, most: int) -> str:
    """Days with numbers or without: of both together dateutil takes those that both select, which are none."""
    numbered = most and chance.random() < 0.6
    found = chance.sample(WEEKDAYS, chance.randint(1, 4))
    return ",".join(f"{chance.choice((1, 2, 3, -1, -2, most)) if numbered else ''}{day}" for day in found)


def random_rule(chance: random.Random) -> str:
    """Returns a rule that the parser may refuse."""
    frequency = chance.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = [f"FREQ={frequency}"]
    if chance.random() < 0.5:
        parts.append(f"INTERVAL={chance.choice((2, 3, 4, 5, 7, 12))}")
    if chance.random() < 0.4:
        parts.append(f"BYMONTH={_numbers(chance, 1, 12, 4)}")
    if frequency in ("DAILY", "MONTHLY") or (frequency == "YEARLY" and "BYMONTH" in parts[-1]):
        if chance.random() < 0.4:
            parts.append(f"BYMONTHDAY={_numbers(chance, 1, 31, 4, signed=True)}")
    elif frequency == "YEARLY" and chance.random() < 0.3:
        parts.append(f"BYYEARDAY={_numbers(chance, 1, 366, 4, signed=True)}")
    if chance.random() < 0.6:
        in_months = frequency == "MONTHLY" or (frequency == "YEARLY" and any("BYMONTH=" in each for each in parts))
        most = 5 if in_months else 53 if frequency == "YEARLY" else 0
        parts.append(f"BYDAY={_days(chance, most)}")
    if chance.random() < 0.2:
        parts.append(f"BYHOUR={_numbers(chance, 0, 23, 3)}")
    if frequency in ("MONTHLY", "YEARLY") and len(parts) > 2 and "BY" in parts[-1] and chance.random() < 0.3:
        parts.append(f"BYSETPOS={_numbers(chance, 1, 6, 2, signed=True)}")
    if chance.random() < 0.3:
        parts.append(f"WKST={chance.choice(WEEKDAYS)}")
    return ";".join(parts)


def random_series(chance: random.Random, **fixed: Any) -> Series:
    """Returns a series with exceptions of all sorts, in one of `ZONES`; `fixed` are arguments of `Series.of`."""
    while True:
        all_day = chance.random() < 0.2
        text = chance.choice(_USUAL) if chance.random() < 0.5 else random_rule(chance)
        if chance.random() < 0.3:
            text += f";COUNT={chance.randint(1, 60)}"
        elif chance.random() < 0.4:
            until = _day(chance, 2027) + timedelta(hours=chance.randint(0, 23))
            text += f";UNTIL={until:%Y%m%d}" if all_day else f";UNTIL={until:%Y%m%dT%H%M%SZ}"
        start = _day(chance, chance.choice((2025, 2026, 2027)))
        if not all_day:
            start += timedelta(minutes=chance.choice((0, 30, 120, 150, 180, 540, 570, 600, 1410)))
        lengths = (1, 1, 2, 7) if all_day else (0, 30, 30, 60, 60, 90, 480, 1440, 5000)
        length = timedelta(**{"days" if all_day else "minutes": chance.choice(lengths)})
        try:
            rule = parse_rule(text, all_day=all_day)
            first = Pattern.of(rule, start).first_from(start)
            if first is not None:
                more = {**_exceptions(chance, Pattern.of(rule, first), all_day=all_day), **fixed}
                more["overrides"] = {
                    key: _patch(chance, at, more["time_zone"]) for key, at in more["overrides"].items()
                }
                return Series.of(rule, first, length=length, all_day=all_day, **more)
        except RuleError:
            continue


def _day(chance: random.Random, year: int) -> datetime:
    return datetime(year, chance.randint(1, 12), chance.randint(1, 28))  # noqa: DTZ001 local by its meaning


def _exceptions(chance: random.Random, pattern: Pattern, *, all_day: bool) -> dict[str, Any]:
    first = pattern.start
    there = [*islice(pattern.between(first, first + timedelta(days=800)), 40)]
    minutes = (0,) if all_day else (0, 0, 30, 1200)
    dates = {
        first + timedelta(days=chance.randint(0, 400), minutes=chance.choice(minutes))
        for _ in range(chance.choice((0, 0, 1, 5)))
    }
    changed = [at for at in [*there, *sorted(dates)] if chance.random() < 0.15]
    return {
        "time_zone": chance.choice(ZONES),
        "dates": frozenset(dates),
        "excluded": frozenset(at for at in there if chance.random() < 0.15),
        "overrides": {recurrence_id(at, all_day=all_day): at for at in changed},
    }


def _patch(chance: random.Random, local: datetime, time_zone: str) -> Patch:
    fields = {"transparency": chance.choice(("opaque", "transparent"))} if chance.random() < 0.5 else {}
    if chance.random() < 0.3:
        return Patch(fields)
    start = instant_of(local, zone(time_zone)) + timedelta(minutes=chance.choice((-60, 60, 1440, -9000, 300_000)))
    return Patch(fields, start, start + timedelta(minutes=chance.choice((0, 30, 60, 3000))))
