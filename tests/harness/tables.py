"""Tables that several tests share, one after another."""

from collections.abc import Iterable

from shared.store.batches import BATCH_WRITE_ITEMS, batch_delete
from shared.store.client import Clients
from shared.store.codec import Item


def empty(clients: Clients, tables: Iterable[str]) -> None:
    """Deletes all items of `tables`."""
    for table in tables:
        pages = clients.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        keys: list[Item] = [{name: item[name] for name in ("pk", "sk") if name in item} for item in items]
        for at in range(0, len(keys), BATCH_WRITE_ITEMS):
            assert batch_delete(clients.dynamodb, table, keys[at : at + BATCH_WRITE_ITEMS]) == []
