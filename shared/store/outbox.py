"""The users table: mails that wait to be sent, how many an address got, and the codes in them."""

from typing import Any, get_args

from botocore.exceptions import ClientError

from shared.identity.addresses import StoredCode
from shared.identity.mail import Mail, MailKind
from shared.identity.outbox import DAY_SECONDS, MailLimit
from shared.identity.users import Account, Profile
from shared.ids import UserId, is_id, is_uuid7, milliseconds_of
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.codes import code_item
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import (
    address_key,
    login_key,
    mail_in,
    mail_key,
    mails_key,
    profile_key,
    reset_code_key,
    verification_code_key,
)
from shared.store.logins import account_of
from shared.store.users import profile_of


class UnreadableMailError(Exception):
    """A record of the stream is none of a mail; the message says why, and quotes nothing of it."""


def mail_of(record: dict[str, Any]) -> Mail | None:
    """Returns the mail that a record of the users table's stream, as Lambda passes it, reports as new.

    None if it reports anything else, such as the removal of a mail. Raises UnreadableMailError.
    """
    try:
        return None if record["eventName"] == "REMOVE" else _mail_in(record["dynamodb"]["NewImage"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableMailError(type(error).__name__) from None


def _mail_in(image: Item) -> Mail:
    mail_id, kind, user = mail_in(image), image["kind"]["S"], image.get("user_id")
    if not (is_id(mail_id) and is_uuid7(mail_id)) or kind not in get_args(MailKind):
        raise ValueError("no mail")
    return Mail(
        id=mail_id,
        kind=kind,
        address=image["address"]["S"],
        expires_at=int(image["expires_at"]["N"]),
        network=image["network"]["S"],
        user_id=None if user is None else UserId(user["S"]),
    )


class DynamoOutboxStore:
    """The users table. Each method is one call, `count` up to three. All raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def is_waiting(self, mail: Mail) -> bool:
        """Returns whether the mail is still stored."""
        return self._get(mail_key(mail.id)) is not None

    def remove(self, mail: Mail) -> None:
        """Deletes the mail."""
        with store_faults():
            self._clients.dynamodb.delete_item(TableName=self._table, Key=mail_key(mail.id))

    def count(self, limit: MailLimit, mail: Mail, now: int) -> bool:
        """Adds the mail to those of the limit's subject within a day, by its id, which contains when it was asked for.

        The condition is part of the write, so mails that are sent beside each other cannot get around the limit. Ids
        that are a day old are removed when they are in the way.

        Returns:
            Whether it is one of the first `limit.mails` of them; True as well if it was counted before.
        """
        stored = self._add(limit, mail, now)
        if stored is None:
            return True
        old = {each for each in stored if milliseconds_of(each) <= (now - DAY_SECONDS) * 1000}
        if not old:
            return False
        with store_faults():
            self._clients.dynamodb.update_item(
                TableName=self._table,
                Key=mails_key(limit.subject),
                UpdateExpression="DELETE mails :old",
                ExpressionAttributeValues={":old": {"SS": sorted(old)}},
            )
        return self._add(limit, mail, now) is None

    def _add(self, limit: MailLimit, mail: Mail, now: int) -> set[str] | None:
        """Adds the mail, unless that would be too many: these are returned then."""
        with store_faults():
            try:
                self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=mails_key(limit.subject),
                    UpdateExpression="SET expires_at = :end ADD mails :mails",
                    ConditionExpression="attribute_not_exists(mails) OR size(mails) < :most OR contains(mails, :mail)",
                    ExpressionAttributeValues={
                        ":end": number(now + DAY_SECONDS),
                        ":mails": {"SS": [mail.id]},
                        ":mail": text(mail.id),
                        ":most": number(limit.mails),
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as fault:
                failed = failed_conditions(fault)
                if not failed:
                    raise
                return {*failed[0]["mails"]["SS"]}
        return None

    def owner(self, address: str) -> UserId | None:
        """Returns the user whose verified address it is."""
        item = self._get(address_key(address))
        return None if item is None else UserId(item["user_id"]["S"])

    def profile(self, user_id: UserId) -> Profile | None:
        """Returns the profile of a user."""
        item = self._get(profile_key(user_id))
        return None if item is None else profile_of(item)

    def account(self, username: str) -> Account | None:
        """Returns what a login reads of a user."""
        item = self._get(login_key(username))
        return None if item is None else account_of(item)

    def put_verification_code(self, code: StoredCode, now: int) -> bool:
        """Stores the code for the address of a user. Returns whether there still is such a user."""
        item = code_item(verification_code_key(code.user_id), code, now)
        return self._put_if(item, {"Key": profile_key(code.user_id), "ConditionExpression": "attribute_exists(pk)"})

    def put_reset_code(self, code: StoredCode, now: int) -> bool:
        """Stores the code for the password of the user whose address it is. Returns whether it still is theirs."""
        owned = {
            "Key": address_key(code.claim.address),
            "ConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":user": text(code.user_id)},
        }
        return self._put_if(code_item(reset_code_key(code.claim.address), code, now), owned)

    def _get(self, key: Item) -> Item | None:
        with store_faults():
            response = self._clients.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return response.get("Item")

    def _put_if(self, item: Item, condition: dict[str, Any]) -> bool:
        """Stores `item` if the condition on another one holds: an erasure would not find what is stored behind it."""
        put: Any = {"Put": {"TableName": self._table, "Item": item}}
        check: Any = {"ConditionCheck": {"TableName": self._table, **condition}}
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=[put, check])
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True
