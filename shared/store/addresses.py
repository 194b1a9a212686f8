"""The users table: profiles, and the addresses that are somebody's own."""

from typing import Any, Final

from botocore.exceptions import ClientError

from shared.errors import NotFound
from shared.identity.addresses import StoredCode
from shared.identity.mail import Mail
from shared.identity.users import Profile, normal_address
from shared.ids import UserId
from shared.store.client import Clients
from shared.store.codec import Item, text
from shared.store.codes import count_try, use
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import (
    address_key,
    erased_user_key,
    profile_key,
    reset_code_key,
    verification_code_key,
)
from shared.store.users import mail_item, profile_attributes, profile_of

# What a change of an address changes in a profile.
_CHANGING: Final = ("email", "email_set_at", "email_verified_at", "pending_email", "pending_set_at", "code_asked_at")


class DynamoAddressStore:
    """Profiles and addresses in the users table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def profile(self, user_id: UserId) -> Profile | None:
        """Returns the profile of a user, or None: one strongly consistent GetItem."""
        with store_faults():
            response = self._clients.dynamodb.get_item(
                TableName=self._table, Key=profile_key(user_id), ConsistentRead=True
            )
        item = response.get("Item")
        return None if item is None else profile_of(item)

    def change(self, before: Profile, after: Profile, mail: Mail | None) -> bool:
        """Stores the addresses of `after`, and the mail: one TransactWriteItems.

        Returns:
            Whether it did: not if the profile has other addresses than `before`.

        Raises:
            NotFound: The user is being erased.
        """
        actions = [self._replace(before, after)]
        if mail is not None:
            actions.append({"Put": {"TableName": self._table, "Item": mail_item(mail)}})
        return self._write(actions, after.user_id)

    def count_try(self, user_id: UserId, now: int) -> StoredCode | None:
        """Counts a try at the code for the address of a user (`codes.count_try`)."""
        return count_try(self._clients, self._table, verification_code_key(user_id), now)

    def verify(self, before: Profile, after: Profile, code: StoredCode) -> bool:
        """Makes the address in `after` the user's own: one TransactWriteItems.

        Returns:
            Whether it did: not if the address is another user's, the profile has other addresses than `before`, or the
            code was used.

        Raises:
            NotFound: The user is being erased.
        """
        user_id = text(after.user_id)
        own: dict[str, Any] = {"TableName": self._table, "ExpressionAttributeValues": {":user": user_id}}
        free_or_own = "attribute_not_exists(pk) OR user_id = :user"
        item = {**address_key(after.email), "user_id": user_id}
        actions: list[dict[str, Any]] = [
            {"Put": {**own, "Item": item, "ConditionExpression": free_or_own}},
            self._replace(before, after),
            use(self._table, verification_code_key(after.user_id), code),
        ]
        released = before.email_verified_at is not None and normal_address(before.email) != normal_address(after.email)
        if released:
            key = address_key(before.email)
            actions.append({"Delete": {**own, "Key": key, "ConditionExpression": free_or_own}})
            # It is of no use any more, and an erasure would not look for it at an address that is not the user's.
            actions.append({"Delete": {"TableName": self._table, "Key": reset_code_key(before.email)}})
        return self._write(actions, after.user_id)

    def _write(self, actions: list[dict[str, Any]], user_id: UserId) -> bool:
        """Writes, if all conditions hold, and the user is not being erased. Returns whether the conditions did."""
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(
                    TransactItems=[self._not_erased(user_id), *actions]  # type: ignore[list-item]
                )
            except ClientError as fault:
                failed = failed_conditions(fault)
                if not failed:
                    raise
                if 0 in failed:
                    raise NotFound("profile") from None
                return False
        return True

    def _not_erased(self, user_id: UserId) -> dict[str, Any]:
        """Returns the action that fails if the user is being erased: the erasure looks for the addresses of before."""
        condition = {"Key": erased_user_key(user_id), "ConditionExpression": "attribute_not_exists(pk)"}
        return {"ConditionCheck": {"TableName": self._table, **condition}}

    def _replace(self, before: Profile, after: Profile) -> dict[str, Any]:
        """Returns the action that stores the addresses of `after`, if those of `before` are stored."""
        old, new = profile_attributes(before), profile_attributes(after)
        values: Item = {f":old_{name}": old[name] for name in _CHANGING if name in old}
        values |= {f":new_{name}": new[name] for name in _CHANGING if name in new}
        sets = ", ".join(f"{name} = :new_{name}" for name in _CHANGING if name in new)
        removes = ", ".join(name for name in _CHANGING if name not in new)
        same = (f"{name} = :old_{name}" if name in old else f"attribute_not_exists({name})" for name in _CHANGING)
        return {
            "Update": {
                "TableName": self._table,
                "Key": profile_key(after.user_id),
                "UpdateExpression": f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
                "ConditionExpression": " AND ".join(same),
                "ExpressionAttributeValues": values,
            }
        }
