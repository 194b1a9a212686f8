"""Shared calendars for tests: their items in the access table, as the functions about calendars write them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from shared import ids
from shared.errors import Contended
from shared.ids import CalendarId, UserId
from shared.runtime import Runtime
from shared.scheduling.roles import EveryoneRole, Role
from shared.store import access_keys
from shared.store.codec import Item, number, text
from shared.store.faults import store_faults

# A revocation that meets a write of the one revoked is made again after this many seconds.
REVOCATION_PAUSE: Final = 0.025


def new_user() -> UserId:
    """Returns the id of a user whom nobody has heard of."""
    return UserId(str(uuid4()))


@dataclass
class SharedCalendar:
    """A calendar of `owner`, who shares it."""

    runtime: Runtime
    owner: UserId = field(default_factory=new_user)
    calendar_id: CalendarId = field(init=False)

    def __post_init__(self) -> None:
        self.calendar_id = CalendarId(ids.new_id(self.runtime.now_ns()))
        now = ids.made_at(self.calendar_id)
        self.put(
            {
                **access_keys.calendar_key(self.calendar_id),
                **{name: text(value) for name, value in {"name": "Room 4", "kind": "room", "time_zone": "UTC"}.items()},
                "description": text(""),
                "owners": {"SS": [self.owner]},
                "created_at": text(now),
                "changed_at": text(now),
                "version": number(1),
            }
        )
        self.set_state()
        self.grant(self.owner, "owner")

    @property
    def table(self) -> str:
        """Returns the name of the access table."""
        return self.runtime.settings.access_table

    def put(self, item: Item) -> None:
        """Writes an item of the access table."""
        self.runtime.clients.dynamodb.put_item(TableName=self.table, Item=item)

    def set_state(self, everyone: EveryoneRole | None = None, *, strict: bool = False, deleted: bool = False) -> None:
        """Writes the eight copies of the calendar's state."""
        state: Item = {"strict": {"BOOL": strict}}
        if everyone is not None:
            state["everyone"] = text(everyone)
        if deleted:
            state["deleted_at"] = number(self.runtime.now())
        for key in access_keys.state_keys(self.calendar_id):
            self.put({**key, **state})

    def grant(self, user_id: UserId, role: Role) -> UserId:
        """Makes a user a member. Returns the user's id."""
        now = ids.made_at(ids.new_id(self.runtime.now_ns()))
        member = {"role": role, "username": f"u{user_id[:8]}", "granted_by": self.owner, "granted_at": now}
        key = access_keys.member_key(self.calendar_id, user_id)
        self.put({**key, **{name: text(value) for name, value in member.items()}})
        listed = {"role": text(role), "accepted": {"BOOL": True}, "hidden": {"BOOL": False}}
        self.put({**access_keys.listed_key(user_id, self.calendar_id), **listed})
        return user_id

    def member(self, role: Role) -> UserId:
        """Returns a new user who is a member."""
        return self.grant(new_user(), role)

    def revoke(self, user_id: UserId, sleep: Callable[[float], None]) -> int:
        """Ends a membership, by the owner, in one transaction, until that succeeds. Returns how many tries it took."""
        entry = access_keys.log_key(self.calendar_id, ids.new_id(self.runtime.now_ns()))
        by_owner: dict[str, Any] = {
            "TableName": self.table,
            "Key": access_keys.member_key(self.calendar_id, self.owner),
            "ConditionExpression": "#role = :owner",
            "ExpressionAttributeNames": {"#role": "role"},
            "ExpressionAttributeValues": {":owner": text("owner")},
        }
        actions: list[Any] = [
            {"ConditionCheck": by_owner},
            {"Delete": {"TableName": self.table, "Key": access_keys.member_key(self.calendar_id, user_id)}},
            {"Delete": {"TableName": self.table, "Key": access_keys.listed_key(user_id, self.calendar_id)}},
            {"Put": {"TableName": self.table, "Item": {**entry, "user_id": text(user_id)}}},
        ]
        tries = 1
        while True:
            try:
                with store_faults():
                    self.runtime.clients.dynamodb.transact_write_items(TransactItems=actions)
            except Contended:
                tries += 1
                sleep(REVOCATION_PAUSE)
            else:
                return tries
