"""Listing, reading and comparing the versions of an event.

The stream delivers versions to the history table within milliseconds to seconds. The latest version is always
available, because it is read from the live event. A version that was superseded within that lag is recognised by the
gap in the version numbers.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared import cursors, ids
from shared.errors import ContentErased, InvalidCursor, NotFound, NotRecordedYet
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import STREAM_RETENTION_MS, Event

PENDING_SHOWN: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,12}")


class HistoryStore(Protocol):
    """The reads of the history table and of live events that reading history needs, all strongly consistent."""

    def page(
        self, calendar_id: CalendarId, event_id: EventId, limit: int, before: HistoryId | None
    ) -> tuple[list[Event], bool, Event | None]:
        """Returns recorded versions older than `before`, newest first; whether there are more; and the live event."""

    def read(
        self, calendar_id: CalendarId, event_id: EventId, history_ids: Iterable[HistoryId]
    ) -> tuple[dict[HistoryId, Event], Event | None]:
        """Returns those of `history_ids` that are recorded, and the live event."""

    def neighbours(
        self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId
    ) -> tuple[Event | None, Event | None]:
        """Returns the recorded versions immediately before and after `history_id`."""

    def newest(self, calendar_id: CalendarId, event_id: EventId, below: HistoryId) -> tuple[Event | None, Event | None]:
        """Returns the newest recorded version with an id less than `below`, and the live event."""

    def latest_two(self, calendar_id: CalendarId, event_id: EventId) -> tuple[list[Event], Event | None]:
        """Returns the two newest recorded versions, newest first, and the live event."""


class Concurrently(Protocol):
    """A `map` that calls a function concurrently and returns the results in the order of the arguments."""

    def __call__(self, call: Callable[[Any], Any], arguments: Iterable[Any], /) -> Iterable[Any]:
        """Returns the results of `call` for each of `arguments`, in order."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of versions, newest first; the numbers of those in its range not recorded yet; and the next cursor."""

    versions: Sequence[Event]
    pending: Sequence[int]
    next_cursor: str | None


class History:
    """The versions of the events in the calendar of a request."""

    def __init__(self, store: HistoryStore, request: Request) -> None:
        """Reads the versions that `request` may see from `store`."""
        self._store = store
        self._calendar_id = request.calendar_id
        self._query = cursors.in_calendar("history", request.calendar_id)
        self._now_ms = request.now_ms

    def page(self, event_id: EventId, limit: int, cursor: str | None) -> Page:
        """Returns a page of versions, also of a deleted event. Raises NotFound, InvalidCursor."""
        before, above = self._position(event_id, cursor)
        versions, more, stored = self._store.page(self._calendar_id, event_id, limit, before)
        if cursor is None:
            # A change that bypasses the API leaves the live event with its old id; the version derived for it has a
            # later one.
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
            next_cursor = cursors.encode(self._query, facts)
        return Page(versions, self._pending(versions, above, complete=not more), next_cursor)

    def _position(self, event_id: EventId, cursor: str | None) -> tuple[HistoryId | None, int | None]:
        if cursor is None:
            return None, None
        facts = cursors.decode(self._query, cursor, ("event", "before", "version"))
        if facts["event"] != event_id:
            raise InvalidCursor(InvalidCursor.OTHER_QUERY)
        if not (ids.is_id(facts["before"]) and _NUMBER.fullmatch(facts["version"])):
            raise InvalidCursor
        return HistoryId(facts["before"]), int(facts["version"])

    def _pending(self, versions: Sequence[Event], above: int | None, *, complete: bool) -> list[int]:
        """Returns the version numbers that the page skips.

        Changes that bypass the API repeat a number; they are not gaps.
        """
        missing: list[int] = []
        for version in versions:
            number = version.stamp.version
            if above is not None and above - number > 1:
                missing.extend(range(above - 1, max(number, above - 1 - PENDING_SHOWN), -1))
            above = number
        # The oldest versions may have been removed by a sweep: they are pending only while the stream may deliver them.
        if complete and versions and above is not None and above > 1 and self._recent(versions[-1].history_id):
            missing.extend(range(above - 1, max(0, above - 1 - PENDING_SHOWN), -1))
        return missing[:PENDING_SHOWN]

    def _recent(self, history_id: HistoryId) -> bool:
        return self._now_ms - ids.milliseconds_of(history_id) < STREAM_RETENTION_MS

    def versions(self, event_id: EventId, *history_ids: HistoryId) -> list[Event]:
        """Returns the event at each of `history_ids`. Raises NotFound, NotRecordedYet."""
        recorded, stored = self._store.read(self._calendar_id, event_id, set(history_ids))
        if stored is not None:
            recorded.setdefault(stored.history_id, stored)
        return [recorded.get(each) or self._missing(event_id, each, stored) for each in history_ids]

    def _missing(self, event_id: EventId, history_id: HistoryId, stored: Event | None) -> Event:
        """Raises the error for a version that is not recorded.

        Raises:
            NotRecordedYet: there is a recent gap in the numbers at its place.
            NotFound: there is no such version.
        """
        older, newer = self._store.neighbours(self._calendar_id, event_id, history_id)
        if newer is None and stored is not None and stored.history_id > history_id:
            newer = stored
        before = older.stamp.version if older is not None else 0
        if newer is not None and newer.stamp.version - before > 1 and self._recent(history_id):
            raise NotRecordedYet("this version is on its way into the history")
        raise NotFound("version of this event")

    def as_of(self, event_id: EventId, moment_ms: int) -> Event:
        """Returns the event as of `moment_ms`, in milliseconds since 1970. No event existed before 1970.

        A version whose content is erased counts as none: the event did not exist.

        Raises:
            NotFound: the event did not exist then: it was not created yet, or was deleted.
            NotRecordedYet: the version of that time may not be recorded yet.
        """
        below = ids.derived_id(max(0, moment_ms + 1), 0)
        version, stored = self._store.newest(self._calendar_id, event_id, below)
        if stored is not None and stored.history_id < below:
            if version is None or version.history_id < stored.history_id:
                version = stored
        elif stored is not None and self._recent(below):
            number = version.stamp.version if version is not None else 0
            if stored.stamp.version - number > 1:
                # A version in between may be the right one: that is known only if it or its successor is recorded.
                _, newer = self._store.neighbours(self._calendar_id, event_id, below)
                if newer is None or newer.stamp.version - number > 1:
                    raise NotRecordedYet("the version of that time is on its way into the history")
        if version is None or version.deleted or version.erased:
            raise NotFound("event at that time")
        return version

    def to_compare(self, event_id: EventId, old: HistoryId | None, new: HistoryId | None) -> list[Event]:
        """Returns the event at versions `old` and `new`. Defaults: `new` is the latest, `old` the one before `new`.

        Raises:
            NotFound: there is no such version, or none before the first.
            NotRecordedYet: a version is not recorded yet.
            ContentErased.
        """
        return [with_content(each) for each in self._to_compare(event_id, old, new)]

    def _to_compare(self, event_id: EventId, old: HistoryId | None, new: HistoryId | None) -> list[Event]:
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
        """Returns `older`, the recorded version immediately before `later`.

        Raises:
            NotRecordedYet: a version between the two is not recorded yet.
            NotFound: there is no older version.
        """
        number = older.stamp.version if older is not None else 0
        if later.stamp.version - number > 1 and self._recent(later.history_id):
            raise NotRecordedYet("the version before that is on its way into the history")
        if older is None:
            raise NotFound("version before that")
        return older


def with_content(version: Event) -> Event:
    """Returns `version`, unless its content is erased. Raises ContentErased."""
    if version.erased:
        raise ContentErased
    return version
