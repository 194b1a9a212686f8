"""The versions of an event: listed, read and compared.

The stream brings versions to the history table within milliseconds to seconds. The latest is always there: it is read
from the live event. One that was superseded within that lag is known by the gap in the numbers.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared import cursors, ids
from shared.errors import InvalidCursor, NotFound, NotRecordedYet
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import STREAM_RETENTION_MS, Event

PENDING_SHOWN: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,12}")


class HistoryStore(Protocol):
    """What reading history needs: the history table, and the live event beside it. All strongly consistent."""

    def page(
        self, calendar_id: CalendarId, event_id: EventId, limit: int, before: HistoryId | None
    ) -> tuple[list[Event], bool, Event | None]:
        """Recorded versions older than `before`, newest first; whether there are more; the live event."""

    def read(
        self, calendar_id: CalendarId, event_id: EventId, history_ids: Iterable[HistoryId]
    ) -> tuple[dict[HistoryId, Event], Event | None]:
        """The recorded ones of `history_ids`, and the live event."""

    def neighbours(
        self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId
    ) -> tuple[Event | None, Event | None]:
        """The recorded versions just before and just after `history_id`."""

    def newest(self, calendar_id: CalendarId, event_id: EventId, below: HistoryId) -> tuple[Event | None, Event | None]:
        """The newest recorded version below an id, and the live event."""

    def latest_two(self, calendar_id: CalendarId, event_id: EventId) -> tuple[list[Event], Event | None]:
        """The newest two recorded versions, newest first, and the live event."""


class Concurrently(Protocol):
    """Calls a function for many arguments at once; the results come in the order of the arguments."""

    def __call__(self, call: Callable[[Any], Any], arguments: Iterable[Any], /) -> Iterable[Any]:
        """As `map`."""


@dataclass(frozen=True, slots=True)
class Page:
    """Versions, newest first, the numbers of those not recorded yet among them, and the cursor to go on with."""

    versions: Sequence[Event]
    pending: Sequence[int]
    next_cursor: str | None


class History:
    """The versions of the events of the calendar of a request."""

    def __init__(self, store: HistoryStore, request: Request) -> None:
        """Reads from `store` what `request` may see."""
        self._store = store
        self._calendar_id = request.calendar_id
        self._now_ms = request.now_ms

    def page(self, event_id: EventId, limit: int, cursor: str | None) -> Page:
        """A page of versions, also of a deleted event. Raises NotFound, InvalidCursor."""
        before, above = self._position(event_id, cursor)
        versions, more, stored = self._store.page(self._calendar_id, event_id, limit, before)
        if cursor is None:
            # A change around the API leaves the live event its old id; the version derived for it has a later one.
            if stored is not None and (not versions or stored.history_id > versions[0].history_id):
                versions = [stored, *versions]
            if not versions:
                raise NotFound("event")
        if len(versions) > limit:
            versions, more = versions[:limit], True
        next_cursor = None
        if more and versions:
            last = versions[-1]
            facts = {"event": event_id, "before": last.history_id, "version": str(last.stamp.version)}
            next_cursor = cursors.encode("history", facts)
        return Page(versions, self._pending(versions, above, complete=not more), next_cursor)

    def _position(self, event_id: EventId, cursor: str | None) -> tuple[HistoryId | None, int | None]:
        if cursor is None:
            return None, None
        facts = cursors.decode("history", cursor, ("event", "before", "version"))
        if facts["event"] != event_id:
            raise InvalidCursor(InvalidCursor.OTHER_QUERY)
        if not (ids.is_id(facts["before"]) and _NUMBER.fullmatch(facts["version"])):
            raise InvalidCursor
        return HistoryId(facts["before"]), int(facts["version"])

    def _pending(self, versions: Sequence[Event], above: int | None, *, complete: bool) -> list[int]:
        """The numbers that the page skips. Changes around the API repeat a number and are no gap."""
        missing: list[int] = []
        for version in versions:
            number = version.stamp.version
            if above is not None and above - number > 1:
                missing.extend(range(above - 1, max(number, above - 1 - PENDING_SHOWN), -1))
            above = number
        # The oldest versions may have been swept on purpose: they are awaited only while the stream may bring them.
        if complete and versions and above is not None and above > 1 and self._recent(versions[-1].history_id):
            missing.extend(range(above - 1, max(0, above - 1 - PENDING_SHOWN), -1))
        return missing[:PENDING_SHOWN]

    def _recent(self, history_id: HistoryId) -> bool:
        return self._now_ms - ids.milliseconds_of(history_id) < STREAM_RETENTION_MS

    def versions(self, event_id: EventId, *history_ids: HistoryId) -> list[Event]:
        """The event at each of `history_ids`. Raises NotFound, NotRecordedYet."""
        recorded, stored = self._store.read(self._calendar_id, event_id, set(history_ids))
        if stored is not None:
            recorded.setdefault(stored.history_id, stored)
        return [recorded.get(each) or self._missing(event_id, each, stored) for each in history_ids]

    def _missing(self, event_id: EventId, history_id: HistoryId, stored: Event | None) -> Event:
        """Tell a version that is still on its way (a gap in the numbers, not long ago) from one that never was."""
        older, newer = self._store.neighbours(self._calendar_id, event_id, history_id)
        if newer is None and stored is not None and stored.history_id > history_id:
            newer = stored
        before = older.stamp.version if older is not None else 0
        if newer is not None and newer.stamp.version - before > 1 and self._recent(history_id):
            raise NotRecordedYet("this version is on its way into the history")
        raise NotFound("version of this event")

    def as_of(self, event_id: EventId, moment_ms: int) -> Event:
        """The event as it was at `moment_ms`, in milliseconds since 1970; before 1970 nothing was there.

        Raises NotFound if it was not there then, before its creation or after its deletion, and NotRecordedYet.
        """
        below = ids.derived_id(max(0, moment_ms + 1), 0)
        version, stored = self._store.newest(self._calendar_id, event_id, below)
        if stored is not None and stored.history_id < below:
            if version is None or version.history_id < stored.history_id:
                version = stored
        elif stored is not None and self._recent(below):
            number = version.stamp.version if version is not None else 0
            if stored.stamp.version - number > 1:
                # One in between may be the one: unless it is recorded, or the next one is, nobody can tell.
                _, newer = self._store.neighbours(self._calendar_id, event_id, below)
                if newer is None or newer.stamp.version - number > 1:
                    raise NotRecordedYet("the version of that time is on its way into the history")
        if version is None or version.deleted:
            raise NotFound("event at that time")
        return version

    def to_compare(self, event_id: EventId, old: HistoryId | None, new: HistoryId | None) -> list[Event]:
        """The event at versions `old` and `new`: by default at the one before the latest, and at the latest.

        Raises NotFound, also for the version before the first, and NotRecordedYet.
        """
        if old is not None and new is not None:
            return self.versions(event_id, old, new)
        recorded, stored = self._store.latest_two(self._calendar_id, event_id)
        if stored is not None and (not recorded or stored.history_id > recorded[0].history_id):
            recorded = [stored, *recorded]
        if not recorded:
            raise NotFound("event")
        newest = recorded[0]
        if old is not None:
            return [*self.versions(event_id, old), newest]
        if new is None:
            return [self._before(newest, next(iter(recorded[1:]), None)), newest]
        (later,) = self.versions(event_id, new)
        older, _ = self._store.neighbours(self._calendar_id, event_id, later.history_id)
        return [self._before(later, older), later]

    def _before(self, later: Event, older: Event | None) -> Event:
        """`older`, the recorded version just before `later`, unless one between them is still on its way."""
        number = older.stamp.version if older is not None else 0
        if later.stamp.version - number > 1 and self._recent(later.history_id):
            raise NotRecordedYet("the version before that is on its way into the history")
        if older is None:
            raise NotFound("version before that")
        return older
