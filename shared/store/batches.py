"""BatchGetItem and BatchWriteItem, with their limits and their partial responses."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from shared.errors import Throttled
from shared.store.client import Clients
from shared.store.codec import Item
from shared.store.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
BATCH_GET_ITEMS: Final = 100
BATCH_WRITE_ITEMS: Final = 25
MAX_EMPTY_ROUNDS: Final = 5


def batch_get(
    clients: Clients, wanted: Mapping[str, Sequence[Item]], beside: tuple[str, Sequence[Item]] | None = None
) -> dict[str, list[Item]]:
    """Returns the items that exist among `wanted`; strongly consistent, in no particular order.

    Makes one call per hundred keys, and further calls for what a response leaves unprocessed (a response is limited to
    16 MB).

    Args:
        clients: The clients to call with.
        wanted: The keys to read, by table.
        beside: A few keys of another table that every call reads again. None of the items of `wanted` was read by a
            later call than these.

    Returns:
        The items found, by table.

    Raises:
        Throttled: MAX_EMPTY_ROUNDS calls in a row returned nothing.
        AnswerLost: A call got no response.
    """
    found: dict[str, list[Item]] = {table: [] for table in wanted}
    pairs = list(chain.from_iterable(((table, key) for key in table_keys) for table, table_keys in wanted.items()))
    always = [(beside[0], key) for key in beside[1]] if beside else []
    missing = bool(always)
    rounds = 0
    while pairs or missing:
        size = BATCH_GET_ITEMS - len(always)
        chunk, pairs = [*always, *pairs[:size]], pairs[size:]
        request: dict[str, Any] = {}
        for table, key in chunk:
            request.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
        with store_faults():
            response = clients.dynamodb.batch_get_item(RequestItems=request)
        if beside:
            found[beside[0]] = []  # what an earlier call has read is older than what this one has
        for table, items in response["Responses"].items():
            found[table].extend(items)
        left = [(table, key) for table, each in response.get("UnprocessedKeys", {}).items() for key in each["Keys"]]
        rounds = rounds + 1 if len(left) == len(chunk) else 0
        if rounds == MAX_EMPTY_ROUNDS:
            raise Throttled("UnprocessedKeys")
        missing = any(each in always for each in left)
        pairs += [each for each in left if each not in always]
    return found


def batch_write(client: "DynamoDBClient", table: str, items: Sequence[Item]) -> list[Item]:
    """Puts `items`, at most 25, in one call.

    Returns:
        The items that the database did not process because of its load.

    Raises:
        Throttled: The database rejected the whole call because of its load.
        AnswerLost: The call got no response: any of the items may have been written.
    """
    with store_faults():
        response = client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})
    return [request["PutRequest"]["Item"] for request in response.get("UnprocessedItems", {}).get(table, [])]


def batch_delete(client: "DynamoDBClient", table: str, keys: Sequence[Item]) -> list[Item]:
    """Deletes the items at `keys`, at most 25, in one call. Raises what `batch_write` raises.

    Returns:
        The keys that the database did not process because of its load. A key without an item is not an error.
    """
    with store_faults():
        response = client.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key}} for key in keys]})
    return [request["DeleteRequest"]["Key"] for request in response.get("UnprocessedItems", {}).get(table, [])]
