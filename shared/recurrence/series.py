"""A series: a pattern of local times in a time zone, with its exceptions, and the occurrences that it has in a window.

Instants are datetimes in UTC without a zone, and windows half-open. A series of whole days has occurrences that last
from midnight to midnight by the clock of its zone; others last exactly as long as the first one, also over a change of
the clock (RFC 5545, section 3.8.5.3).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.recurrence.local_times import instant_of, local_of, midnight, parse_recurrence_id, recurrence_id, zone
from shared.recurrence.patterns import COUNT_YEARS, HINT_YEARS, Pattern
from shared.recurrence.rules import MAX_COUNT, MAX_TIMES_A_DAY, Rule, RuleError
from shared.recurrence.selected_days import last_of_count

# No zone is further from UTC, and no change of the clock moves a local time further.
_SLACK: Final = timedelta(days=2)
# No clock is put back further.
_FOLD: Final = timedelta(hours=24)
_SECOND: Final = timedelta(seconds=1)
_NONE: Final = timedelta(0)
# The end of a series that does not end.
ENDLESS: Final = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 UTC by its meaning
_BEGINNING: Final = datetime(1, 1, 1)  # noqa: DTZ001 UTC by its meaning


class Occurrence(NamedTuple):
    """An occurrence: when it takes place, and `id`, which names where the rule has it.

    `patch` has the fields in which it differs from the series; `original_start` and `original_end` are when it would
    take place if it had not been moved.
    """

    start: datetime
    end: datetime
    id: str
    patch: Mapping[str, Any]
    original_start: datetime
    original_end: datetime


@dataclass(frozen=True)
class Patch:
    """An exception: the fields in which an occurrence differs. If it was moved, `start` and `end` are when to."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None


class Exceptional(NamedTuple):
    """An occurrence that differs from what the rule says of its local time.

    Attributes:
        local: The local time at which the series has it.
        occurrence: The occurrence as it is.
        moved: Whether it takes place at another time, or another while.
        added: Whether the rule does not have it (RDATE).
    """

    local: datetime
    occurrence: Occurrence
    moved: bool
    added: bool


