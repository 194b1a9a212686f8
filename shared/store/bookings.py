"""The tables of events and of access, for events on several calendars: each call reads or writes all of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.ids import CalendarId, EventId
from shared.scheduling.access import CalendarAccess
from shared.scheduling.booking_items import PlaceRead, PlaceWrite
from shared.store import keys
from shared.store.access import GrantAge, GrantReader, grant_keys, grant_of
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import Item, event_of
from shared.store.events import DynamoEventStore
from shared.store.faults import store_faults
from shared.store.fence_items import fence_of
from shared.store.usage import usage_of


class DynamoBookingStore(DynamoEventStore):
    """The events of several calendars. Whether the caller may see or change them is for `PlaceRead.grant` to say."""

    def __init__(
        self,
        clients: Clients,
        table: str,
        usage_table: str | None,
        access_table: str,
        monotonic: Callable[[], float],
    ) -> None:
        """Uses the tables of these names, as `DynamoEventStore` does; `monotonic` is a clock in seconds."""
        super().__init__(clients, table, usage_table)
        self._access_table = access_table
        self._monotonic = monotonic
        self._age = GrantAge(monotonic)

    @property
    def fresh(self) -> bool:
        """Returns whether the grants were read at most a second ago."""
        return self._age.fresh

    def read_places(
        self, event_id: EventId, accesses: Sequence[CalendarAccess], names: Mapping[CalendarId, Sequence[str]]
    ) -> dict[CalendarId, PlaceRead]:
        """Returns the calendars of `accesses`: what they hold of the event, the fences of `names`, and the grants.

        Makes one BatchGetItem, and one more for every hundred keys. Every call reads the grants again, so none of them
        is older than what it allows.
        """
        wanted: dict[str, list[Item]] = {
            self._table: [
                key
                for access in accesses
                for key in (
                    keys.event_key(access.calendar_id, event_id),
                    *(keys.fence_key(access.calendar_id, name) for name in names[access.calendar_id]),
                )
            ]
        }
        if self._usage_table is not None:
            wanted[self._usage_table] = [keys.usage_key(access.calendar_id) for access in accesses]
        granting = [key for access in accesses if not access.own for key in grant_keys(access)]
        started = self._monotonic()
        found = batch_get(self._clients, wanted, (self._access_table, granting) if granting else None)
        self._age.read_at = started
        held = {keys.key_of(item): item for items in found.values() for item in items}
        return {
            access.calendar_id: self._place(access, event_id, names[access.calendar_id], held) for access in accesses
        }

    def _place(
        self, access: CalendarAccess, event_id: EventId, names: Sequence[str], held: Mapping[Any, Item]
    ) -> PlaceRead:
        calendar_id = access.calendar_id

        def at(key: Item) -> Item | None:
            return held.get(keys.key_of(key))

        event = at(keys.event_key(calendar_id, event_id))
        return PlaceRead(
            access,
            grant_of([item for key in grant_keys(access) if (item := at(key)) is not None]),
            event_of(event) if event is not None else None,
            {name: fence_of(name, at(keys.fence_key(calendar_id, name))) for name in names},
            None if self._usage_table is None else usage_of(at(keys.usage_key(calendar_id))),
        )

    def write_places(self, writes: Sequence[PlaceWrite]) -> None:
        """Writes all of it in one TransactWriteItems, if each calendar is as it was read, and the caller still may.

        Raises Contended, Throttled, AnswerLost, CalendarFull.
        """
        actions = [action for write in writes for action in self._actions(write)]
        with store_faults():
            self._clients.dynamodb.transact_write_items(TransactItems=actions)

    def _actions(self, write: PlaceWrite) -> list[Any]:
        split_off = [] if write.split_off is None else [(write.split_off.event, write.split_off.previous)]
        actions = self._guarded_put([(write.event, write.place.event), *split_off], write.fences)
        if write.right is None or write.place.access.own:
            return actions
        grants = GrantReader(self._clients, self._access_table, write.place.access, self._monotonic)
        grants.grant = write.place.grant
        return [*actions, *grants.held(write.right, allowing=write.allowing)]
