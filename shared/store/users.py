"""The users table: users as they log in, and their profiles."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.errors import NameTaken
from shared.identity.users import AddressClaim, Profile
from shared.ids import UserId
from shared.store.access_keys import directory_key
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import login_key, mail_key, profile_key
from shared.store.sessions import session_item

if TYPE_CHECKING:
    from shared.identity.mail import Mail
    from shared.identity.users import Account, Session
    from shared.store.client import Clients


class DynamoUserStore:
    """Users in the users table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: "Clients", table: str, directory: str) -> None:
        """Uses the users table of name `table`, and the directory of name `directory`, which tells who has a name."""
        self._clients = clients
        self._table = table
        self._directory = directory

    def add(self, account: "Account", profile: Profile, session: "Session", mail: "Mail") -> None:
        """Stores a new user with a profile, their first session, a mail to them, and who has their name.

        One TransactWriteItems.

        Raises:
            NameTaken: Another user has the name.
        """
        named: Item = {
            "Item": {**login_key(account.username), **account_attributes(account)},
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        # Their keys contain new ids, so they cannot overwrite anything.
        others = [
            {**profile_key(profile.user_id), **profile_attributes(profile)},
            session_item(session),
            mail_item(mail),
        ]
        actions: list[Any] = [
            {"Put": {"TableName": self._table, **put}} for put in (named, *({"Item": item} for item in others))
        ]
        # The name is nobody else's, or nothing is written.
        user = {"user_id": text(account.user_id), "username": text(account.username)}
        actions.append({"Put": {"TableName": self._directory, "Item": {**directory_key(account.username), **user}}})
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=actions)
            except ClientError as fault:
                found = failed_conditions(fault).get(0)
                if found is None:
                    raise
                # After the response to an earlier attempt of this call was lost, the item found is its own.
                if found.get("user_id") != text(account.user_id):
                    raise NameTaken(["username"]) from None


def account_attributes(account: "Account") -> Item:
    """Returns the attributes of what a login reads of a user."""
    item = {
        "user_id": text(account.user_id),
        "username": text(account.username),
        "password_hash": text(account.password_hash),
    }
    if account.disabled_at is not None:
        item["disabled_at"] = number(account.disabled_at)
    return item


def profile_attributes(profile: Profile) -> Item:
    """Returns the attributes of a profile."""
    item = {
        "user_id": text(profile.user_id),
        "username": text(profile.username),
        "email": text(profile.email),
        "created_at": number(profile.created_at),
        "email_set_at": number(profile.email_set_at),
    }
    if profile.email_verified_at is not None:
        item["email_verified_at"] = number(profile.email_verified_at)
    if profile.pending is not None:
        item["pending_email"] = text(profile.pending.address)
        item["pending_set_at"] = number(profile.pending.set_at)
    if profile.code_asked_at is not None:
        item["code_asked_at"] = number(profile.code_asked_at)
    return item


def profile_of(item: Item) -> Profile:
    """Returns the profile in an item."""
    pending, verified, asked = (item.get(name) for name in ("pending_email", "email_verified_at", "code_asked_at"))
    return Profile(
        user_id=UserId(item["user_id"]["S"]),
        username=item["username"]["S"],
        email=item["email"]["S"],
        created_at=int(item["created_at"]["N"]),
        email_set_at=int(item["email_set_at"]["N"]),
        email_verified_at=None if verified is None else int(verified["N"]),
        pending=None if pending is None else AddressClaim(pending["S"], int(item["pending_set_at"]["N"])),
        code_asked_at=None if asked is None else int(asked["N"]),
    )


def mail_item(mail: "Mail") -> Item:
    """Returns the item of a mail that is to be sent. The stream of the table delivers it to the function that sends."""
    item = {
        **mail_key(mail.id),
        "kind": text(mail.kind),
        "address": text(mail.address),
        "expires_at": number(mail.expires_at),
        "network": text(mail.network),
    }
    if mail.user_id is not None:
        item["user_id"] = text(mail.user_id)
    return item
