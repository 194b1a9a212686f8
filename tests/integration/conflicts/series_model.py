"""What takes place of a series, in plain Python: rules are expanded by dateutil, clocks are those of zoneinfo.

Nothing of `shared.recurrence` is used. What tests book lies before END, and what does not end is expanded so far.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from shared.ids import EventId
from shared.scheduling.events import Content
from shared.scheduling.instants import LAST, Instant, seconds_between, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS
from shared.scheduling.recurrences import OccurrenceOf, Recurrence

# What begins before BEGUN has met what it will meet: rules that do not end come round within six weeks, and clocks
# change twice a year. Monthly and yearly rules have their last occurrence before END.
BEGUN: Final = Instant("2027-10-01T00:00:00Z")
END: Final = datetime(2029, 1, 1)  # noqa: DTZ001 local by its meaning
# So long two series are compared, from where the later of both begins.
COMPARED_SECONDS: Final = 1830 * 24 * 3600
_ORDER: Final = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST")


def instant_at(local: datetime, time_zone: str) -> Instant:
    """Returns when the clock shows `local`: the first time, and as if it had not been put forward (RFC 5545, 3.3.5)."""
    return Instant(f"{local.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


def clock_at(at: Instant, time_zone: str) -> datetime:
    """Returns what the clock shows at an instant."""
    return datetime.fromisoformat(at).astimezone(ZoneInfo(time_zone)).replace(tzinfo=None, fold=0)


def with_clock(content: Content) -> Content:
    """Returns the content with what the clock shows at its start; if it is of whole days, with these."""
    if content.start_date is not None:
        first, behind = (f"{clock_at(at, content.time_zone):%Y-%m-%d}" for at in content.interval)
        return replace(content, start_local=None, start_date=first, end_date=behind)
    shown = datetime.fromisoformat(content.start).astimezone(ZoneInfo(content.time_zone))
    return replace(content, start_local=shown.isoformat())


def of_days(content: Content, first: datetime, behind: datetime) -> Content:
    """Returns the content of whole days, from the first one to the one after the last."""
    start, end = (instant_at(each, content.time_zone) for each in (first, behind))
    return with_clock(replace(content, start=start, end=end, start_date="", end_date=""))


def local_start(content: Content) -> datetime:
    """Returns the local time at which a content starts; of whole days, the midnight of the first."""
    if content.start_date is not None:
        return datetime.fromisoformat(content.start_date)
    return clock_at(content.start, content.time_zone)


def length(content: Content) -> timedelta:
    """Returns how long a content is; of whole days, how many days by the clock."""
    if content.end_date is not None:
        return datetime.fromisoformat(content.end_date) - local_start(content)
    return timedelta(seconds=seconds_between(content.start, content.end))


def times_at(content: Content, local: datetime) -> tuple[Instant, Instant]:
    """Returns from when to when a content is, if it begins at a local time."""
    start = instant_at(local, content.time_zone)
    if content.start_date is not None:
        return start, instant_at(local + length(content), content.time_zone)
    return start, shifted(start, seconds_between(content.start, content.end))


def placed(content: Content, local: datetime) -> Content:
    """Returns a content where it begins at a local time."""
    start, end = times_at(content, local)
    return with_clock(replace(content, start=start, end=end))


def recurrence_id(local: datetime, *, of: Content) -> str:
    """Returns the id of the occurrence that a series has at a local time."""
    return f"{local:%Y%m%dT%H%M%S}" if of.start_date is None else f"{local:%Y%m%d}"


def local_of(recurrence_id: str) -> datetime:
    """Returns the local time that a recurrence id names."""
    return datetime.fromisoformat(recurrence_id)


def parts_of(rule: str) -> dict[str, str]:
    """Returns the parts of a rule."""
    return dict(part.split("=") for part in rule.split(";"))


def rule_of(parts: dict[str, str]) -> str:
    """Returns the rule of these parts, in their canonical order."""
    assert parts.keys() <= {*_ORDER}
    return ";".join(f"{name}={parts[name]}" for name in _ORDER if name in parts)


def recurrence_of(content: Content) -> Recurrence:
    """Returns how a content recurs, which does."""
    assert content.recurrence is not None
    return content.recurrence


@dataclass(frozen=True)
class Occurring:
    """An occurrence; or an event that does not recur, with an empty id.

    It is where the series has it from `start` to `end`, and takes place as `content` says. `own` are the fields in
    which it differs.
    """

    id: str
    start: Instant
    end: Instant
    content: Content
    own: tuple[str, ...] = ()
    cancelled: bool = False

    def of(self, event_id: EventId) -> "Shown":
        """Returns it as it is shown, of that event."""
        if not self.id:
            return Shown(event_id, event_id, self.content)
        facts = OccurrenceOf(event_id, self.id, self.start, self.own, self.cancelled)
        return Shown(EventId(f"{event_id}_{self.id}"), event_id, self.content, facts)


@dataclass(frozen=True)
class Shown:
    """An event or an occurrence as it is shown: `id` is its own, and `event_id` that of the event or the series."""

    id: EventId
    event_id: EventId
    content: Content
    facts: OccurrenceOf | None = None


@cache
def starts_by_rule(content: Content) -> tuple[datetime, ...]:
    """Returns the local times that the rule of a series selects, until END."""
    parts = parts_of(recurrence_of(content).rule)
    until = parts.pop("UNTIL", None)
    last = f"{datetime.fromisoformat(until):%Y-%m-%dT%H:%M:%SZ}" if until else LAST
    if until and content.start_date is not None:
        last = instant_at(local_of(until), content.time_zone)
    found: list[datetime] = []
    for local in rrulestr(rule_of(parts), dtstart=local_start(content)):
        if local > END or instant_at(local, content.time_zone) > last:
            break
        found.append(local)
    return tuple(found)


@cache
def occurring(content: Content) -> tuple[Occurring, ...]:
    """Returns all occurrences, cancelled ones too, in the order of their ids."""
    if content.recurrence is None:
        return (Occurring("", content.start, content.end, content),)
    changed = {each.id: dict(each.fields) for each in content.recurrence.changed}
    found = []
    for local in sorted({*starts_by_rule(content), *map(local_of, content.recurrence.dates)}):
        name = recurrence_id(local, of=content)
        start, end = times_at(content, local)
        times = {"start": start, "end": end}
        own = changed.get(name, {})
        fields: dict[str, Any] = {**times, **own}
        made = with_clock(replace(content, recurrence=None, **fields))
        differs = (
            *(each for each in own if each not in times),
            *(each for each, at in times.items() if own.get(each, at) != at),
        )
        found.append(Occurring(name, start, end, made, differs, name in content.recurrence.excluded))
    return tuple(found)


@cache
def taking_place(content: Content) -> tuple[Occurring, ...]:
    """Returns what takes place, by start."""
    found = (each for each in occurring(content) if not each.cancelled)
    return tuple(sorted(found, key=lambda each: (each.content.start, each.id)))


@cache
def taking_time(content: Content) -> tuple[Occurring, ...]:
    """Returns what takes time, by start. Nothing of one series overlaps."""
    return tuple(each for each in taking_place(content) if each.content.transparency == "opaque")


def first_meeting(one: Content, other: Content) -> Occurring | None:
    """Returns the first of `other` that takes time which something of `one` takes."""
    ones, others = [*taking_time(one)], [*taking_time(other)]
    while ones and others:
        mine, its = ones[0].content, others[0].content
        if mine.start < its.end and its.start < mine.end:
            return others[0]
        (ones if mine.end <= its.start else others).pop(0)
    return None


def ends(content: Content) -> bool:
    """Returns whether a content takes place only so often."""
    return content.recurrence is None or not parts_of(content.recurrence.rule).keys().isdisjoint({"COUNT", "UNTIL"})


@cache
def extent(content: Content) -> tuple[Instant, Instant]:
    """Returns from when to when something of it is, cancelled or not, where it is now or where the series has it."""
    found = occurring(content)
    first = min(min(each.start, each.content.start) for each in found)
    last = max(max(each.end, each.content.end) for each in found)
    return first, last if ends(content) else LAST


def busy(content: Content) -> bool:
    """Returns whether a content may take time."""
    changed = content.recurrence.changed if content.recurrence is not None else ()
    return "opaque" in {content.transparency, *(dict(each.fields).get("transparency") for each in changed)}


def faulty(content: Content) -> bool:
    """Returns whether the API takes no such content."""
    least = 1 if content.transparency == "opaque" else 0
    if not least <= seconds_between(content.start, content.end) <= MAX_DURATION_SECONDS:
        return True
    if content.recurrence is None:
        return False
    until, local = parts_of(content.recurrence.rule).get("UNTIL", ""), local_start(content)
    forms = {len(each) for each in (*content.recurrence.dates, *content.recurrence.excluded, until.rstrip("Z")) if each}
    if not forms <= {len(recurrence_id(local, of=content))}:
        return True
    # At the second of two times that the clock shows, no series begins.
    if starts_by_rule(content)[:1] != (local,) or instant_at(local, content.time_zone) != content.start:
        return True
    if not {*content.recurrence.excluded} <= {each.id for each in occurring(content)}:
        return True
    return overlapping(taking_time(content))


def overlapping(found: Sequence[Occurring]) -> bool:
    """Returns whether any of these, which are in order, overlap."""
    return any(one.content.end > next_one.content.start for one, next_one in pairwise(found))


def checked_until(content: Content, others: Iterable[Content]) -> Instant | None:
    """Returns until when a series is known to meet none of `others`, having been compared with them.

    That is as long as it lasts, and as two series are compared if both last longer. None of one that does not recur.
    """
    if content.recurrence is None:
        return None
    begins, ends_at = extent(content)
    found = [ends_at]
    for other in others:
        if other.recurrence is not None and busy(other):
            first, last = extent(other)
            compared = shifted(max(begins, first), COMPARED_SECONDS)
            if compared <= min(ends_at, last):
                found.append(compared)
    return min(found)
