"""What series are to be, computed apart from the product: on each day or on each seventh, and on further dates.

A content is what callers say of an event, as the API's documents have it. An occurrence is so many days after the first
by the clock of the zone, which `zoneinfo` tells, so that the expected result of a split can be read off.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

Json = dict[str, Any]

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
MOST = 60  # more occurrences than any series has before the end of what is looked at


class Refused(Exception):
    """A change that the API does not make."""


@dataclass(frozen=True)
class Days:
    """A rule: every so many days, which may end with a number of them or at an instant."""

    frequency: str
    count: int | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, content: Json) -> Self:
        """Returns the rule of a series."""
        parts = dict(part.split("=") for part in content["recurrence"]["rule"].split(";"))
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

    def starts(self, content: Json, *, ended: bool = True) -> list[datetime]:
        """Returns the first MOST local times that it selects in a series, unless `ended` also those after its end."""
        first = clock(utc(content["start"]), content["time_zone"])
        found = [first + number * self.step for number in range(MOST)]
        if not ended:
            return found
        until = self.until or datetime.max  # noqa: DTZ901 in UTC by its meaning
        return [each for each in found[: self.count] if instant(each, content["time_zone"]) <= until]


def written(at: datetime) -> str:
    """Returns a time in the form of recurrence ids."""
    return f"{at:%Y%m%dT%H%M%S}"


def utc(of: str) -> datetime:
    """Returns an instant of a document as a time of UTC."""
    return datetime.fromisoformat(of[:-1])


def clock(at: datetime, zone: str) -> datetime:
    """Returns what the clock shows at an instant."""
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def instant(local: datetime, zone: str) -> datetime:
    """Returns when the clock shows a time: first, or as if it had not been put forward over it."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def times(start: datetime, end: datetime) -> Json:
    """Returns the times of an event as requests and documents have them."""
    return {"start": f"{start.isoformat()}Z", "end": f"{end.isoformat()}Z"}


def timed(start: datetime, zone: str) -> Json:
    """Returns what an event that begins at `start`, and is not of whole days, has beside its times."""
    shown = start.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return {"time_zone": zone, "start_local": shown.isoformat(), "start_date": None, "end_date": None}


def placed(content: Json, start: datetime, end: datetime, zone: str | None = None) -> Json:
    """Returns a content with other times, and maybe in another zone; its exceptions keep their dates."""
    return {**content, **times(start, end), **timed(start, zone or content["time_zone"])}


def length(content: Json) -> timedelta:
    return utc(content["end"]) - utc(content["start"])


def occurrence_ids(content: Json) -> list[str]:
    """Returns the recurrence ids of the first MOST occurrences of a series, cancelled or not."""
    return sorted({*map(written, Days.of(content).starts(content)), *content["recurrence"]["dates"]})


def has(content: Json, one: str) -> bool:
    """Returns whether there is an occurrence with that recurrence id, cancelled or not."""
    return content["recurrence"] is not None and one in occurrence_ids(content)


def takes_place(content: Json, one: str) -> bool:
    return has(content, one) and one not in content["recurrence"]["excluded"]


def own(content: Json, one: str) -> Json:
    """Returns what an occurrence has of its own."""
    found: Json = content["recurrence"]["changed"].get(one, {})
    return found


def times_of(content: Json, one: str) -> tuple[datetime, datetime]:
    """Returns when an occurrence takes place."""
    start, its_own = instant(datetime.fromisoformat(one), content["time_zone"]), own(content, one)
    return (
        utc(its_own["start"]) if "start" in its_own else start,
        utc(its_own["end"]) if "end" in its_own else start + length(content),
    )


def occurrences(content: Json) -> Iterator[tuple[str, Json]]:
    """Yields the first MOST occurrences of a series: the recurrence id of each, and its title and times."""
    for one in occurrence_ids(content):
        if one not in content["recurrence"]["excluded"]:
            title = own(content, one).get("title", content["title"])
            yield one, {"title": title, **times(*times_of(content, one))}


def overlapping(*contents: Json) -> bool:
    """Returns whether two occurrences of these series take the same time."""
    taken = sorted((each["start"], each["end"]) for content in contents for _, each in occurrences(content))
    return any(before[1] > after[0] for before, after in pairwise(taken))


