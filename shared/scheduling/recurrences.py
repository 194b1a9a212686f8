"""The recurrence of an event: its rule and its exceptions as they are stored, and the occurrences that they make.

A series is one event. Its `start` and `end` are those of the first occurrence; all others begin at local times of its
time zone (`shared.recurrence`). An occurrence is the event with the times and the fields that it has there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from shared.ids import EventId
from shared.scheduling.instants import LAST, Instant
from shared.scheduling.intervals import Interval

if TYPE_CHECKING:
    from shared.recurrence.series import Occurrence, Patch, Series
    from shared.scheduling.events import Content, Event

MAX_CHANGED: Final = 200
MAX_EXCLUDED: Final = 500
MAX_DATES: Final = 200
# Why a series has a time zone that a request has said, though it may be the default.
ZONE_NEEDED: Final = "is required for a series: its occurrences are at local times of it"
# What stands between the id of a series and the recurrence id, in the id of an occurrence.
SEPARATOR: Final = "_"
_BEYOND: Final = timedelta(days=2)
# The fields of an occurrence that may differ from its series.
OVERRIDABLE: Final = frozenset({"title", "description", "location", "start", "end", "transparency"})


@dataclass(frozen=True, slots=True)
class Override:
    """How the occurrence with the recurrence id `id` differs: fields of its content with their values, by name.

    They are among OVERRIDABLE. Of one that was moved, these are both `start` and `end`, as instants.
    """

    id: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a series takes place besides its first occurrence.

    Attributes:
        rule: The recurrence rule (RFC 5545, section 3.3.10) in its canonical form.
        dates: Recurrence ids of occurrences that the rule does not have (RDATE).
        excluded: Recurrence ids at which there is no occurrence (EXDATE): of those that were cancelled, too.
        changed: The occurrences that differ, by recurrence id.
    """

    rule: str
    dates: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    changed: tuple[Override, ...] = ()

    @property
    def moved(self) -> tuple[tuple[str, str, str], ...]:
        """Returns what changes the time that is taken: of each occurrence its id, and a field of its time."""
        times = ("start", "end", "transparency")
        return tuple((each.id, *pair) for each in self.changed for pair in each.fields if pair[0] in times)

    @property
    def has_opaque(self) -> bool:
        """Returns whether an occurrence takes its time, whatever the series does."""
        return any(("transparency", "opaque") in each.fields for each in self.changed)

    def differing(self, before: "Recurrence") -> list[str]:
        """Returns the recurrence ids of the occurrences whose time may be another one than in `before`.

        Both have the same rule and dates, and are of series that begin at the same time.
        """
        moved = {*self.moved} ^ {*before.moved}
        return sorted({each for each, _, _ in moved} | ({*before.excluded} - {*self.excluded}))

    def facts(self) -> dict[str, Any]:
        """Returns the recurrence as a JSON object, without what it does not have."""
        changed = {each.id: dict(each.fields) for each in self.changed}
        facts = {"rule": self.rule, "dates": [*self.dates], "excluded": [*self.excluded], "changed": changed}
        return {name: value for name, value in facts.items() if value}


@dataclass(frozen=True, slots=True)
class OccurrenceOf:
    """What an occurrence is one of: the id of the series, where the rule has it, and the fields that differ there.

    One that is `cancelled` is told only by the change that cancels it: it does not take place.
    """

    series_id: EventId
    recurrence_id: str
    original_start: Instant
    changed: tuple[str, ...]
    cancelled: bool = False


def series_of(content: "Content") -> "Series":
    """Returns the series that an event of `content` is.

    Raises:
        RuleError: its rule is not one that is taken, or its start is not an occurrence of it.
        ValueError: a recurrence id is none.
        OSError: there is no such time zone.
    """
    recurrence = content.recurrence
    if recurrence is None:
        raise AssertionError("the event does not recur")
    return _series(recurrence, content.local_start, content.time_zone, content.interval.length, content.days)


def recurs(content: "Content") -> bool:
    """Returns whether an event of `content` is a series.

    What a script has written may recur in a way that is not taken. It then takes place once, and is told as it is.
    """
    try:
        return content.recurrence is not None and series_of(content) is not None
    except (ValueError, OverflowError, OSError):  # the last one for a time zone that there is not
        return False


# A function that serves a calendar reads the same series with every request.
@lru_cache(maxsize=2048)
def _series(recurrence: Recurrence, start: datetime, time_zone: str, seconds: int, days: int | None) -> "Series":
    # Imported late: most requests are about events that do not recur.
    from shared.recurrence.local_times import parse_recurrence_id, zone  # noqa: PLC0415
    from shared.recurrence.rules import parse_rule  # noqa: PLC0415
    from shared.recurrence.series import Series  # noqa: PLC0415

    all_day = days is not None
    # What is looked at late only is refused here as well.
    zone(time_zone)
    for each in recurrence.changed:
        parse_recurrence_id(each.id, all_day=all_day)

    def locals_of(ids: tuple[str, ...]) -> frozenset[datetime]:
        return frozenset(parse_recurrence_id(each, all_day=all_day) for each in ids)

    return Series.of(
        parse_rule(recurrence.rule, all_day=all_day),
        start,
        time_zone,
        timedelta(days=days) if days is not None else timedelta(seconds=seconds),
        all_day=all_day,
        dates=locals_of(recurrence.dates),
        excluded=locals_of(recurrence.excluded),
        overrides={each.id: _patch(each) for each in recurrence.changed},
    )


