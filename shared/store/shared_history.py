"""The history table for a calendar that is not the caller's own: each read checks what the calendar grants them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.scheduling.events import Event
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ClassPage
from shared.store.history import DynamoHistoryStore
from shared.store.shared_events import SharedEventStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.history.past_series import SeriesVersion
    from shared.history.time_travel import Placed
    from shared.scheduling.access import Grant
    from shared.scheduling.instants import Instant
    from shared.store.access import GrantReader
    from shared.store.client import Clients
    from shared.store.codec import Item


class SharedHistoryStore(DynamoHistoryStore):
    """The versions of the events of one calendar, as far as its `grants` let the caller read them."""

    def __init__(self, clients: "Clients", table: str, events_table: str, grants: "GrantReader") -> None:
        """Uses the tables that `DynamoHistoryStore` uses."""
        super().__init__(clients, table, events_table)
        self._shared = SharedEventStore(clients, events_table, None, grants)
        self._events = self._shared
        self._grants = grants

    def _read_items(self, tables: "Mapping[str, Sequence[Item]]") -> "dict[str, list[Item]]":
        return self._grants.read(tables)

    def read(
        self, calendar_id: CalendarId, event_id: EventId, history_ids: Iterable[HistoryId]
    ) -> tuple[dict[HistoryId, Event], Event | None]:
        """Returns which of `history_ids` are recorded, and the live event, as far as the caller may read them."""
        versions, stored = super().read(calendar_id, event_id, history_ids)
        readable = {each.history_id: each for each in self._shared.readable(versions.values())}
        return readable, next(iter(self._shared.readable([stored] if stored else [])), None)

    def _with_stored(
        self, calendar_id: CalendarId, event_id: EventId, limit: int, below: HistoryId | None
    ) -> tuple[list[Event], bool, Event | None]:
        versions, more, stored = super()._with_stored(calendar_id, event_id, limit, below)
        self._grants.renew()
        return self._shared.readable(versions), more, stored

    def neighbours(
        self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId
    ) -> tuple[Event | None, Event | None]:
        """Returns the recorded versions just before and just after `history_id`, if the caller may read them."""
        either = super().neighbours(calendar_id, event_id, history_id)
        self._grants.renew()
        older, newer = (next(iter(self._shared.readable([each] if each else [])), None) for each in either)
        return older, newer

    def read_positions(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int
    ) -> "list[ClassPage[Placed]]":
        """Returns what `DynamoHistoryStore.read_positions` does: positions, of events that have to be read then."""
        read = super().read_positions
        return self._grants.beside(lambda: read(calendar_id, ranges, limit))

    def read_positions_and_series(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int, start: "Instant"
    ) -> "tuple[list[ClassPage[Placed]], list[SeriesVersion]]":
        """Returns what `DynamoHistoryStore.read_positions_and_series` does: of events that have to be read then."""
        read = super().read_positions_and_series
        return self._grants.beside(lambda: read(calendar_id, ranges, limit, start))

    def versions(self, calendar_id: CalendarId, wanted: "Sequence[SeriesVersion]") -> list[Event]:
        """Returns those of `wanted` that are recorded and that the caller may read."""
        return self._shared.readable(super().versions(calendar_id, wanted))

    def first(self, event: Event) -> Event | None:
        """Returns the oldest recorded version since the creation of `event`, if the caller may read it."""
        return self._readable(super().first(event))

    def before(self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId) -> Event | None:
        """Returns the newest recorded version of the event before `history_id`, if the caller may read it."""
        return self._readable(super().before(calendar_id, event_id, history_id))

    def _readable(self, version: Event | None) -> Event | None:
        self._grants.renew()
        return next(iter(self._shared.readable([version] if version else [])), None)

    def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        """Returns the stored events among `event_ids` that the caller may read, including deleted ones."""
        found = super().stored(calendar_id, event_ids)
        return {event.id: event for event in self._shared.readable(found.values())}

    @property
    def grant(self) -> "Grant":
        """Returns what the calendar granted when it was last read; nothing before."""
        return self._grants.grant

    def operation(self, calendar_id: CalendarId, operation_id: OperationId) -> list[tuple[EventId, HistoryId]]:
        """Returns the versions that the operation made in the calendar: ids, of events that have to be read then."""
        read = super().operation
        return self._grants.beside(lambda: read(calendar_id, operation_id))
