"""The history table's items that count what each calendar holds."""

from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import fields
from typing import Final

from shared.errors import AnswerLost, Contended, StoreFault, Throttled
from shared.ids import CalendarId
from shared.retries import Deadline
from shared.scheduling.quotas import Usage
from shared.store import keys
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.faults import store_faults

# The attributes that count have the names of what they count.
_COUNTED: Final = [each.name for each in fields(Usage)]
_ADD: Final = "ADD " + ", ".join(f"{name} :{name}" for name in _COUNTED)


def _values(growth: Usage) -> Item:
    return {f":{name}": number(getattr(growth, name)) for name in _COUNTED}


class DynamoUsageStore:
    """What calendars hold: added to by whoever records changes, and corrected by the check of all events."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the history table of name `table`."""
        self._clients = clients
        self._table = table

    def read(self, calendar_id: CalendarId) -> Usage:
        """Returns what the calendar holds as far as it is counted: one strongly consistent GetItem."""
        return self.read_to_correct(calendar_id)[0]

    def read_to_correct(self, calendar_id: CalendarId) -> tuple[Usage, str]:
        """Returns what `read` does, and the id of the latest correction; empty if there was none."""
        with store_faults():
            response = self._clients.dynamodb.get_item(
                TableName=self._table, Key=keys.usage_key(calendar_id), ConsistentRead=True
            )
        item = response.get("Item")
        return usage_of(item), item["corrected"]["S"] if item and "corrected" in item else ""

    def add(self, growth: Mapping[CalendarId, Usage], deadline: Deadline) -> list[Future[bool]]:
        """Starts to add to what each calendar holds, one UpdateItem each, concurrently.

        Each result is whether it was added, as far as is known: what was not, the next correction adds. An update
        without a response is not sent again, since it may have been applied.
        """
        return [self._clients.pool.submit(self._add, *each, deadline) for each in growth.items()]

    def _add(self, calendar_id: CalendarId, growth: Usage, deadline: Deadline) -> bool:
        def update() -> None:
            with store_faults():
                self._clients.dynamodb_once.update_item(
                    TableName=self._table,
                    Key=keys.usage_key(calendar_id),
                    UpdateExpression=_ADD,
                    ExpressionAttributeValues=_values(growth),
                )

        with suppress(StoreFault):
            deadline.retry(update, on=Throttled)
            return True
        return False

    def correct(self, calendar_id: CalendarId, growth: Usage, after: str, correction: str) -> bool:
        """Adds `growth` and notes the id `correction`, unless there was a correction since the one of id `after`.

        Returns:
            Whether it was added. If the response is lost, it may have been.

        Raises:
            Throttled.
        """
        condition = "corrected = :after" if after else "attribute_not_exists(corrected)"
        values = {**_values(growth), ":correction": text(correction)}
        with suppress(Contended, AnswerLost), store_faults():
            self._clients.dynamodb_once.update_item(
                TableName=self._table,
                Key=keys.usage_key(calendar_id),
                UpdateExpression=f"{_ADD} SET corrected = :correction",
                ConditionExpression=condition,
                ExpressionAttributeValues={**values, ":after": text(after)} if after else values,
            )
            return True
        return False


def usage_of(item: Item | None) -> Usage:
    """Returns what a calendar's usage item has counted: nothing without an item. It may have drifted below 0."""
    return Usage(*(int(item[name]["N"]) if item and name in item else 0 for name in _COUNTED))
