"""The continuity check: version numbers that should be in the history, and are not.

The API counts versions without a gap, so a number that is missing is a version that was lost. A change around the API
repeats a number, or writes any that it likes; its version tells the number before it. What such a change does to the
numbers is therefore no gap, and the loss of its own version leaves none.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final, Protocol

from shared import cursors, ids
from shared.errors import InvalidRequest
from shared.history import ItemKey

# What is younger may still be on its way: the stream lags by seconds, a struggling one by minutes.
GRACE_MS: Final = 15 * 60 * 1000
SHOWN: Final = 100
_COUNTS: Final = ("versions", "events", "missing")

Numbers = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """What the check looks at in a version. `follows`: the number before a change around the API, if there was one."""

    history_id: str
    number: int
    external: bool = False
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """The version numbers of an event that are missing, as ranges, first and last inclusive."""

    calendar_id: str
    event_id: str
    missing: Sequence[Numbers]

    @property
    def count(self) -> int:
        """How many numbers are missing."""
        return sum(last - first + 1 for first, last in self.missing)


class ContinuityStore(Protocol):
    """What the check needs of the history table, and of the events table beside it."""

    def version_page(self, after: ItemKey | None) -> tuple[list[tuple[ItemKey, Mark]], ItemKey | None]:
        """A page of the versions of all events, each event's together and oldest first, and where the next begins."""

    def live_page(self, after: ItemKey | None) -> tuple[list[tuple[str, str, Mark]], ItemKey | None]:
        """A page of the events of all calendars (owner, id, latest version), and where the next begins."""

    def recorded(self, versions: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        """Which of `versions` (owner, event id, history_id) are in the history."""

    def marks(self, calendar_id: str, event_id: str) -> list[Mark]:
        """The versions of an event, oldest first, strongly consistent."""

    def live(self, calendar_id: str, event_id: str) -> Mark | None:
        """The latest version of an event, deleted or not, strongly consistent."""

    def swept_below(self) -> str:
        """The id below which a version's successor has to lie for a sweep to have removed the version."""

    def event_of(self, place: ItemKey) -> tuple[str, str]:
        """Whose event a version at `place` is of, and which."""


@dataclass(slots=True)
class Report:
    """What a check has seen: over the table, since it began anew. `gaps` are those of the last part, at most 100."""

    versions: int = 0
    events: int = 0
    missing: int = 0
    gaps: list[Gap] = field(default_factory=list)
    token: str | None = None

    @property
    def complete(self) -> bool:
        """Whether everything was looked at."""
        return self.token is None

    def add(self, gap: Gap) -> None:
        """Count what is missing."""
        self.missing += gap.count
        if gap.count and len(self.gaps) < SHOWN:
            self.gaps.append(gap)


def step(reached: int, mark: Mark) -> tuple[int, Numbers | None]:
    """The number reached with the next version of an event, and the numbers missing before it."""
    if not mark.external:
        return max(reached, mark.number), (reached + 1, mark.number - 1) if mark.number > reached + 1 else None
    if mark.follows is None:
        return mark.number, None  # an item that somebody has put there: it begins anew, with any number
    if mark.follows < reached:
        return max(reached, mark.number), None  # sorted behind a later change of the same millisecond
    return mark.number, (reached + 1, mark.follows) if mark.follows > reached else None


@dataclass(slots=True)
class _Progress:
    """How far a check over the table has come: what a token carries."""

    phase: str = "versions"
    pk: str = ""
    sk: str = ""
    reached: int = 0
    reported: str = ""
    versions: int = 0
    events: int = 0
    missing: int = 0

    @property
    def after(self) -> ItemKey | None:
        return (self.pk, self.sk) if self.pk else None

    def move_to(self, next_page: ItemKey | None) -> None:
        self.pk, self.sk = next_page or ("", "")

    def token(self) -> str:
        return cursors.encode("check", {name: str(value) for name, value in asdict(self).items()})

    @classmethod
    def of(cls, token: str | None) -> "_Progress":
        if token is None:
            return cls()
        facts = cursors.decode("check", token, tuple(cls.__slots__))
        try:
            reached, versions, events, missing = (int(facts[name]) for name in ("reached", *_COUNTS))
        except ValueError:
            raise InvalidRequest.of("token", "is no token of this check") from None
        return cls(facts["phase"], facts["pk"], facts["sk"], reached, facts["reported"], versions, events, missing)


class ContinuityCheck:
    """Looks for gaps, in the versions of one event or of all."""

    def __init__(self, store: ContinuityStore, now_ms: int, stop: Callable[[], bool]) -> None:
        """`now_ms` in milliseconds since 1970; the check over the table ends early when `stop` says so."""
        self._store = store
        self._young = ids.derived_id(max(0, now_ms - GRACE_MS), 0)
        self._stop = stop

    def event(self, calendar_id: str, event_id: str) -> Report:
        """The gaps in the versions of one event."""
        marks, live = self._store.marks(calendar_id, event_id), self._store.live(calendar_id, event_id)
        report = Report(versions=len(marks), events=0 if live is None else 1)
        swept = self._store.swept_below()
        report.add(Gap(calendar_id, event_id, self._between(marks, swept) + self._behind(marks, live, swept)))
        return report

    def table(self, token: str | None = None) -> Report:
        """The gaps in the versions of all events, from `token` on. Raises InvalidRequest for a token that is none.

        Each version is read once, without locking anything; what looks like a gap is looked at again, strongly
        consistent, before it is reported.
        """
        progress = _Progress.of(token)
        report = Report(missing=progress.missing)
        while not self._stop():
            if progress.phase == "versions":
                self._version_page(progress, report)
            elif self._live_page(progress, report):
                report.versions, report.events = progress.versions, progress.events
                return report
        progress.missing = report.missing
        report.versions, report.events, report.token = progress.versions, progress.events, progress.token()
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
        """Look at a page of events: is the latest version of each recorded? Gives whether it was the last one."""
        page, after = self._store.live_page(progress.after)
        awaited = {
            (calendar_id, event_id, mark.history_id) for calendar_id, event_id, mark in page if self._settled(mark)
        }
        for calendar_id, event_id, _ in sorted(awaited - self._store.recorded(awaited)):
            marks, live = self._store.marks(calendar_id, event_id), self._store.live(calendar_id, event_id)
            report.add(Gap(calendar_id, event_id, self._behind(marks, live, self._store.swept_below())))
        progress.events += len(page)
        progress.move_to(after)
        return after is None

    def _settled(self, mark: Mark) -> bool:
        """Whether the stream must have brought this version: it is old enough, and a stamp of the API's."""
        return mark.number > 0 and mark.history_id < self._young

    def _between(self, marks: Sequence[Mark], swept_below: str) -> list[Numbers]:
        """What is missing below the newest recorded version, but for what a sweep may have removed."""
        reached, found = 0, []
        for mark in marks:
            reached, missing = step(reached, mark)
            if missing and swept_below <= mark.history_id < self._young:
                found.append(missing)
        return found

    def _behind(self, marks: Sequence[Mark], live: Mark | None, swept_below: str) -> list[Numbers]:
        """What is missing above the newest recorded version, up to that of the event itself, which is never swept."""
        newest = marks[-1].history_id if marks else ""
        if live is None or live.history_id <= newest or not self._settled(live):
            return []
        reached = 0
        for mark in marks:
            reached, _ = step(reached, mark)
        first = reached + 1 if live.history_id >= swept_below else live.number
        return [(min(first, live.number), live.number)]
