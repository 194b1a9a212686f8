"""A calendar in memory, read as DynamoDB reads its index: a page has `limit` keys, and is filtered then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.ids import CalendarId, EventId
from shared.scheduling.access import OWNER as OWNER_GRANT
from shared.scheduling.access import Grant
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ClassPage
from shared.store import keys
from tests.harness.samples import OWNER


@dataclass
class InMemory:
    """The live events of one calendar. A page ends after `largest` keys, as after a megabyte.

    `queries` counts the pages of each read. `looked_up` is what a look for single events finds, where that is another
    thing than what a range shows.
    """

    events: Sequence[Event]
    largest: int = 2000
    queries: list[int] = field(default_factory=list)
    looked_up: dict[EventId, Event] | None = None
    grant: Grant = OWNER_GRANT

    @property
    def reads(self) -> int:
        """How often ranges were read, each time side by side."""
        return len(self.queries)

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
        series = [each for each in self.events if each.content.recurrence is not None]
        there = [each for each in series if each.content.extent.overlaps(window) and (each.content.busy or not opaque)]
        return self.read_ranges(calendar_id, ranges, start, limit, opaque=opaque), there

    def read_each(
        self, calendar_id: CalendarId, reads: Sequence[tuple[ClassRange, Instant]], limit: int
    ) -> list[ClassPage[Event]]:
        return [self.read_ranges(calendar_id, [each], start, limit, opaque=True)[0] for each, start in reads]

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        assert calendar_id == OWNER
        assert ranges, "a round that reads nothing"
        self.queries.append(len(ranges))
        limit = min(limit, self.largest)
        indexed = sorted(((keys.span(each), each) for each in self.events), key=lambda pair: pair[0])
        pages = []
        for one in map(keys.class_range, ranges):
            assert one.low <= one.high, "DynamoDB refuses such a range"
            inside = [(key, each) for key, each in indexed if one.low <= key <= one.high]
            page = (inside[::-1] if one.backward else inside)[:limit]
            read_up_to = keys.position_in(page[-1][0]) if len(inside) >= limit and page else None
            lasting = [each for _, each in page if each.content.end > start or each.content.start >= start]
            shown = [each for each in lasting if each.content.opaque or not opaque]
            pages.append(ClassPage(shown, read_up_to))
        return pages

    def admit(self) -> None:
        """It is the caller's own."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        assert calendar_id == OWNER
        there = {each.id: each for each in self.events} if self.looked_up is None else self.looked_up
        return {each: there[each] for each in event_ids if each in there}
