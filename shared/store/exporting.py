"""Reads for an export: all that is stored of a user's calendar, page by page, and what identifies each position."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from shared.errors import InvalidCursor
from shared.identity.export import Batch, ExportPosition
from shared.ids import CalendarId, EventId, HistoryId, UserId
from shared.store import keys
from shared.store.batches import BATCH_GET_ITEMS, batch_get
from shared.store.codec import Item, event_of, text
from shared.store.faults import store_faults
from shared.store.history import BY_CALENDAR
from shared.store.identity_keys import profile_key
from shared.store.sessions import DynamoSessionStore
from shared.store.users import profile_of

if TYPE_CHECKING:
    from shared.identity.users import Profile, Session
    from shared.scheduling.events import Event
    from shared.store.client import Clients

# Of the events table, at up to some 30 KB each.
PAGE_EVENTS: Final = 200
_VERSION_PARTS: Final = 3


class Tables(Protocol):
    """The names of the tables."""

    @property
    def events_table(self) -> str:
        """Returns the name of the events table."""

    @property
    def history_table(self) -> str:
        """Returns the name of the history table."""

    @property
    def users_table(self) -> str:
        """Returns the name of the users table."""


class ExportStore:
    """The items of a calendar in the order of their keys, and its versions in that of their index.

    A position that a caller has made up is one in the same calendar: it names no partition.
    """

    def __init__(self, clients: "Clients", tables: "Tables") -> None:
        """Uses `tables`."""
        self._clients = clients
        self._events_table = tables.events_table
        self._history_table = tables.history_table
        self._users_table = tables.users_table

    def profile(self, user_id: UserId, _: ExportPosition) -> "Batch[Profile]":
        """Returns the profile of a user; none of a user of another identity provider."""
        with store_faults():
            response = self._clients.dynamodb.get_item(
                TableName=self._users_table, Key=profile_key(user_id), ConsistentRead=True
            )
        found = [profile_of(response["Item"])] if "Item" in response else []
        return Batch([((str(user_id),), profile) for profile in found], None)

    def sessions(self, user_id: UserId, _: ExportPosition) -> "Batch[Session]":
        """Returns the sessions of a user, which are few."""
        found = DynamoSessionStore(self._clients, self._users_table).of_user(user_id)
        return Batch([((str(session.family),), session) for session in found], None)

    def events(self, calendar_id: CalendarId, after: ExportPosition) -> "Batch[Event]":
        """Returns a page of the calendar's events, including deleted ones; strongly consistent. Raises InvalidCursor.

        Args:
            calendar_id: The calendar to read.
            after: The id of the event behind which the page begins; empty for the first page.
        """
        query: dict[str, Any] = {
            "TableName": self._events_table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :event)",
            "ExpressionAttributeValues": {":pk": text(keys.calendar(calendar_id)), ":event": text(keys.EVENT_PREFIX)},
            "ConsistentRead": True,
            "Limit": PAGE_EVENTS,
        }
        if after:
            (event_id,) = _checked(after, 1)
            query["ExclusiveStartKey"] = keys.event_key(calendar_id, EventId(event_id))
        with store_faults():
            page = self._clients.dynamodb.query(**query)
        last = page.get("LastEvaluatedKey")
        read = [((str(keys.event_id_in(item)),), item) for item in page["Items"]]
        return _batch(read, None if last is None else (str(keys.event_id_in(last)),))

    def versions(self, calendar_id: CalendarId, after: ExportPosition) -> "Batch[Event]":
        """Returns a page of the versions of the calendar's events, by when the event takes place. Raises InvalidCursor.

        The index is eventually consistent: a version appears some time after it was recorded.

        Args:
            calendar_id: The calendar to read.
            after: The event, the version and its index key behind which the page begins; empty for the first page.
        """
        query: dict[str, Any] = {
            "TableName": self._history_table,
            "IndexName": BY_CALENDAR,
            "KeyConditionExpression": "calendar = :calendar",
            "ExpressionAttributeValues": {":calendar": text(keys.calendar(calendar_id))},
            "Limit": BATCH_GET_ITEMS,
        }
        if after:
            event_id, history_id, span = _checked(after, _VERSION_PARTS)
            query["ExclusiveStartKey"] = {
                **keys.version_key(calendar_id, EventId(event_id), HistoryId(history_id)),
                "calendar": text(keys.calendar(calendar_id)),
                "span": text(span),
            }
        with store_faults():
            page = self._clients.dynamodb.query(**query)
        places = [{"pk": item["pk"], "sk": item["sk"]} for item in page["Items"]]
        found = batch_get(self._clients, {self._history_table: places})[self._history_table]
        stored = {keys.key_of(item): item for item in found}
        read = [(_position(item), stored[keys.key_of(item)]) for item in page["Items"] if keys.key_of(item) in stored]
        last = page.get("LastEvaluatedKey")
        return _batch(read, None if last is None else _position(last))


def _position(item: Item) -> ExportPosition:
    """Returns the position of a version in the index."""
    place = keys.event_of_partition(item["pk"]["S"])
    return ("" if place is None else place[1], item["sk"]["S"], item["span"]["S"])


def _checked(after: ExportPosition, parts: int) -> ExportPosition:
    """Returns `after` if DynamoDB accepts it in a key. Raises InvalidCursor."""
    if len(after) != parts or not all(after):
        raise InvalidCursor
    return after


def _batch(read: Sequence[tuple[ExportPosition, Item]], after: ExportPosition | None) -> "Batch[Event]":
    return Batch([(position, _readable(item)) for position, item in read], after)


def _readable(item: Item) -> "Event | None":
    try:
        return event_of(item)
    except (KeyError, TypeError, ValueError):
        return None
