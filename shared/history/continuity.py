"""The continuity check: finds version numbers that are missing from the history.

The API numbers versions without gaps, so a missing number is a lost version. A change that bypasses the API repeats a
number, or writes an arbitrary one; its version records the number before it. A jump caused by such a change is
therefore not a gap, and the loss of such a change's own version is not detected.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final, Protocol

from shared import cursors, ids
from shared.errors import InvalidCursor
from shared.history.changes import VersionRef
from shared.history.usage import CorrectedCounts, Correction
from shared.ids import CalendarId, EventId, HistoryId, ItemKey
from shared.scheduling.quotas import NOTHING, Usage

# Younger versions may not be recorded yet: the stream lags by seconds, and by minutes under trouble.
GRACE_MS: Final = 15 * 60 * 1000
SHOWN: Final = 100
_COUNTS: Final = ("versions", "events", "missing", "corrected")

Numbers = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """The facts of a version that the check reads.

    `external` marks a change that bypassed the API; `follows` is the version number before such a change, if any.
    `size` is what the event adds to its calendar's usage, where the version is the event's latest.
    """

    history_id: HistoryId
    number: int
    external: bool = False
    follows: int | None = None
    size: Usage = NOTHING


@dataclass(frozen=True, slots=True)
class Gap:
    """The missing version numbers of an event, as ranges with first and last inclusive."""

    calendar_id: CalendarId
    event_id: EventId
    missing: Sequence[Numbers]

    @property
    def count(self) -> int:
        """Returns how many numbers are missing."""
        return sum(last - first + 1 for first, last in self.missing)


class ContinuityStore(CorrectedCounts, Protocol):
    """The reads of the history table and the events table that the check needs, and the counts that it corrects."""

    def version_page(self, after: ItemKey | None) -> tuple[list[tuple[ItemKey, Mark]], ItemKey | None]:
        """Returns a page of the versions of all events, and the key after which the next page begins.

        The versions are grouped by event, oldest first.
        """

    def live_page(self, after: ItemKey | None) -> tuple[list[tuple[VersionRef, Mark]], ItemKey | None]:
        """Returns a page of all calendars' events with their latest versions, and the key for the next page."""

    def recorded(self, versions: Iterable[VersionRef]) -> set[VersionRef]:
        """Returns those of `versions` that are in the history."""

    def marks(self, calendar_id: CalendarId, event_id: EventId) -> list[Mark]:
        """Returns the versions of an event, oldest first, read strongly consistent."""

    def live(self, calendar_id: CalendarId, event_id: EventId) -> Mark | None:
        """Returns the latest version of an event, deleted or not, read strongly consistent."""

    def swept_below(self) -> str:
        """Returns the id bound of sweeps: a version may have been swept only if its successor's id is below it."""

    def event_of(self, key: ItemKey) -> tuple[CalendarId, EventId]:
        """Returns the calendar and the event of the version stored at `key`."""


@dataclass(slots=True)
class Report:
    """The result of a check.

    For a check of the table the counts cover all parts since it was started without a token. `gaps` lists only those
    that the last part found, at most 100. `corrected` counts the calendars whose usage was counted wrong. `token`
    continues the check; None if it is complete.
    """

    versions: int = 0
    events: int = 0
    missing: int = 0
    corrected: int = 0
    gaps: list[Gap] = field(default_factory=list)
    token: str | None = None

    @property
    def complete(self) -> bool:
        """Returns whether everything was checked."""
        return self.token is None

    def add(self, gap: Gap) -> None:
        """Adds the missing numbers of `gap` to the report."""
        self.missing += gap.count
        if gap.count and len(self.gaps) < SHOWN:
            self.gaps.append(gap)


def step(reached: int, mark: Mark) -> tuple[int, Numbers | None]:
    """Returns the version number reached after `mark`, the next version of an event, and the numbers missing before it.

    `reached` is the number reached with the versions before it.
    """
    if not mark.external:
        return max(reached, mark.number), (reached + 1, mark.number - 1) if mark.number > reached + 1 else None
    if mark.follows is None:
        return mark.number, None  # an item created by bypassing the API: counting restarts at any number
    if mark.follows < reached:
        return max(reached, mark.number), None  # sorted after a later change of the same millisecond
    return mark.number, (reached + 1, mark.follows) if mark.follows > reached else None


@dataclass(slots=True)
class _Progress:
    """The progress of a check of the table, as carried by its token."""

    phase: str = "versions"
    pk: str = ""
    sk: str = ""
    reached: int = 0
    reported: str = ""
    versions: int = 0
    events: int = 0
    missing: int = 0
    corrected: int = 0
    usage: Correction = field(default_factory=Correction)

    @property
    def after(self) -> ItemKey | None:
        return (self.pk, self.sk) if self.pk else None

    def move_to(self, next_page: ItemKey | None) -> None:
        self.pk, self.sk = next_page or ("", "")

    def token(self) -> str:
        facts = {name: str(value) for name, value in asdict(self).items() if name != "usage"}
        return cursors.encode("check", facts | self.usage.facts())

    @classmethod
    def of(cls, token: str | None) -> "_Progress":
        if token is None:
            return cls()
        own = tuple(name for name in cls.__slots__ if name != "usage")
        facts = cursors.decode("check", token, (*own, *Correction().facts()))
        try:
            numbers = {name: int(facts[name]) for name in ("reached", *_COUNTS)}
            usage = Correction.of(facts)
        except ValueError:
            raise InvalidCursor("is no token of this check") from None
        texts = {name: facts[name] for name in ("phase", "pk", "sk", "reported")}
        return cls(**texts, **numbers, usage=usage)  # type: ignore[arg-type]  # each has its field's type


