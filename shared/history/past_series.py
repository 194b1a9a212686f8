"""The series of a calendar as of a moment in the past, and their occurrences in a window.

The index of all versions yields those that were series and ended after the window began. Of each series the newest of
them below the moment is what it was, unless a version in between is not among them: then it was deleted, had ended or
was no series. That is looked up, at two reads each, only for series that have changed since and are on the page.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Final, Protocol

from shared.history.past_states import IndexedVersions, behind, state_from
from shared.ids import CalendarId, EventId, HistoryId
from shared.scheduling.events import Event
from shared.scheduling.length_classes import Position
from shared.scheduling.window_reader import Expansion, position_of
from shared.scheduling.windows import Window

# A version of a series.
SeriesVersion = tuple[EventId, HistoryId]
# The most series that one request looks up: each of the longest page, and one that shows whether there is a next page.
SERIES_LOOK_UPS: Final = 101


class SeriesStore(Protocol):
    """The reads of the history table that the series of a past calendar need."""

    def versions(self, calendar_id: CalendarId, wanted: Sequence[SeriesVersion]) -> list[Event]:
        """Returns those of `wanted` that are recorded, strongly consistent."""


class PastReader(Protocol):
    """A look-up of what events were at the moment."""

    def __call__(self, event_ids: Sequence[EventId], /) -> Iterable[Event | None]:
        """Returns the event of each id as it was; None if it did not exist."""


class PastSeries:
    """The series of a window as of a moment. Those whose state is certain are in `_sure`."""

    def __init__(self, window: Window, moment_ms: int, look_up: PastReader) -> None:
        """Lists series of `window` as of `moment_ms`; `look_up` finds what an event was then."""
        self._window = window
        self._moment_ms = moment_ms
        self._look_up = look_up
        self._sure: set[EventId] = set()
        self._states: dict[EventId, Event] = {}

    def read(
        self,
        store: SeriesStore,
        calendar_id: CalendarId,
        versions: Iterable[SeriesVersion],
        stored: Mapping[EventId, Event],
    ) -> None:
        """Finds what the series with these `versions` probably were: one call for a hundred that have changed since.

        Args:
            store: Reads versions.
            calendar_id: The calendar.
            versions: All versions that were series and ended after the window began.
            stored: The events that have such versions, as they are now.
        """
        of_each: dict[EventId, list[HistoryId]] = {}
        for event_id, history_id in versions:
            of_each.setdefault(event_id, []).append(history_id)
        after = behind(max(0, self._moment_ms))
        doubtful: list[SeriesVersion] = []
        for event_id, history_ids in of_each.items():
            known = IndexedVersions(min(history_ids), max(history_ids))
            decided, state = state_from(stored.get(event_id), known, self._moment_ms)
            if decided and (state is None or state.deleted):
                continue
            # One whose recurrence was removed around the API has kept its id, and is a series in the index alone.
            if decided and state is not None and state.content.recurrence is not None:
                self._sure.add(event_id)
                self._states[event_id] = state
            elif below := [each for each in history_ids if each < after]:
                doubtful.append((event_id, max(below)))
        if doubtful:
            self._states |= {
                each.id: each
                for each in store.versions(calendar_id, doubtful)
                if each.content.recurrence is not None and not each.erased
            }

    def merged(
        self, events: Sequence[Event], horizon: Position | None, limit: int
    ) -> tuple[list[Event], Position | None]:
        """Returns `events`, which are known up to `horizon`, with the occurrences of the series among them, in order.

        There are at least `limit` and one of them before the limit up to which all are known, unless that is due to the
        events, the longest time that a page goes through, or SERIES_LOOK_UPS. Raises NotRecordedYet.
        """
        left, refuted = SERIES_LOOK_UPS, 0
        resolved = (self._window.interval.start, EventId(""))
        while True:
            # More are looked up at once the fewer of the previous ones were what they seemed to be.
            wanted = limit + 1 + refuted * 4
            found, known_until = self._expanded(events, horizon, wanted)
            page, doubtful = found[: limit + 1], self._doubtful(found[:wanted])
            missing = self._doubtful(page)
            if not missing:
                return found, known_until
            if len(missing) > left:
                return _up_to(found, resolved), resolved
            # From here on everything up to the end of this page is certain: so the next one begins behind it at least.
            resolved = position_of(page[-1])
            doubtful = doubtful[:left]
            left -= len(doubtful)
            for event_id, state in zip(doubtful, self._look_up(doubtful), strict=True):
                self._sure.add(event_id)
                seemed = self._states.pop(event_id)
                refuted += state is None or state.history_id != seemed.history_id
                if state is not None and state.content.recurrence is not None:
                    self._states[event_id] = state

    def _doubtful(self, listed: Iterable[Event]) -> list[EventId]:
        """Returns the series of which occurrences are among `listed` that were not looked up yet, in order."""
        occurring = (each.stored_id for each in listed if each.stored_id in self._states)
        return [each for each in dict.fromkeys(occurring) if each not in self._sure]

    def _expanded(
        self, events: Sequence[Event], horizon: Position | None, wanted: int
    ) -> tuple[list[Event], Position | None]:
        expansion = Expansion([*self._states.values()], self._window.interval, self._window.after, opaque=False)
        known_until = expansion.read_up_to(horizon, wanted)
        if known_until is None or (horizon is not None and horizon < known_until):
            known_until = horizon
        found = list(heapq.merge(events, expansion.found, key=position_of))
        return found if known_until is None else _up_to(found, known_until), known_until


def _up_to(events: Iterable[Event], horizon: Position) -> list[Event]:
    return list(takewhile(lambda event: position_of(event) <= horizon, events))
