"""Erasure of what the users table holds of a user."""

from collections.abc import Callable, Iterator
from typing import Final

from botocore.exceptions import ClientError

from shared.identity.erasures import Subject
from shared.ids import ItemKey
from shared.retries import Deadline
from shared.store.client import Clients
from shared.store.codec import Item, text
from shared.store.erasing import BatchEraser, Erased, counted, is_erased
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import (
    address_partition,
    name_guesses_partition,
    name_partition,
    profile_key,
    user_partition,
)
from shared.store.keys import key_of

# Attributes of a user's own items that hold an address of theirs.
_ADDRESSES: Final = ("email", "pending_email", "address")


class AccountEraser:
    """Erasure of a user's items: what names the user goes last, so that an interrupted erasure finds the rest again."""

    def __init__(self, clients: Clients, table: str, deadline: Callable[[], Deadline]) -> None:
        """Uses the users table of name `table`; each call gets its own `deadline`."""
        self._clients = clients
        self._table = table
        self._deadline = deadline
        self._batches = BatchEraser(clients, deadline)

    def erase(self, subject: Subject) -> Erased:
        """Erases what there is of the subject. Yields after each page of work how many items of each kind it erased.

        An item that is found by a name or by an address, and belongs to another user, stays: both can be somebody
        else's meanwhile.
        """
        own = user_partition(subject.user_id)
        addresses = {each for item in self._items(own) for each in _addresses_in(item)}
        if subject.address is not None:
            addresses.add(subject.address)
        for partition in sorted({address_partition(each) for each in addresses}):
            yield from self._erase(partition, subject)
        if subject.username is not None:
            yield from self._erase(name_guesses_partition(subject.username), subject)
        # Not at once: the profile tells where the rest is.
        yield from self._erase(own, subject, after=key_of(profile_key(subject.user_id)))
        yield from self._erase(own, subject)
        if subject.username is not None:
            yield from self._erase(name_partition(subject.username), subject)

    def _items(self, partition: str) -> Iterator[Item]:
        """Yields the items of a partition, with their addresses; strongly consistent."""
        after: Item | None = None
        while True:
            found, after = self._batches.query(
                self._table,
                "pk = :pk",
                {":pk": text(partition)},
                ProjectionExpression=", ".join(("pk", "sk", *_ADDRESSES)),
                ConsistentRead=True,
                **({} if after is None else {"ExclusiveStartKey": after}),
            )
            yield from found
            if after is None:
                return

    def _erase(self, partition: str, subject: Subject, after: ItemKey | None = None) -> Erased:
        """Deletes what is the subject's of a partition, but the item that is to be deleted `after` the others."""
        where = [
            {"pk": item["pk"], "sk": item["sk"]}
            for item in self._items(partition)
            if key_of(item) != after and is_erased("users", item)
        ]
        if where:
            deleted = self._clients.pool.map(lambda key: self._delete(key, subject), where)
            yield counted("users", [key for key, was in zip(where, deleted, strict=True) if was])

    def _delete(self, key: Item, subject: Subject) -> bool:
        """Deletes an item unless it is another user's. Returns whether it did."""

        def delete() -> bool:
            with store_faults():
                try:
                    self._clients.dynamodb.delete_item(
                        TableName=self._table,
                        Key=key,
                        ConditionExpression="attribute_not_exists(user_id) OR user_id = :user",
                        ExpressionAttributeValues={":user": text(subject.user_id)},
                    )
                except ClientError as fault:
                    if not failed_conditions(fault):
                        raise
                    return False
            return True

        return self._deadline().retry(delete)


def _addresses_in(item: Item) -> set[str]:
    return {item[name]["S"] for name in _ADDRESSES if name in item}