class ContinuityCheck:
    """Search for gaps in the versions of one event or of all events."""

    def __init__(self, store: ContinuityStore, now_ms: int, stop: Callable[[], bool]) -> None:
        """Initializes the check.

        Args:
            store: Reads the tables.
            now_ms: The current time, in milliseconds since 1970.
            stop: Returns whether a check of the table has to end early.
        """
        self._store = store
        self._young = ids.derived_id(max(0, now_ms - GRACE_MS), 0)
        self._correction = ids.new_id(now_ms * 1_000_000)
        self._stop = stop

    def event(self, calendar_id: CalendarId, event_id: EventId) -> Report:
        """Returns the gaps in the versions of one event."""
        marks, live = self._store.marks(calendar_id, event_id), self._store.live(calendar_id, event_id)
        report = Report(versions=len(marks), events=0 if live is None else 1)
        swept = self._store.swept_below()
        report.add(Gap(calendar_id, event_id, self._between(marks, swept) + self._behind(marks, live, swept)))
        return report

    def table(self, token: str | None = None) -> Report:
        """Returns the gaps in the versions of all events, continuing from `token`. Raises InvalidCursor.

        Each version is read once, without locks. A suspected gap is verified with strongly consistent reads before it
        is reported.
        """
        progress = _Progress.of(token)
        report = Report(missing=progress.missing)
        while not self._stop():
            if progress.phase == "versions":
                self._version_page(progress, report)
            elif self._live_page(progress, report):
                break
        else:
            progress.missing = report.missing
            report.token = progress.token()
        report.versions, report.events, report.corrected = progress.versions, progress.events, progress.corrected
        return report

    def _version_page(self, progress: _Progress, report: Report) -> None:
        page, after = self._store.version_page(progress.after)
        partition = progress.pk
        suspects: dict[str, ItemKey] = {}
        for place, mark in page:
            if place[0] != partition:
                partition, progress.reached = place[0], 0
            progress.reached, missing = step(progress.reached, mark)
            if missing and partition != progress.reported and mark.history_id < self._young:
                suspects[partition] = place
        for place in suspects.values():
            calendar_id, event_id = self._store.event_of(place)
            swept = self._store.swept_below()
            report.add(Gap(calendar_id, event_id, self._between(self._store.marks(calendar_id, event_id), swept)))
            progress.reported = place[0]
        progress.versions += len(page)
        progress.move_to(after)
        if after is None:
            progress.phase = "events"

    def _live_page(self, progress: _Progress, report: Report) -> bool:
        """Checks that the latest versions of a page of events are recorded. Returns whether it was the last page."""
        page, after = self._store.live_page(progress.after)
        expected = {ref for ref, mark in page if self._settled(mark)}
        for calendar_id, event_id, _ in sorted(expected - self._store.recorded(expected)):
            marks, live = self._store.marks(calendar_id, event_id), self._store.live(calendar_id, event_id)
            report.add(Gap(calendar_id, event_id, self._behind(marks, live, self._store.swept_below())))
        sizes = [(ref.calendar_id, mark.size) for ref, mark in page]
        progress.corrected += progress.usage.add(sizes, self._store, self._correction)
        if after is None:
            progress.corrected += progress.usage.finish(self._store, self._correction)
        progress.events += len(page)
        progress.move_to(after)
        return after is None

    def _settled(self, mark: Mark) -> bool:
        """Returns whether the version must be recorded by now: it is old enough, and the API stamped it."""
        return mark.number > 0 and mark.history_id < self._young

    def _between(self, marks: Sequence[Mark], swept_below: str) -> list[Numbers]:
        """Returns the numbers missing below the newest recorded version, except those that a sweep may have removed."""
        reached, found = 0, []
        for mark in marks:
            reached, missing = step(reached, mark)
            if missing and swept_below <= mark.history_id < self._young:
                found.append(missing)
        return found

    def _behind(self, marks: Sequence[Mark], live: Mark | None, swept_below: str) -> list[Numbers]:
        """Returns the numbers missing above the newest recorded version, up to that of the event itself.

        The latest version of an event is never swept.
        """
        newest = marks[-1].history_id if marks else ""
        if live is None or live.history_id <= newest or not self._settled(live):
            return []
        reached = 0
        for mark in marks:
            reached, _ = step(reached, mark)
        first = reached + 1 if live.history_id >= swept_below else live.number
        return [(min(first, live.number), live.number)]
