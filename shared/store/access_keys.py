"""All keys of the access table and of the directory.

| pk | sk | item |
|---|---|---|
| `CAL#<calendar>` | `CALENDAR` | a calendar's name, description, time zone, kind and owners, and its state |
| `CAL#<calendar>` | `STATE#0` to `STATE#7` | what everyone may do, whether it is strict, whether it is deleted |
| `CAL#<calendar>` | `MEMBER#<user>` | a member and their role |
| `CAL#<calendar>` | `INVITE#<hash of the code>` | an invitation |
| `CAL#<calendar>` | `LOG#<uuid7>` | a change of a right |
| `USER#<user>` | `CAL#<calendar>` | a calendar in a user's list |

The state is stored eight times more, with the same content, and a user reads and holds on to one of the eight, so that
writers whose right is everyone's do not all meet at one item.
"""

from typing import Final
from zlib import crc32

from shared.ids import CalendarId, UserId
from shared.store.codec import Item, text

STATES: Final = 8
MEMBER_PREFIX: Final = "MEMBER#"
INVITATION_PREFIX: Final = "INVITE#"
LOG_PREFIX: Final = "LOG#"
LISTED_PREFIX: Final = "CAL#"


def access_partition(calendar_id: CalendarId) -> str:
    """Returns the partition of a calendar in the access table."""
    return f"CAL#{calendar_id}"


def calendar_key(calendar_id: CalendarId) -> Item:
    """Returns the key of what is known of a calendar."""
    return {"pk": text(access_partition(calendar_id)), "sk": text("CALENDAR")}


def state_keys(calendar_id: CalendarId) -> list[Item]:
    """Returns the keys of the eight copies of a calendar's state."""
    return [{"pk": text(access_partition(calendar_id)), "sk": text(f"STATE#{index}")} for index in range(STATES)]


def state_key(calendar_id: CalendarId, user_id: UserId) -> Item:
    """Returns the key of the copy of a calendar's state that a user reads and holds on to."""
    return state_keys(calendar_id)[crc32(user_id.encode()) % STATES]


def member_key(calendar_id: CalendarId, user_id: UserId) -> Item:
    """Returns the key of a membership."""
    return {"pk": text(access_partition(calendar_id)), "sk": text(f"{MEMBER_PREFIX}{user_id}")}


def invitation_key(calendar_id: CalendarId, hashed: str) -> Item:
    """Returns the key of the invitation whose code has the hash `hashed`."""
    return {"pk": text(access_partition(calendar_id)), "sk": text(f"{INVITATION_PREFIX}{hashed}")}


def log_key(calendar_id: CalendarId, entry_id: str) -> Item:
    """Returns the key of an entry, with a UUIDv7 as id, of the log of a calendar's rights."""
    return {"pk": text(access_partition(calendar_id)), "sk": text(f"{LOG_PREFIX}{entry_id}")}


def list_partition(user_id: UserId) -> str:
    """Returns the partition of a user's list of calendars."""
    return f"USER#{user_id}"


def listed_key(user_id: UserId, calendar_id: CalendarId) -> Item:
    """Returns the key of a calendar in a user's list."""
    return {"pk": text(list_partition(user_id)), "sk": text(f"{LISTED_PREFIX}{calendar_id}")}


def directory_key(username: str) -> Item:
    """Returns the key, in the directory, of the user name `username`, in any case."""
    return {"pk": text(f"NAME#{username.lower()}")}
