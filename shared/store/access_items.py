"""Conversion of calendars, members, lists and log entries to and from the items of the access table.

A word that is no role, or no kind, gives no right and is no reason to fail: an item may have been written by hand.
"""

from typing import Any, Final, get_args

from shared.ids import CalendarId, UserId
from shared.scheduling.roles import EveryoneRole, Role
from shared.sharing.calendars import (
    CalendarKind,
    CalendarRecord,
    CalendarSettings,
    ListEntry,
    LogEntry,
    Member,
)
from shared.store import access_keys
from shared.store.codec import Item, number, text

# When a purge of the calendar has begun, so that it cannot be restored: seconds since 1970.
PURGED_AT: Final = "purged_at"


def truth(value: bool) -> dict[str, bool]:  # noqa: FBT001 it is the value
    """Returns a truth value as an attribute value."""
    return {"BOOL": value}


def settings_attributes(calendar: CalendarRecord) -> Item:
    """Returns the attributes of what a change of a calendar changes."""
    settings = calendar.settings
    return {
        "name": text(settings.name),
        "kind": text(settings.kind),
        "time_zone": text(settings.time_zone),
        "description": text(settings.description),
        **state_attributes(calendar),
        "created_at": number(calendar.created_at or 0),
        "changed_at": number(calendar.changed_at or 0),
        "version": number(calendar.version),
    }


def state_attributes(calendar: CalendarRecord) -> Item:
    """Returns the attributes of a calendar that those who write in it hold to."""
    item: Item = {"strict": truth(calendar.settings.strict)}
    if calendar.settings.everyone is not None:
        item["everyone"] = text(calendar.settings.everyone)
    if calendar.deleted_at is not None:
        item["deleted_at"] = number(calendar.deleted_at)
    return item


def calendar_item(calendar: CalendarRecord) -> Item:
    """Returns the item of a calendar."""
    return {
        **access_keys.calendar_key(calendar.id),
        **settings_attributes(calendar),
        "owners": {"SS": sorted(calendar.owners)},
    }


def calendar_of(item: Item) -> CalendarRecord:
    """Returns the calendar in an item with its key."""
    deleted_at = item.get("deleted_at")
    return CalendarRecord(
        CalendarId(item["pk"]["S"].removeprefix(access_keys.LISTED_PREFIX)),
        CalendarSettings(
            name=item["name"]["S"],
            kind=_word(item, "kind", CalendarKind) or "calendar",
            time_zone=item["time_zone"]["S"],
            description=item["description"]["S"],
            everyone=_word(item, "everyone", EveryoneRole),
            # Strict unless it says otherwise: the safe side.
            strict=item.get("strict") != truth(False),  # noqa: FBT003 it is the value
        ),
        frozenset(UserId(each) for each in item.get("owners", {"SS": []})["SS"]),
        int(item["version"]["N"]),
        created_at=int(item["created_at"]["N"]),
        changed_at=int(item["changed_at"]["N"]),
        deleted_at=None if deleted_at is None else int(deleted_at["N"]),
    )


def member_attributes(member: Member) -> Item:
    """Returns the attributes of a membership."""
    return {
        "role": text(member.role),
        "username": text(member.username),
        "accepted": truth(member.accepted),
        "granted_by": text(member.granted_by),
        "granted_at": number(member.granted_at),
    }


def member_of(item: Item) -> Member | None:
    """Returns the membership in an item with its key; None if it has no role that is known."""
    role = _word(item, "role", Role)
    if role is None:
        return None
    return Member(
        UserId(item["sk"]["S"].removeprefix(access_keys.MEMBER_PREFIX)),
        item.get("username", text(""))["S"],
        role,
        accepted=item.get("accepted") == truth(True),  # noqa: FBT003 it is the value
        granted_by=UserId(item["granted_by"]["S"]),
        granted_at=int(item["granted_at"]["N"]),
    )


def entry_attributes(entry: ListEntry) -> Item:
    """Returns the attributes of a calendar in a user's list."""
    item: Item = {"role": text(entry.role), "accepted": truth(entry.accepted), "hidden": truth(entry.hidden)}
    if entry.colour is not None:
        item["colour"] = text(entry.colour)
    return item


def entry_of(item: Item) -> ListEntry | None:
    """Returns the entry of a list in an item with its key; None if it has no role that is known."""
    role, colour = _word(item, "role", Role), item.get("colour")
    if role is None:
        return None
    return ListEntry(
        CalendarId(item["sk"]["S"].removeprefix(access_keys.LISTED_PREFIX)),
        role,
        accepted=item.get("accepted") == truth(True),  # noqa: FBT003 it is the value
        hidden=item.get("hidden") == truth(True),  # noqa: FBT003 it is the value
        colour=None if colour is None else colour["S"],
    )


def log_item(calendar_id: CalendarId, entry: LogEntry) -> Item:
    """Returns the item of an entry of a calendar's log."""
    item = {**access_keys.log_key(calendar_id, entry.id), "by": text(entry.by)}
    for name, value in (("user_id", entry.user_id), ("before", entry.before), ("after", entry.after)):
        if value is not None:
            item[name] = text(value)
    return item


def log_entry_of(item: Item) -> LogEntry:
    """Returns the entry of a log in an item with its key."""
    user_id = item.get("user_id")
    return LogEntry(
        item["sk"]["S"].removeprefix(access_keys.LOG_PREFIX),
        UserId(item["by"]["S"]),
        None if user_id is None else UserId(user_id["S"]),
        _word(item, "before", Role),
        _word(item, "after", Role),
    )


def _word(item: Item, name: str, words: Any) -> Any:
    """Returns the word in an attribute; None if it is none of `words`."""
    value = item.get(name, {}).get("S")
    return value if value in get_args(words) else None
