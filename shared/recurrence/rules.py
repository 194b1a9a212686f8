"""Recurrence rules (RFC 5545, section 3.3.10), parsed strictly.

What other programs would read in different ways is refused, and so is what this one does not know: a part that was
ignored would give other days than its author meant.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal, cast, get_args

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

MAX_LENGTH: Final = 500
MAX_INTERVAL: Final = 1000
MAX_COUNT: Final = 1000
# The days of the week from Monday, as `date.weekday` counts them.
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_TIMES_A_DAY: Final = 24

_PARTS: Final = re.compile(r"[A-Z]+=[A-Z0-9+,-]+(;[A-Z]+=[A-Z0-9+,-]+)*", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,4}", re.ASCII)
_DAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL: Final = re.compile(r"([0-9]{8})(T[0-9]{6}Z)?", re.ASCII)

_SHAPE: Final = "must be parts such as FREQ=WEEKLY;BYDAY=MO,WE"


class RuleError(ValueError):
    """A rule that is not taken. The message is meant for the caller of the API."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule as it was written: what it leaves to the start of the series is not filled in.

    Empty sets stand for parts that it does not have. `until` is an instant in UTC, or a date for a series of whole
    days; it and `count` are None if the rule does not end. `by_day` has pairs of a number, 0 for every one, and a day
    of the week, 0 for Monday. Days and positions below 0 are counted from the end.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | date | None = None
    by_month: frozenset[int] = frozenset()
    by_week: frozenset[int] = frozenset()
    by_year_day: frozenset[int] = frozenset()
    by_month_day: frozenset[int] = frozenset()
    by_day: frozenset[tuple[int, int]] = frozenset()
    by_hour: frozenset[int] = frozenset()
    by_minute: frozenset[int] = frozenset()
    by_second: frozenset[int] = frozenset()
    by_position: frozenset[int] = frozenset()
    week_start: int = 0

    @property
    def text(self) -> str:
        """Returns the rule in its canonical form: two rules that say the same in the same way have the same text."""
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if isinstance(self.until, datetime):
            parts.append(f"UNTIL={self.until:%Y%m%dT%H%M%SZ}")
        elif self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        for name, part in _NUMBERS.items():
            if name == "BYHOUR" and self.by_day:
                days = sorted(self.by_day, key=lambda pair: (pair[1], pair[0]))
                parts.append("BYDAY=" + ",".join(f"{number or ''}{WEEKDAYS[day]}" for number, day in days))
            numbers: frozenset[int] = getattr(self, part.field)
            if numbers:
                parts.append(f"{name}={','.join(map(str, sorted(numbers)))}")
        if self.week_start:
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        return ";".join(parts)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A part of numbers: the field that has them, the least and the greatest, and whether they may be negative."""

    field: str
    low: int
    high: int
    signed: bool = False

    def parse(self, name: str, text: str) -> frozenset[int]:
        numbers = set()
        for each in text.split(","):
            number = int(each) if _NUMBER.fullmatch(each) else None
            size = abs(number) if number is not None and self.signed else number
            if number is None or size is None or not self.low <= size <= self.high:
                sign = "plus or minus " if self.signed else ""
                raise RuleError(f"{name} must be {sign}{self.low} to {self.high}")
            numbers.add(number)
        return frozenset(numbers)


_NUMBERS: Final[Mapping[str, _Numbers]] = {
    "BYMONTH": _Numbers("by_month", 1, 12),
    "BYWEEKNO": _Numbers("by_week", 1, 53),
    "BYYEARDAY": _Numbers("by_year_day", 1, 366, signed=True),
    "BYMONTHDAY": _Numbers("by_month_day", 1, 31, signed=True),
    "BYHOUR": _Numbers("by_hour", 0, 23),
    "BYMINUTE": _Numbers("by_minute", 0, 59),
    "BYSECOND": _Numbers("by_second", 0, 59),
    "BYSETPOS": _Numbers("by_position", 1, 366, signed=True),
}


def parse_rule(text: str, *, all_day: bool) -> Rule:
    """Returns the rule that `text` is, of a series of whole days if `all_day`.

    Raises RuleError: `text` is no rule, or one that is not taken.
    """
    if len(text) > MAX_LENGTH:
        raise RuleError(f"must have at most {MAX_LENGTH} characters")
    if not _PARTS.fullmatch(text):
        raise RuleError(_SHAPE)
    values: dict[str, object] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        parse = _PARSERS.get(name)
        if parse is None and name not in _NUMBERS and name != "UNTIL":
            raise RuleError(f"{name} is not known")
        key = _FIELDS.get(name) or _NUMBERS[name].field
        if key in values:
            raise RuleError(f"has {name} twice")
        if name == "UNTIL":
            values[key] = _until(value, all_day=all_day)
        elif parse is not None:
            values[key] = parse(value)
        else:
            values[key] = _NUMBERS[name].parse(name, value)
    if "frequency" not in values:
        raise RuleError("FREQ must say how often: DAILY, WEEKLY, MONTHLY or YEARLY")
    rule = Rule(**values)  # type: ignore[arg-type]
    _check(rule, all_day=all_day)
    return rule


def _frequency(value: str) -> Frequency:
    if value not in get_args(Frequency):
        raise RuleError(
            "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY: times within a day are said with BYHOUR and BYMINUTE"
        )
    return cast("Frequency", value)


def _up_to(name: str, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or len(value) > len(str(most)) or not 1 <= int(value) <= most:
            raise RuleError(f"{name} must be 1 to {most}")
        return int(value)

    return parse


def _until(value: str, *, all_day: bool) -> datetime | date:
    found = _UNTIL.fullmatch(value)
    if found is None or bool(found[2]) == all_day:
        form = "a date, such as 20271231" if all_day else "a time in UTC, such as 20271231T225959Z"
        raise RuleError(f"UNTIL must be {form}")
    try:
        if found[2] is None:
            return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC).date()
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise RuleError("UNTIL must be a date that exists") from None


def _days(value: str) -> frozenset[tuple[int, int]]:
    days = set()
    for each in value.split(","):
        found = _DAY.fullmatch(each)
        if found is None:
            raise RuleError("BYDAY must be days such as MO, 2TU or -1FR")
        number = int(found[1]) if found[1] is not None else 0
        if found[1] is not None and not 1 <= abs(number) <= 53:
            raise RuleError("BYDAY may have numbers 1 to 53, or minus that")
        days.add((number, WEEKDAYS.index(found[2])))
    return frozenset(days)


def _week_start(value: str) -> int:
    if value not in WEEKDAYS:
        raise RuleError(f"WKST must be one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(value)


_PARSERS: Final[Mapping[str, Callable[[str], object]]] = {
    "FREQ": _frequency,
    "INTERVAL": _up_to("INTERVAL", MAX_INTERVAL),
    "COUNT": _up_to("COUNT", MAX_COUNT),
    "BYDAY": _days,
    "WKST": _week_start,
}
_FIELDS: Final[Mapping[str, str]] = {
    "FREQ": "frequency",
    "INTERVAL": "interval",
    "COUNT": "count",
    "UNTIL": "until",
    "BYDAY": "by_day",
    "WKST": "week_start",
}


def _check(rule: Rule, *, all_day: bool) -> None:
    """Raises RuleError for parts that do not go together (RFC 5545, 3.3.10), or that others read differently."""
    refused = next((why for wrong, why in _faults(rule, all_day=all_day) if wrong), None)
    if refused is not None:
        raise RuleError(refused)


def _faults(rule: Rule, *, all_day: bool) -> list[tuple[bool, str]]:
    """Returns what may be wrong with a rule, and whether it is."""
    yearly, in_months = rule.frequency == "YEARLY", rule.frequency in ("MONTHLY", "YEARLY")
    numbered = [number for number, _ in rule.by_day if number]
    per_month = rule.frequency == "MONTHLY" or bool(rule.by_month)
    selects = any((rule.by_month, rule.by_week, rule.by_year_day, rule.by_month_day, rule.by_day, rule.by_hour))
    times = max(1, len(rule.by_hour)) * max(1, len(rule.by_minute)) * max(1, len(rule.by_second))
    return [
        (rule.count is not None and rule.until is not None, "must not have both COUNT and UNTIL"),
        (bool(numbered) and not in_months, "BYDAY may have a number with FREQ=MONTHLY and YEARLY only"),
        (bool(numbered) and bool(rule.by_week), "BYDAY may have no number beside BYWEEKNO"),
        (per_month and any(abs(each) > 5 for each in numbered), "BYDAY may have numbers 1 to 5, or minus that"),
        (bool(rule.by_week) and not yearly, "BYWEEKNO must stand with FREQ=YEARLY"),
        (bool(rule.by_week) and not rule.by_day, "BYWEEKNO must stand with BYDAY"),
        (bool(rule.by_week) and rule.interval != 1, "BYWEEKNO must stand without INTERVAL"),
        (bool(rule.by_year_day) and not yearly, "BYYEARDAY must stand with FREQ=YEARLY"),
        (bool(rule.by_month_day) and rule.frequency == "WEEKLY", "BYMONTHDAY must not stand with FREQ=WEEKLY"),
        (
            yearly and bool(rule.by_month_day) and not rule.by_month,
            "BYMONTHDAY with FREQ=YEARLY must stand with BYMONTH: for every month say FREQ=MONTHLY",
        ),
        (
            bool(rule.by_position) and not (selects or rule.by_minute or rule.by_second),
            "BYSETPOS must stand with another BY part",
        ),
        (bool(rule.by_position) and not in_months, "BYSETPOS must stand with FREQ=MONTHLY or YEARLY"),
        (all_day and bool(rule.by_hour or rule.by_minute or rule.by_second), "must have no times for whole days"),
        (times > MAX_TIMES_A_DAY, f"must have at most {MAX_TIMES_A_DAY} times a day"),
    ]
