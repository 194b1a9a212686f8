"""Stores that show less than there is, and stores with one rule of the guard left out, for races of series."""

import random
import time
from collections.abc import Sequence
from typing import Any, Final

from shared import ids
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence, fence_names
from shared.store import keys
from shared.store.bookings import DynamoBookingStore
from shared.store.codec import Item
from shared.store.events import DynamoEventStore
from shared.store.shared_events import SharedEventStore
from tests.integration.sharing.series_races import Stores

# How young an event is, in milliseconds, that a Query does not show.
YOUNG: Final = (60, 150)


class _HidesYoung(DynamoEventStore):
    """Its Queries do not show what was written a moment ago: the index has not caught up."""

    def _page(
        self, calendar_id: Any, keys_read: keys.KeyRange, values: Item, extra: dict[str, Any]
    ) -> tuple[list[Event], str | None]:
        events, last = super()._page(calendar_id, keys_read, values, extra)
        before = time.time_ns() // 1_000_000 - random.choice(YOUNG)  # noqa: S311 not for secrets
        return [each for each in events if ids.milliseconds_of(each.history_id) < before], last


class _HidesYoungOfOthers(_HidesYoung, SharedEventStore):
    pass


class _HidesYoungOfBookings(_HidesYoung, DynamoBookingStore):
    pass


class _FirstOccurrence(DynamoEventStore):
    """Moves the fences of the first occurrence of a series alone."""

    def _guarded_put(self, pairs: Sequence[tuple[Event, Event | None]], fences: Sequence[Fence]) -> list[Any]:
        names = fence_names(pairs[0][0].content.interval)
        return super()._guarded_put(pairs, [each for each in fences if each.name in names])


class _FirstOccurrenceOfOthers(_FirstOccurrence, SharedEventStore):
    pass


class _FirstOccurrenceOfBookings(_FirstOccurrence, DynamoBookingStore):
    pass


class _LateFences(DynamoEventStore):
    """Minds the fences as they are when it writes, and not as they were before it looked for conflicts."""

    def _guarded_put(self, pairs: Sequence[tuple[Event, Event | None]], fences: Sequence[Fence]) -> list[Any]:
        _, late, _ = self.read_guarded(pairs[0][0].calendar_id, None, [each.name for each in fences])
        return super()._guarded_put(pairs, late)


class _LateFencesOfOthers(_LateFences, SharedEventStore):
    pass


class _LateFencesOfBookings(_LateFences, DynamoBookingStore):
    pass


class SplitUnfenced(DynamoBookingStore):
    """Moves no fence where a series is split: no time is new, it only goes from one item to another."""

    def _guarded_put(self, pairs: Sequence[tuple[Event, Event | None]], fences: Sequence[Fence]) -> list[Any]:
        return super()._guarded_put(pairs, fences if len(pairs) == 1 else ())


HIDING: Final[Stores] = (_HidesYoung, _HidesYoungOfOthers, _HidesYoungOfBookings)
FIRST_OCCURRENCE: Final[Stores] = (_FirstOccurrence, _FirstOccurrenceOfOthers, _FirstOccurrenceOfBookings)
LATE: Final[Stores] = (_LateFences, _LateFencesOfOthers, _LateFencesOfBookings)