def busy_between(content: "Content", window: Interval) -> Iterator["Occurrence"]:
    """Yields the occurrences of a series that overlap `window` and take their time, by start and id.

    One without length takes none: a whole day that its zone has skipped.
    """
    for each in series_of(content).between(utc(window.start), utc(window.end)):
        if each.start < each.end and takes_time(content, each.patch):
            yield each


def takes_place(content: "Content") -> bool:
    """Returns whether a series has an occurrence that is not cancelled."""
    from shared.recurrence.series import ENDLESS  # noqa: PLC0415

    series = series_of(content)
    # By the clock of no zone the rule ends later; one that was cancelled may have been moved thousands of years away.
    # What is excluded is at most 500 occurrences, so the search is short.
    ends = replace(series, dates=frozenset(), overrides={}).ends
    high = min(ends, ENDLESS - _BEYOND) + _BEYOND
    by_rule = filter(series.has, series.pattern.between(series.pattern.start, high))
    return bool(series.exceptions) or any(local not in series.excluded for local in by_rule)


def takes_time(content: "Content", patch: Mapping[str, Any]) -> bool:
    """Returns whether an occurrence of a series takes its time, if it differs from the series by `patch`."""
    return bool(patch.get("transparency", content.transparency) == "opaque")


def _patch(override: Override) -> "Patch":
    from shared.recurrence.series import Patch  # noqa: PLC0415

    fields = dict(override.fields)
    start, end = fields.pop("start", None), fields.pop("end", None)
    return Patch(fields, utc(Instant(start)) if start else None, utc(Instant(end)) if end else None)


def utc(instant: Instant) -> datetime:
    """Returns an instant as a datetime in UTC without a zone, as `shared.recurrence` has them."""
    return datetime.fromisoformat(instant[:-1])


def instant(at: datetime) -> Instant:
    """Returns the instant of a datetime in UTC without a zone."""
    return min(LAST, Instant(f"{at.isoformat()}Z"))


def extent_of(content: "Content") -> Interval:
    """Returns from when to when an event takes place: a series from its first occurrence to the end of the last one."""
    if not recurs(content):
        return content.interval
    series = series_of(content)
    return Interval(instant(series.starts), instant(series.ends))


def occurrences(event: "Event", window: Interval) -> Iterator["Event"]:
    """Yields what takes place in `window` of an event: itself, or its occurrences that overlap it, by start and id."""
    if not recurs(event.content):
        if event.content.interval.overlaps(window):
            yield event
        return
    for each in series_of(event.content).between(utc(window.start), utc(window.end)):
        yield occurrence_event(event, each)


def occurrence(event: "Event", recurrence_id: str, *, cancelled: bool = False) -> "Event | None":
    """Returns the occurrence of a series with a recurrence id; None if there is none.

    With `cancelled` also one that does not take place.
    """
    found = found_in(event.content, recurrence_id, cancelled=cancelled)
    return None if found is None else occurrence_event(event, found)


def found_in(content: "Content", recurrence_id: str, *, cancelled: bool = False) -> "Occurrence | None":
    """Returns the occurrence of a series with a recurrence id, as `occurrence` does."""
    if not recurs(content):
        return None
    series = series_of(content)
    return (replace(series, excluded=frozenset()) if cancelled else series).occurrence(recurrence_id)


def occurrence_event(series: "Event", found: "Occurrence") -> "Event":
    """Returns an occurrence of `series` as an event, whose id names both. One without length is transparent."""
    content = replace(series.content, recurrence=None, **found.patch)
    if found.start == found.end:
        content = replace(content, transparency="transparent")
    pairs = (("start", found.start, found.original_start), ("end", found.end, found.original_end))
    moved = [name for name, now, originally in pairs if now != originally]
    cancelled = series.content.recurrence is not None and found.id in series.content.recurrence.excluded
    own = (*found.patch, *moved)
    return replace(
        series,
        id=occurrence_id(series.id, found.id),
        content=placed(content, found.start, found.end),
        occurrence=OccurrenceOf(series.id, found.id, instant(found.original_start), own, cancelled),
    )


def placed(content: "Content", start: datetime, end: datetime) -> "Content":
    """Returns `content` from `start` to `end` (UTC): its instants, and these by the clock of its zone."""
    from shared.scheduling.wall_times import clock_at  # noqa: PLC0415

    at = replace(content, start=instant(start), end=instant(end))
    if content.days is None:
        return replace(at, start_local=clock_at(at.start, at.time_zone))
    first, behind = (local_day(each, at.time_zone) for each in at.interval)
    return replace(at, start_date=first, end_date=behind)


def local_day(at: Instant, time_zone: str) -> str:
    """Returns the date of an instant in a time zone: `2027-03-01`; the last one that there is, where there is none."""
    from shared.recurrence.local_times import local_of, zone  # noqa: PLC0415

    try:
        return local_of(utc(at), zone(time_zone)).date().isoformat()
    except OverflowError:
        return LAST[: len("2027-03-01")]


def midnight_of(day: str, time_zone: str) -> Instant:
    """Returns the instant at which a day begins in a time zone."""
    from shared.recurrence.local_times import instant_of, midnight, zone  # noqa: PLC0415

    return instant(instant_of(midnight(date.fromisoformat(day)), zone(time_zone)))


def occurrence_id(series_id: EventId, recurrence_id: str) -> EventId:
    """Returns the id of an occurrence."""
    return EventId(f"{series_id}{SEPARATOR}{recurrence_id}")


def parts_of(event_id: EventId) -> tuple[EventId, str | None]:
    """Returns the id of an event, and the recurrence id if it is that of an occurrence."""
    series_id, separator, recurrence_id = event_id.partition(SEPARATOR)
    return EventId(series_id), recurrence_id if separator else None