@dataclass(frozen=True)
class Series:
    """A series.

    Attributes:
        pattern: The local times at which the rule has occurrences.
        time_zone: The IANA name of the zone of these times.
        length: How long an occurrence lasts: exactly, or in days by the clock if `all_day`.
        all_day: Whether it is of whole days.
        last: The local time of the last occurrence of a rule with COUNT; None without.
        dates: Local times of occurrences that the rule does not have (RDATE).
        excluded: Local times at which there is none (EXDATE).
        overrides: The exceptions, by recurrence id.
    """

    pattern: Pattern
    time_zone: str
    length: timedelta
    all_day: bool = False
    last: datetime | None = None
    dates: frozenset[datetime] = frozenset()
    excluded: frozenset[datetime] = frozenset()
    overrides: Mapping[str, Patch] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        rule: Rule,
        start: datetime,
        time_zone: str,
        length: timedelta,
        *,
        all_day: bool = False,
        dates: frozenset[datetime] = frozenset(),
        excluded: frozenset[datetime] = frozenset(),
        overrides: Mapping[str, Patch] | None = None,
    ) -> "Series":
        """Returns the series of a rule that begins at the local time `start`, which must be its first occurrence.

        Raises RuleError: it is not, or the rule's end comes before it, or a century later.
        """
        pattern = Pattern.of(rule, start)
        if rule.until is not None and _instant_until(rule.until, zone(time_zone)) < instant_of(start, zone(time_zone)):
            raise RuleError("UNTIL must not be before the start")
        if not pattern.selects(start):
            first = pattern.first_from(start)
            if first is None:
                raise RuleError(f"start is no occurrence of the rule, and there is none within {HINT_YEARS} years")
            hint = first.date().isoformat() if all_day else first.isoformat()
            raise RuleError(f"start is no occurrence of the rule: the first after it is {hint}")
        last = None
        if rule.count is not None:
            last = last_of_count(pattern, rule.count)
            if last is None:
                raise RuleError(f"COUNT must be 1 to {MAX_COUNT}, and reached within {COUNT_YEARS} years")
        return cls(pattern, time_zone, length, all_day, last, dates, excluded, overrides or {})

    def between(self, low: datetime, high: datetime) -> Iterator[Occurrence]:
        """Yields the occurrences that overlap the window from `low` to `high`, by start and id.

        One without length, which is transparent, overlaps it if it begins within it.
        """
        found = [each for each in self._candidates(low, high) if each.start < high and _lasts(each, low)]
        yield from sorted(found, key=lambda each: (each.start, each.id))

    def occurrence(self, occurrence_id: str) -> Occurrence | None:
        """Returns the occurrence with that id; None if there is none, or if it is cancelled."""
        try:
            local = parse_recurrence_id(occurrence_id, all_day=self.all_day)
        except ValueError:
            return None
        return self._at(local) if self.has(local) and local not in self.excluded else None

    def has(self, local: datetime) -> bool:
        """Returns whether the series has an occurrence at the local time `local`, cancelled or not."""
        return local in self.dates or self._by_rule(local)

    @cached_property
    def exceptions(self) -> tuple[Exceptional, ...]:
        """Returns the occurrences that were changed or added, without those that are cancelled."""
        patched = {parse_recurrence_id(each, all_day=self.all_day): patch for each, patch in self.overrides.items()}
        found = []
        for local in sorted({*self.dates, *patched} - self.excluded):
            by_rule, patch = self._by_rule(local), patched.get(local)
            if by_rule or local in self.dates:
                moved = patch is not None and (patch.start is not None or patch.end is not None)
                found.append(Exceptional(local, self._at(local), moved, not by_rule))
        return tuple(found)

    @cached_property
    def _apart(self) -> frozenset[datetime]:
        """Returns the local times at which there is not what the rule says."""
        return self.excluded | {each.local for each in self.exceptions}

    @cached_property
    def until(self) -> datetime | None:
        """Returns the instant after which the rule has no occurrence, by UNTIL; None without."""
        until = self.pattern.rule.until
        return None if until is None else _instant_until(until, self._zone)

    def without(self, occurrence_ids: Iterable[str]) -> "Series":
        """Returns the series with these occurrences cancelled."""
        locals_ = {parse_recurrence_id(each, all_day=self.all_day) for each in occurrence_ids}
        return replace(self, excluded=self.excluded | locals_)

    def has_id(self, occurrence_id: str) -> bool:
        """Returns whether `occurrence_id` is that of an occurrence, cancelled or not."""
        try:
            return self.has(parse_recurrence_id(occurrence_id, all_day=self.all_day))
        except ValueError:
            return False

    @property
    def ends(self) -> datetime:
        """Returns when its last occurrence ends, exceptions included, cancelled or not; ENDLESS if it has no last."""
        last = self._last_by_rule
        if last is None:
            return ENDLESS
        known = [*self.dates, *last]
        moved = [each.end for each in self.overrides.values() if each.end is not None]
        return max([*moved, *(self._end(local) for local in known)])

    @property
    def starts(self) -> datetime:
        """Returns when its first occurrence begins, exceptions included, cancelled or not."""
        known = [self.pattern.start, *self.dates]
        moved = [each.start for each in self.overrides.values() if each.start is not None]
        return min([*moved, *(instant_of(local, self._zone) for local in known)])

    @property
    def _last_local(self) -> datetime | None:
        """Returns a local time after which the rule has no occurrence; None if it does not end."""
        if self.until is None:
            return self.last
        # Which one is the last would take a search. A local time that comes twice is the first, so it may seem later.
        return _moved(self._local_until(self.until), _FOLD)

    @cached_property
    def _last_by_rule(self) -> list[datetime] | None:
        """Returns local times of the rule, among them that of the occurrence that ends last; None if it does not end.

        They are looked for backwards from UNTIL, over more days each time: the first one is the start.
        """
        if self.until is None:
            return None if self.last is None else [self.last]
        high, days = _moved(self._local_until(self.until), _FOLD + _SECOND), 2
        while True:
            low = max(self.pattern.start, _moved(high, -timedelta(days=days)))
            found = [each for each in self.pattern.between(low, high) if self._by_until(each)]
            if found or low == self.pattern.start:
                return found[-MAX_TIMES_A_DAY:]
            days *= 4

    def _local_until(self, until: datetime) -> datetime:
        try:
            return local_of(until, self._zone)
        except OverflowError:
            return ENDLESS

    @property
    def _zone(self) -> ZoneInfo:
        return zone(self.time_zone)

    def _candidates(self, low: datetime, high: datetime) -> Iterator[Occurrence]:
        """Yields occurrences, among them all that overlap the window."""
        local_low, local_high = self._local(low, -self.length, -_SLACK), self._local(high, _NONE, _SLACK)
        last = self._last_local
        if last is not None:
            local_high = min(local_high, _moved(last, _SECOND))
        for local in self.pattern.between(local_low, local_high):
            if local not in self._apart and self._by_until(local):
                yield self._at(local)
        yield from (each.occurrence for each in self.exceptions)

    def _local(self, instant: datetime, by: timedelta, slack: timedelta) -> datetime:
        """Returns the local time of an instant, moved by a length, and by `slack` if the clock changes near it."""
        if not self.all_day:
            instant, by = _moved(instant, by), _NONE
        # As local times these are near the instant as well, and no zone's clock changes twice within a week.
        before, after = (self._zone.utcoffset(_moved(instant, each)) for each in (-_SLACK, _SLACK))
        return _moved(instant, by + (before if before is not None and before == after else slack))

    def _at(self, local: datetime) -> Occurrence:
        occurrence_id = recurrence_id(local, all_day=self.all_day)
        patch = self.overrides.get(occurrence_id)
        start, end = instant_of(local, self._zone), self._end(local)
        if patch is None:
            return Occurrence(start, end, occurrence_id, {}, start, end)
        return Occurrence(patch.start or start, patch.end or end, occurrence_id, patch.fields, start, end)

    def _end(self, local: datetime) -> datetime:
        return end_of(local, self.length, self._zone, all_day=self.all_day)

    def _by_rule(self, local: datetime) -> bool:
        return self.pattern.selects(local) and (self.last is None or local <= self.last) and self._by_until(local)

    def _by_until(self, local: datetime) -> bool:
        # UNTIL is an instant: of a local time that comes twice, the first may be before it and seem to be after it.
        return self.until is None or instant_of(local, self._zone) <= self.until


def end_of(local: datetime, length: timedelta, in_zone: ZoneInfo, *, all_day: bool) -> datetime:
    """Returns when an occurrence ends that begins at the local time `local`: ENDLESS if that is after it."""
    try:
        return instant_of(local + length, in_zone) if all_day else instant_of(local, in_zone) + length
    except OverflowError:
        return ENDLESS


def _instant_until(until: datetime | date, in_zone: ZoneInfo) -> datetime:
    if isinstance(until, datetime):
        return until.astimezone(UTC).replace(tzinfo=None)
    return instant_of(midnight(until), in_zone)


def _lasts(occurrence: Occurrence, low: datetime) -> bool:
    return occurrence.end > low or occurrence.start >= low


def _moved(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return ENDLESS if by > timedelta(0) else _BEGINNING
