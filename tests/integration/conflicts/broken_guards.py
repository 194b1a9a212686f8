"""What others build instead of the guard, and what the guard would be with one of its rules left out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from shared.errors import COLLISIONS_SHOWN
from shared.ids import CalendarId, EventId
from shared.scheduling import conflicts
from shared.scheduling.events import Event
from shared.scheduling.fences import FENCES, Fence, FenceEntry, fence_names
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange, overlap_ranges
from shared.scheduling.quotas import Usage
from shared.scheduling.range_reader import LARGEST_PAGE, ClassPage
from shared.store.events import DynamoEventStore


class CheckThenInsert(DynamoEventStore):
    """Looks for conflicts and then writes the event, still on condition of its version: no fence is minded."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:  # noqa: ARG002
        self.put(event, previous)


class FirstFenceOnly(DynamoEventStore):
    """Moves the fence of the first week only."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        super().put_guarded(event, previous, fences[:1])


class FencesAgain(DynamoEventStore):
    """Minds the fences as they are when it writes, and not as they were before it looked for conflicts.

    In between, `pause` runs.
    """

    pause: Callable[[], object] = staticmethod(lambda: None)

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        self.pause()
        _, late, _ = self.read_guarded(event.calendar_id, None, [each.name for each in fences])
        super().put_guarded(event, previous, late)


class FencesLast(DynamoEventStore):
    """Reads the fences when it has already looked for conflicts; in between, `pause` runs."""

    pause: Callable[[], object] = staticmethod(lambda: None)
    wanted: Interval

    def read_guarded(
        self, calendar_id: CalendarId, event_id: EventId | None, names: Sequence[str]
    ) -> tuple[Event | None, list[Fence], Usage | None]:
        ranges = overlap_ranges(self.wanted, backward=True)
        self._found = super().read_ranges(calendar_id, ranges, self.wanted[0], LARGEST_PAGE, opaque=True)
        self.pause()
        return super().read_guarded(calendar_id, event_id, names)

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        wanted = overlap_ranges(self.wanted, backward=True)
        assert (ranges, start, opaque) == (wanted, self.wanted[0], True), (calendar_id, limit)
        assert all(page.read_up_to is None for page in self._found)
        return self._found


class StartsWithin(DynamoEventStore):
    """Minds only what begins within the interval, and not what is still going on."""

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        pages = super().read_ranges(calendar_id, ranges, start, limit, opaque=opaque)
        if not opaque:
            return pages
        return [replace(page, found=[each for each in page.found if each.content.start >= start]) for page in pages]


class SeriesBeginWithin(DynamoEventStore):
    """Minds only those series whose first occurrence is within the interval."""

    def read_with_series(
        self,
        calendar_id: CalendarId,
        ranges: Sequence[ClassRange],
        start: Instant,
        limit: int,
        window: Interval,
        *,
        opaque: bool = False,
    ) -> tuple[list[ClassPage[Event]], list[Event]]:
        pages, series = super().read_with_series(calendar_id, ranges, start, limit, window, opaque=opaque)
        return pages, [each for each in series if not opaque or each.content.start >= window.start]


class FirstPages(DynamoEventStore):
    """Reads no page of a query but the first."""

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        pages = super().read_ranges(calendar_id, ranges, start, limit, opaque=opaque)
        return [replace(page, read_up_to=None) for page in pages]


def hasty(
    store: conflicts.ConflictStore,
    event: Event,
    interval: Interval,
    found: Mapping[EventId, Event],
    fences: Sequence[Fence],
    besides: EventId | None = None,
    standing: Callable[..., list[Event]] = conflicts.standing,
) -> list[Event]:
    """Refuses as soon as it has found enough, and does not ask whether that still stands."""
    return (
        [*found.values()] if len(found) > COLLISIONS_SHOWN else standing(store, event, interval, found, fences, besides)
    )


def fences_by_steps(interval: Interval) -> list[str]:
    """The fences of an interval, stepping by seven days from its start: the week of its end is easily missed."""
    at, names = interval.start, []
    while at < interval.end:
        names += fence_names(Interval(at, shifted(at, 1)))
        at = shifted(at, 7 * 86_400)
    return names[:FENCES]


def nothing_remembered(fences: Iterable[Fence], interval: Interval) -> dict[EventId, FenceEntry]:  # noqa: ARG001
    """What the fences remember, unheeded."""
    return {}


# Those that a race can be run with.
STORES: dict[str, type[DynamoEventStore]] = {
    "guarded": DynamoEventStore,
    "check-then-insert": CheckThenInsert,
    "the first fence only": FirstFenceOnly,
    "fences read late": FencesAgain,
}
