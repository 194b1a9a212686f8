"""The index of the events by span: pages of the length classes, of the series, and of what was deleted."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.ids import CalendarId, EventId, HistoryId
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ClassPage, DeletedPage
from shared.store import keys
from shared.store.client import Clients
from shared.store.codec import Item, event_of, number, text
from shared.store.faults import store_faults

INDEX: Final = "by_span"
# How far the rules of a time zone may move a local time after a series was stored, in seconds.
SERIES_SLACK: Final = 24 * 3600
# An item written by a script may lack `transparency`: then it is opaque, as events are by default.
_TAKES_TIME: Final = "NOT transparency = :transparent"
_TRANSPARENT: Final = {":transparent": text("transparent")}


class EventRanges:
    """The reads of ranges of the index. Every method names a calendar, and accesses its partition only."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Reads the events table of name `table`."""
        self._clients = clients
        self._table = table

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        """Returns one page per range, read concurrently: those of the next `limit` events that end after `start`.

        An event of length zero that begins at `start` is included (`Interval.overlaps` is the rule). A page is limited
        to 1 MB before filtering, whatever `limit` is. With `opaque`, transparent events are left out.
        """
        reads = [(each, start) for each in ranges]
        return list(self._clients.pool.map(self._reader(calendar_id, limit, opaque=opaque), reads))

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
        """Returns what `read_ranges` does, and all series that take place in `window`, at least; read concurrently."""
        series = self._clients.pool.submit(self._series, calendar_id, window, opaque=opaque)
        pages = self.read_ranges(calendar_id, ranges, start, limit, opaque=opaque)
        return pages, series.result()

    def _series(self, calendar_id: CalendarId, window: Interval, *, opaque: bool) -> list[Event]:
        """Returns the series whose extents, as they were stored, overlap `window` or come close to it.

        They are by local times, so a change of the rules of a time zone moves them; what is stored stays. With `opaque`
        those are left out of which no occurrence takes its time.
        """
        keys_read = keys.series_range(shifted(window.start, -SERIES_SLACK))
        # One that a script has written may lack when it starts.
        extra: dict[str, Any] = {
            "FilterExpression": "(attribute_not_exists(series_start) OR series_start < :before)",
        }
        values: Item = {":before": text(shifted(window.end, SERIES_SLACK))}
        found: dict[EventId, Event] = {}
        while True:
            events, last = self._page(calendar_id, keys_read, values, extra)
            # The range begins with the last one that was read before.
            found |= {event.id: event for event in events if event.content.busy or not opaque}
            if last is None:
                return [*found.values()]
            keys_read = replace(keys_read, low=last)

    def read_each(
        self, calendar_id: CalendarId, reads: Sequence[tuple[ClassRange, Instant]], limit: int
    ) -> list[ClassPage[Event]]:
        """Returns a page of each range, read concurrently: its opaque events that end after the instant beside it."""
        return list(self._clients.pool.map(self._reader(calendar_id, limit, opaque=True), reads))

    def _reader(
        self, calendar_id: CalendarId, limit: int, *, opaque: bool
    ) -> Callable[[tuple[ClassRange, Instant]], ClassPage[Event]]:
        """Returns a function that reads a page of a range: the events that end after, or begin at, an instant."""
        extra: dict[str, Any] = {
            "FilterExpression": "(#end > :start OR #start >= :start)",
            "ExpressionAttributeNames": {"#end": "end", "#start": "start"},
            "Limit": limit,
        }
        values: Item = {}
        if opaque:
            extra["FilterExpression"] += f" AND {_TAKES_TIME}"
            values |= _TRANSPARENT

        def page(read: tuple[ClassRange, Instant]) -> ClassPage[Event]:
            each, start = read
            events, last = self._page(calendar_id, keys.class_range(each), {":start": text(start), **values}, extra)
            return ClassPage(events, keys.position_in(last) if last else None)

        return page

    def deleted(self, calendar_id: CalendarId, now: int, limit: int, before: HistoryId | None) -> DeletedPage:
        """Returns a page of the deleted events that can still be restored, latest deletion first.

        What was managed from another calendar is restored there, and not listed here.

        Args:
            calendar_id: The calendar to list.
            now: The time, in seconds since 1970 (UTC), at which an event must still be restorable.
            limit: How many index entries to read at most.
            before: The history_id of the last deletion that the previous page has read; None for the first page.
        """
        extra: dict[str, Any] = {
            "FilterExpression": "expires_at > :now AND attribute_not_exists(home)",
            "Limit": limit,
        }
        events, last = self._page(calendar_id, keys.deleted_range(before), {":now": number(now)}, extra)
        return DeletedPage(events, keys.deleted_in(last) if last else None)

    def _page(
        self, calendar_id: CalendarId, keys_read: keys.KeyRange, values: Item, extra: dict[str, Any]
    ) -> tuple[list[Event], str | None]:
        """Returns a page of a range of the index, and the last index key that was read; None after the last page."""
        with store_faults():
            page = self._clients.dynamodb.query(
                TableName=self._table,
                IndexName=INDEX,
                ConsistentRead=True,
                ScanIndexForward=not keys_read.backward,
                KeyConditionExpression="pk = :pk AND span BETWEEN :low AND :high",
                ExpressionAttributeValues={
                    ":pk": text(keys.calendar(calendar_id)),
                    ":low": text(keys_read.low),
                    ":high": text(keys_read.high),
                    **values,
                },
                **extra,
            )
        last = page.get("LastEvaluatedKey")
        return [event_of(item) for item in page["Items"]], last["span"]["S"] if last else None
