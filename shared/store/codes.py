"""Codes in the users table, by the key of what they are for."""

from botocore.exceptions import ClientError

from shared.identity.addresses import StoredCode
from shared.identity.codes import LIFETIME_SECONDS, TRIES
from shared.identity.users import AddressClaim
from shared.ids import UserId
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults


def code_item(key: Item, code: StoredCode, now: int) -> Item:
    """Returns the item of a code that is sent at `now`."""
    return {
        **key,
        "hash": text(code.hash),
        "user_id": text(code.user_id),
        "address": text(code.claim.address),
        "set_at": number(code.claim.set_at),
        "tries": number(0),
        "expires_at": number(now + LIFETIME_SECONDS),
    }


def count_try(clients: Clients, table: str, key: Item, now: int) -> StoredCode | None:
    """Counts a try at the code at `key`, and returns the code: one UpdateItem.

    The count is part of the condition, so concurrent tries cannot get around it: after the fifth all get None, like
    those at a code that has expired or does not exist.

    Raises:
        Throttled, AnswerLost: Retry; a try may have been counted.
    """
    with store_faults():
        try:
            item = clients.dynamodb.update_item(
                TableName=table,
                Key=key,
                UpdateExpression="ADD tries :one",
                ConditionExpression="expires_at > :now AND tries < :most",
                ExpressionAttributeValues={":one": number(1), ":now": number(now), ":most": number(TRIES)},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except ClientError as fault:
            if not failed_conditions(fault):
                raise
            return None
    return StoredCode(
        hash=item["hash"]["S"],
        user_id=UserId(item["user_id"]["S"]),
        claim=AddressClaim(item["address"]["S"], int(item["set_at"]["N"])),
    )


def use(table: str, key: Item, code: StoredCode) -> Item:
    """Returns the action of a transaction that deletes the code at `key`, unless it was used or replaced."""
    return {
        "Delete": {
            "TableName": table,
            "Key": key,
            "ConditionExpression": "#hash = :hash",
            "ExpressionAttributeNames": {"#hash": "hash"},
            "ExpressionAttributeValues": {":hash": text(code.hash)},
        }
    }