def with_parts(content: Json, **parts: Any) -> Json:
    """Returns a series with these parts of its recurrence."""
    return {**content, "recurrence": {**content["recurrence"], **parts}}


def with_one(content: Json, one: str, fields: Json) -> Json:
    """Returns a series with `fields` of one occurrence changed; None puts back to what the series has."""
    recurrence = content["recurrence"]
    excluded = recurrence["excluded"]
    if fields.get("cancelled", one in excluded) != (one in excluded):
        excluded = [*excluded, one] if fields["cancelled"] else [each for each in excluded if each != one]
    given = {name: value for name, value in {**own(content, one), **fields}.items() if value is not None}
    its_own = {name: given[name] for name in ("title",) if given.get(name, content[name]) != content[name]}
    moved = times(*times_of(with_parts(content, changed={one: given}), one))
    if moved != times(*times_of(with_parts(content, changed={}), one)):
        its_own |= moved
    changed = {each: its for each, its in recurrence["changed"].items() if each != one}
    changed |= {one: its_own} if its_own else {}
    if changed == recurrence["changed"] and {*excluded} == {*recurrence["excluded"]}:
        return content
    return with_parts(content, excluded=excluded, changed=changed)


def ended(content: Json, one: str) -> Json | None:
    """Returns what of a series is before an occurrence, None if nothing of that takes place. Raises Refused."""
    rule, zone, at = Days.of(content), content["time_zone"], datetime.fromisoformat(one)
    starts, begins = rule.starts(content), instant(at, zone)
    before = [each for each in starts if each < at]
    if not before:
        if min(content["recurrence"]["dates"], default=one) < one:
            raise Refused
        return None
    if any(instant(each, zone) >= begins for each in before):
        raise Refused  # the clock is put forward between both
    if rule.count is None:
        rule = replace(rule, until=min(begins - SECOND, rule.until or begins))
    else:
        rule = replace(rule, count=len(before))
    head = _part(content, rule, one, before=True)
    return head if any(occurrences(head)) else None


def divided(content: Json, one: str) -> tuple[Json, Json] | None:
    """Returns a series as two: what is before an occurrence, and the rest; None if nothing takes place before it.

    Exceptions go with their dates. Raises Refused.
    """
    head = ended(content, one)
    if head is None:
        return None
    rule, zone, at = Days.of(content), content["time_zone"], datetime.fromisoformat(one)
    later = [each for each in rule.starts(content) if each >= at]
    if not later or clock(instant(later[0], zone), zone) != later[0]:
        raise Refused
    if rule.count is not None:
        rule = replace(rule, count=len(later))
    begins = instant(later[0], zone)
    return head, _part(placed(content, begins, begins + length(content)), rule, one, before=False)


def _part(content: Json, rule: Days, one: str, *, before: bool) -> Json:
    recurrence = content["recurrence"]
    parts = {name: [each for each in recurrence[name] if (each < one) is before] for name in ("dates", "excluded")}
    changed = {each: its for each, its in recurrence["changed"].items() if (each < one) is before}
    return with_parts(content, rule=rule.text, **parts, changed=changed)


def settled(content: Json, *, drop: bool) -> Json:
    """Returns a content without exceptions at which there is no occurrence.

    Raises Refused: exceptions would be lost, it does not have its own start, or takes the same time twice.
    """
    recurrence = content["recurrence"]
    if recurrence is None:
        return content
    begins, zone = utc(content["start"]), content["time_zone"]
    there = occurrence_ids(content)
    excluded = [each for each in recurrence["excluded"] if each in there]
    changed = {each: its for each, its in recurrence["changed"].items() if each in there}
    lost = len(excluded) + len(changed) < len(recurrence["excluded"]) + len(recurrence["changed"])
    after = with_parts(content, excluded=excluded, changed=changed)
    # At the second of two times that the clock shows, no series begins.
    first = instant(clock(begins, zone), zone)
    if (lost and not drop) or first != begins or not Days.of(content).starts(content) or overlapping(after):
        raise Refused
    return after
