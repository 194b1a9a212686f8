"""The transactions of the access table that change roles, action by action, with the condition of each.

What every such change holds to: that who makes it is an owner at that moment, and that the calendar is there.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from shared.ids import CalendarId, UserId
from shared.sharing.calendars import MAX_OWNERS, CalendarRecord, ListEntry, LogEntry, Member
from shared.sharing.grants import FirstShare, GrantWrite, Refusal, RoleChange
from shared.store import access_keys
from shared.store.access_items import (
    calendar_item,
    calendar_of,
    entry_attributes,
    log_item,
    member_attributes,
    member_of,
    state_attributes,
    truth,
)
from shared.store.codec import Item, number, text

Condition = Literal["holder", "calendar", "member", "invitation", "other"]

EXISTS: Final = "attribute_exists(sk)"
_ABSENT: Final = "attribute_not_exists(sk)"
_LIVE: Final = f"{EXISTS} AND attribute_not_exists(deleted_at)"


class Action(NamedTuple):
    """An action of a transaction, and whose condition it carries."""

    action: dict[str, Any]
    subject: Condition = "other"
    user_id: UserId | None = None


class GrantWrites:
    """Builds the actions of transactions on the access table of one name."""

    def __init__(self, table: str) -> None:
        """Uses the access table of name `table`."""
        self._table = table

    def put(self, item: Item, condition: str | None = None) -> dict[str, Any]:
        """Returns the action that puts an item."""
        return {"Put": self._with({"Item": item}, condition)}

    def delete(self, key: Item, condition: str | None = None, values: Item | None = None) -> dict[str, Any]:
        """Returns the action that deletes an item."""
        return {"Delete": self._with({"Key": key}, condition, values)}

    def update(self, key: Item, expression: str, values: Item, condition: str | None = None) -> dict[str, Any]:
        """Returns the action that updates an item."""
        return {"Update": self._with({"Key": key, "UpdateExpression": expression}, condition, values)}

    def check(self, key: Item, condition: str, values: Item | None = None) -> dict[str, Any]:
        """Returns the action that fails unless an item is as `condition` says."""
        return {"ConditionCheck": self._with({"Key": key}, condition, values)}

    def _with(self, action: dict[str, Any], condition: str | None, values: Item | None = None) -> dict[str, Any]:
        action["TableName"] = self._table
        if condition is not None:
            action |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if values:
            action["ExpressionAttributeValues"] = values
        expressions = f"{condition} {action.get('UpdateExpression')}"
        # Some names of attributes are words of the language.
        names = {f"#{name}": name for name in re.findall(r"#(\w+)", expressions)}
        if names:
            action["ExpressionAttributeNames"] = names
        return action

    def holder(self, calendar_id: CalendarId, user_id: UserId) -> Action:
        """Returns the check that a user is an owner of a calendar."""
        key = access_keys.member_key(calendar_id, user_id)
        return Action(self.check(key, "#role = :owner", {":owner": text("owner")}), "holder")

    def first(self, first: FirstShare) -> Iterator[Action]:
        """Yields what stores a calendar, of which nothing is stored yet, with its owner."""
        yield Action(self.put(calendar_item(first.calendar), _ABSENT), "calendar")
        yield from map(Action, self.states(first.calendar))
        yield from map(Action, self.joined(first.calendar.id, first.owner))

    def states(self, calendar: CalendarRecord) -> Iterator[dict[str, Any]]:
        """Yields what stores the state of a calendar, eight times."""
        for key in access_keys.state_keys(calendar.id):
            yield self.put({**key, **state_attributes(calendar)})

    def joined(self, calendar_id: CalendarId, owner: Member) -> Iterator[dict[str, Any]]:
        """Yields what makes a user the first member, whose list may have the calendar already."""
        yield self.put({**access_keys.member_key(calendar_id, owner.user_id), **member_attributes(owner)})
        yield self.update(
            access_keys.listed_key(owner.user_id, calendar_id),
            "SET #role = :role, accepted = :true",
            {":role": text(owner.role), ":true": truth(True)},  # noqa: FBT003 it is the value
        )

    def logged(self, calendar_id: CalendarId, entries: Sequence[LogEntry]) -> Iterator[Action]:
        """Yields what stores entries of the log."""
        for entry in entries:
            yield Action(self.put(log_item(calendar_id, entry)))

    def held(self, calendar_id: CalendarId, holder: UserId | None) -> list[Action]:
        """Returns the checks that a calendar is there and not deleted, and that `holder`, if any, is an owner."""
        live = Action(self.check(access_keys.calendar_key(calendar_id), _LIVE), "calendar")
        return [live, *([] if holder is None else [self.holder(calendar_id, holder)])]

    def grant(self, write: GrantWrite) -> list[Action]:
        """Returns the actions of a change of roles."""
        actions: list[Action] = []
        if write.first is not None:
            owners = (write.first.calendar.owners - write.lost) | write.gained
            calendar = CalendarRecord(
                write.calendar_id,
                write.first.calendar.settings,
                owners,
                write.first.calendar.version,
                created_at=write.first.calendar.created_at,
                changed_at=write.first.calendar.changed_at,
            )
            actions += self.first(FirstShare(calendar, write.first.owner))
        else:
            actions.append(Action(self._calendar(write), "calendar"))
        if write.holder is not None:
            actions.append(self.holder(write.calendar_id, write.holder))
        if write.invitation is not None:
            key = access_keys.invitation_key(write.calendar_id, write.invitation)
            # Beyond `expires_at` it is as if it were gone.
            actions.append(Action(self.delete(key, "expires_at > :now", {":now": number(write.at)}), "invitation"))
        for change in write.changes:
            actions.append(Action(self._membership(write, change), "member", change.user_id))
            actions.append(Action(self._listed(write.calendar_id, change)))
        actions += self.logged(write.calendar_id, write.log)
        return actions

    def _calendar(self, write: GrantWrite) -> dict[str, Any]:
        key = access_keys.calendar_key(write.calendar_id)
        if write.gained and write.lost:
            if write.owners is None:
                raise ValueError("a write that changes one owner for another needs the owners as they were")
            after = sorted((write.owners - write.lost) | write.gained)
            values: Item = {":before": {"SS": sorted(write.owners)}, ":after": {"SS": after}}
            return self.update(key, "SET owners = :after", values, f"{_LIVE} AND owners = :before")
        if write.gained:
            values = {":gained": {"SS": sorted(write.gained)}, ":most": number(MAX_OWNERS)}
            return self.update(key, "ADD owners :gained", values, f"{_LIVE} AND size(owners) < :most")
        if write.lost:
            values = {":lost": {"SS": sorted(write.lost)}, ":one": number(1)}
            return self.update(key, "DELETE owners :lost", values, f"{_LIVE} AND size(owners) > :one")
        return self.check(key, _LIVE)

    def _membership(self, write: GrantWrite, change: RoleChange) -> dict[str, Any]:
        key = access_keys.member_key(write.calendar_id, change.user_id)
        if change.before is None:
            member = Member(
                change.user_id, change.username, change.after or "free_busy", change.accepted, write.by, write.at
            )
            return self.put({**key, **member_attributes(member)}, _ABSENT)
        before: Item = {":before": text(change.before)}
        if change.after is None:
            return self.delete(key, "#role = :before", before)
        values: Item = {":after": text(change.after), ":by": text(write.by), ":at": number(write.at), **before}
        condition = "#role = :before"
        if change.consenting:
            condition += " AND accepted = :true"
            values[":true"] = truth(True)  # noqa: FBT003 it is the value
        expression = "SET #role = :after, granted_by = :by, granted_at = :at"
        if change.before == change.after:
            del values[":after"], values[":by"], values[":at"]
            expression = "SET accepted = :true"
        elif change.accepted:
            expression += ", accepted = :true"
        if change.accepted:
            values[":true"] = truth(True)  # noqa: FBT003 it is the value
        return self.update(key, expression, values, condition)

    def _listed(self, calendar_id: CalendarId, change: RoleChange) -> dict[str, Any]:
        key = access_keys.listed_key(change.user_id, calendar_id)
        if change.after is None:
            return self.delete(key)
        if change.before is None:
            return self.put({**key, **entry_attributes(ListEntry(calendar_id, change.after, change.accepted))})
        values: Item = {":after": text(change.after)}
        if change.accepted:
            values[":true"] = truth(True)  # noqa: FBT003 it is the value
        return self.update(key, f"SET #role = :after{', accepted = :true' if change.accepted else ''}", values)


def refusal_of(actions: Sequence[Action], failed: dict[int, Item]) -> Refusal:
    """Returns which conditions of `actions` did not hold; `failed` has what is stored there, by position."""
    subjects = {actions[at].subject: item for at, item in failed.items()}
    stored = subjects.get("calendar")
    members: dict[UserId, Member | None] = {}
    for at, item in failed.items():
        user_id = actions[at].user_id
        if user_id is not None:
            members[user_id] = member_of(item) if item else None
    return Refusal(
        holder="holder" in subjects,
        of_calendar="calendar" in subjects,
        calendar=calendar_of(stored) if stored else None,
        members=members,
        invitation="invitation" in subjects,
    )
