"""A calendar in memory, read as DynamoDB reads its index: a page has `limit` keys, and is filtered then."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.spans import SpanRange, span
from shared.scheduling.windows import ClassPage
from tests.samples import OWNER


@dataclass
class InMemory:
    """The live events of one calendar."""

    events: Sequence[Event]
    reads: int = 0

    def read_ranges(self, owner: str, ranges: Sequence[SpanRange], start: Instant, limit: int) -> list[ClassPage]:
        assert owner == OWNER
        self.reads += 1
        keys = sorted(((span(e.content.start, e.content.end, e.id), e) for e in self.events), key=lambda pair: pair[0])
        pages = []
        for one in ranges:
            inside = [(key, each) for key, each in keys if one.low <= key <= one.high]
            page = inside[:limit]
            read_up_to = page[-1][0] if len(inside) >= limit and page else None
            pages.append(
                ClassPage(
                    [each for _, each in page if each.content.end > start or each.content.start >= start], read_up_to
                )
            )
        return pages
