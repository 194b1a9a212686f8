"""What series are to be, computed apart from the product: in UTC, on each day or on each seventh, as plain dates.

A content is what callers say of an event, as the API's documents have it. It has no day on which the clock is changed,
so that an occurrence is a number of days, and the expected result of a split can be read off.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Self

Json = dict[str, Any]

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
# More than any series has before the end of what is looked at.
MOST = 200


@dataclass(frozen=True)
class Days:
    """A rule: every so many days, which may end with a number of them or at an instant."""

    frequency: str
    count: int | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, rule: str) -> Self:
        parts = dict(part.split("=") for part in rule.split(";"))
        count, until = parts.get("COUNT"), parts.get("UNTIL")
        return cls(parts["FREQ"], int(count) if count else None, datetime.fromisoformat(until[:-1]) if until else None)

    @property
    def text(self) -> str:
        """Returns the rule as the API writes it."""
        count = "" if self.count is None else f";COUNT={self.count}"
        return f"FREQ={self.frequency}{count}" + ("" if self.until is None else f";UNTIL={written(self.until)}Z")

    @property
    def step(self) -> timedelta:
        return DAY if self.frequency == "DAILY" else 7 * DAY

    def number(self, start: datetime, at: datetime) -> int | None:
        """Returns how many occurrences are before the one at `at`; None if there is none then."""
        number, rest = divmod(at - start, self.step)
        there = not rest and number >= 0 and (self.count is None or number < self.count)
        return number if there and (self.until is None or at <= self.until) else None


def written(at: datetime) -> str:
    """Returns a time in the form of recurrence ids."""
    return f"{at:%Y%m%dT%H%M%S}"


def utc(instant: str) -> datetime:
    """Returns an instant of a document as a time of UTC."""
    return datetime.fromisoformat(instant[:-1])


def times(start: datetime, end: datetime) -> Json:
    """Returns the times of an event as requests and documents have them."""
    return {"start": f"{start.isoformat()}Z", "end": f"{end.isoformat()}Z"}


def timed(start: str) -> Json:
    """Returns what an event that begins at `start`, and is not of whole days, has beside its times."""
    return {"start_local": f"{start[:-1]}+00:00", "start_date": None, "end_date": None}


def placed(content: Json, start: datetime, end: datetime) -> Json:
    """Returns a content with other times; its exceptions keep their dates."""
    found = times(start, end)
    return {**content, **found, **timed(found["start"])}


def length(content: Json) -> timedelta:
    return utc(content["end"]) - utc(content["start"])


def number_of(content: Json, one: str) -> int | None:
    """Returns how many occurrences are before the one with a recurrence id, cancelled or not; None: there is none."""
    if content["recurrence"] is None:
        return None
    return Days.of(content["recurrence"]["rule"]).number(utc(content["start"]), datetime.fromisoformat(one))


def takes_place(content: Json, one: str) -> bool:
    return number_of(content, one) is not None and one not in content["recurrence"]["excluded"]


def own(content: Json, one: str) -> Json:
    """Returns what an occurrence has of its own."""
    found: Json = content["recurrence"]["changed"].get(one, {})
    return found


def times_of(content: Json, one: str) -> tuple[datetime, datetime]:
    """Returns when an occurrence takes place."""
    start, its_own = datetime.fromisoformat(one), own(content, one)
    return (
        utc(its_own["start"]) if "start" in its_own else start,
        utc(its_own["end"]) if "end" in its_own else start + length(content),
    )


def occurrences(content: Json) -> Iterator[tuple[str, Json]]:
    """Yields the first MOST occurrences of a series: the recurrence id of each, and its title and times."""
    start, recurrence = utc(content["start"]), content["recurrence"]
    rule = Days.of(recurrence["rule"])
    for number in range(MOST):
        one = written(start + number * rule.step)
        if number_of(content, one) is None:
            return
        if one not in recurrence["excluded"]:
            title = own(content, one).get("title", content["title"])
            yield one, {"title": title, **times(*times_of(content, one))}


def overlapping(*contents: Json) -> bool:
    """Returns whether two occurrences of these series take the same time."""
    taken = sorted((each["start"], each["end"]) for content in contents for _, each in occurrences(content))
    return any(before[1] > after[0] for before, after in pairwise(taken))


def with_exceptions(content: Json, excluded: list[str], changed: Json, rule: Days | None = None) -> Json:
    """Returns a series with these exceptions, and with another rule if there is one."""
    recurrence = {**content["recurrence"], "excluded": excluded, "changed": changed}
    return {**content, "recurrence": recurrence if rule is None else {**recurrence, "rule": rule.text}}


def with_one(content: Json, one: str, fields: Json) -> Json:
    """Returns a series with `fields` of one occurrence changed; None puts back to what the series has."""
    recurrence = content["recurrence"]
    excluded = recurrence["excluded"]
    if fields.get("cancelled", one in excluded) != (one in excluded):
        excluded = [*excluded, one] if fields["cancelled"] else [each for each in excluded if each != one]
    given = {name: value for name, value in {**own(content, one), **fields}.items() if value is not None}
    its_own = {name: given[name] for name in ("title",) if given.get(name, content[name]) != content[name]}
    start = datetime.fromisoformat(one)
    moved = times(*times_of(with_exceptions(content, [], {one: given}), one))
    if moved != times(start, start + length(content)):
        its_own |= moved
    changed = {each: its for each, its in recurrence["changed"].items() if each != one}
    changed |= {one: its_own} if its_own else {}
    if changed == recurrence["changed"] and {*excluded} == {*recurrence["excluded"]}:
        return content
    return with_exceptions(content, excluded, changed)


def divided(content: Json, one: str) -> tuple[Json, Json]:
    """Returns a series as two: what is before an occurrence, and the rest. Exceptions go with their dates."""
    recurrence, at = content["recurrence"], datetime.fromisoformat(one)
    rule, number = Days.of(recurrence["rule"]), number_of(content, one)
    if number is None:
        raise AssertionError("there is no such occurrence")
    head, tail = replace(rule, until=at - SECOND), rule
    if rule.count is not None:
        head, tail = replace(rule, count=number), replace(rule, count=rule.count - number)
    excluded: tuple[list[str], list[str]] = ([], [])
    changed: tuple[Json, Json] = ({}, {})
    for each in recurrence["excluded"]:
        excluded[each >= one].append(each)
    for each, its_own in recurrence["changed"].items():
        changed[each >= one][each] = its_own
    return (
        with_exceptions(content, excluded[0], changed[0], head),
        with_exceptions(placed(content, at, at + length(content)), excluded[1], changed[1], tail),
    )


def dragged(content: Json, one: str, start: datetime, end: datetime) -> Json:
    """Returns a series of which one occurrence was moved, and all others by the same difference.

    They are as long as that one then is, if its length changed. Of others, what was moved by itself stays.
    """
    was_start, was_end = times_of(content, one)
    by, longer = start - was_start, (end - start) - (was_end - was_start)
    first = utc(content["start"]) + by
    after = placed(content, first, first + (end - start if longer else length(content)))
    rule = Days.of(content["recurrence"]["rule"])
    if rule.until is not None:
        rule = replace(rule, until=rule.until + by)
    recurrence = content["recurrence"]

    def shifted(each: str) -> str:
        return written(datetime.fromisoformat(each) + by)

    changed = {shifted(each): its_own for each, its_own in recurrence["changed"].items()}
    after = with_exceptions(after, [*map(shifted, recurrence["excluded"])], changed, rule)
    return with_one(after, shifted(one), times(start, end)) if "start" in own(content, one) else after


def at_time(content: Json, start: datetime, end: datetime) -> Json:
    """Returns a content with other times, whose exceptions and end keep their dates and follow the time of day."""
    after = placed(content, start, end)
    if content["recurrence"] is None:
        return after
    recurrence, was = content["recurrence"], utc(content["start"])
    rule = Days.of(recurrence["rule"])
    if rule.until is not None:
        later = datetime.combine(was.date(), start.time()) - was
        rule = replace(rule, until=rule.until + later)

    def followed(each: str) -> str:
        return written(datetime.combine(datetime.fromisoformat(each).date(), start.time()))

    changed = {followed(each): its_own for each, its_own in recurrence["changed"].items()}
    return with_exceptions(after, [*map(followed, recurrence["excluded"])], changed, rule)


def settled(content: Json, *, drop: bool) -> Json | None:
    """Returns a content without exceptions at which there is no occurrence.

    None: it is refused, because exceptions would be lost, it does not have its own start, or takes the same time twice.
    """
    recurrence = content["recurrence"]
    if recurrence is None:
        return content
    excluded = [each for each in recurrence["excluded"] if number_of(content, each) is not None]
    changed = {each: its for each, its in recurrence["changed"].items() if number_of(content, each) is not None}
    lost = len(excluded) + len(changed) < len(recurrence["excluded"]) + len(recurrence["changed"])
    after = with_exceptions(content, excluded, changed)
    refused = (lost and not drop) or number_of(after, written(utc(content["start"]))) is None or overlapping(after)
    return None if refused else after
