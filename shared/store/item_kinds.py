"""Every kind of item of all tables, and of object in the bucket: how it is exported, and how it is erased.

The one list that erasures and exports work by (`shared.wiring.erasing`, `shared.wiring.export`). A new kind is one
line here; a test fails for a key, or a stored item, that is of no kind.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

Table = Literal["events", "history", "users", "access", "directory", "bucket"]
# Where an erasure finds the items of a kind: among those of the user's calendar, their versions, the records in the
# bucket, the calendars that they share with others, or the items of the user, the user's name and addresses.
# `shared.wiring.erasing` has an eraser for each.
Region = Literal["calendar", "versions", "bucket", "sharing", "account"]


@dataclass(frozen=True)
class ItemKind:
    """A kind of item.

    Attributes:
        name: Its name, in the plural: what a certificate counts, and an export lists.
        table: Where it is stored.
        pk: The form of its partition key, with the variable parts in braces; for an object, of its key.
        sk: The form of its sort key.
        exported: Whether an export has it, or why not.
        erased: Where an erasure finds it, or why none looks for it.
    """

    name: str
    table: Table
    pk: str
    sk: str
    exported: "Literal[True] | Because"
    erased: "Region | Because"

    @cached_property
    def _forms(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return _pattern(self.pk), _pattern(self.sk)

    def matches(self, table: Table, pk: str, sk: str = "") -> bool:
        """Returns whether the item of `table` with this key is of this kind."""
        partition, sort = self._forms
        return self.table == table and bool(partition.fullmatch(pk)) and bool(sort.fullmatch(sk))


@dataclass(frozen=True)
class Because:
    """Why a kind is not exported, or not erased."""

    why: str


def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(form)), re.DOTALL)


_TEMPORARY: Final = Because("it is needed for minutes or hours, and tells nothing that the profile does not tell")
_NOT_OF_USERS: Final = Because("of the deployment, not of a user")

# In the order in which an export lists them.
ITEM_KINDS: Final = (
    ItemKind("profiles", "users", "USER#{user_id}", "PROFILE", exported=True, erased="account"),
    ItemKind("sessions", "users", "USER#{user_id}", "SESSION#{session_id}", exported=True, erased="account"),
    ItemKind("events", "events", "CAL#{calendar_id}", "EVENT#{event_id}", exported=True, erased="calendar"),
    ItemKind(
        "versions", "history", "CAL#{calendar_id}#EVENT#{event_id}", "{history_id}", exported=True, erased="versions"
    ),
    ItemKind(
        "fences",
        "events",
        "CAL#{calendar_id}",
        "FENCE#{fence_name}",
        exported=Because("ids and times of the latest checked writes, which are exported as events and versions"),
        erased="calendar",
    ),
    ItemKind(
        "idempotency_keys",
        "events",
        "CAL#{calendar_id}",
        "KEY#{hash}",
        exported=Because("hashes of a request and of what its client called it"),
        erased="calendar",
    ),
    ItemKind(
        "bulk_counts",
        "events",
        "USER#{user_id}",
        "BULK#{minute}",
        exported=Because("how many bulk creations there were within a minute; it lapses"),
        erased="calendar",
    ),
    ItemKind(
        "usages",
        "history",
        "CAL#{calendar_id}#USAGE",
        "USAGE",
        exported=Because("counts what is exported as events and versions"),
        erased="versions",
    ),
    ItemKind("sweeps", "history", "SWEPT", "SWEPT", exported=_NOT_OF_USERS, erased=_NOT_OF_USERS),
    ItemKind(
        "listed_calendars",
        "access",
        "USER#{user_id}",
        "CAL#{calendar_id}",
        exported=Because("GET /calendars lists them"),
        erased="sharing",
    ),
    ItemKind(
        "calendars",
        "access",
        "CAL#{calendar_id}",
        "CALENDAR",
        exported=Because("what a calendar is called is its owners', and each of them can read it"),
        erased="sharing",
    ),
    ItemKind(
        "calendar_states",
        "access",
        "CAL#{calendar_id}",
        "STATE#{index}",
        exported=Because("copies of what is known of the calendar"),
        erased="sharing",
    ),
    ItemKind(
        "members",
        "access",
        "CAL#{calendar_id}",
        "MEMBER#{user_id}",
        exported=Because("the user's own are in the list of their calendars; the others are of other users"),
        erased="sharing",
    ),
    ItemKind(
        "invitations",
        "access",
        "CAL#{calendar_id}",
        "INVITE#{hash}",
        exported=Because("hashes of codes that lapse within a month, for people who are not the user"),
        erased="sharing",
    ),
    ItemKind(
        "role_changes",
        "access",
        "CAL#{calendar_id}",
        "LOG#{entry_id}",
        exported=Because("the ids of users, kept for the owners of the calendar"),
        erased="sharing",
    ),
    ItemKind(
        "names",
        "directory",
        "NAME#{name}",
        "",
        exported=Because("the profile has the name"),
        erased="sharing",
    ),
    ItemKind(
        "unreadable_records",
        "bucket",
        "unreadable/{digest}.json",
        "",
        exported=Because("a change of an event that is exported; it becomes a version when it can be read"),
        erased="bucket",
    ),
    ItemKind(
        "failed_batches",
        "bucket",
        "aws/lambda/{name}",
        "",
        exported=Because("changes of events that are exported; they become versions when they can be written"),
        erased="bucket",
    ),
    ItemKind(
        "logins",
        "users",
        "NAME#{name}",
        "LOGIN",
        exported=Because("the profile has the name; a hash of a password would only help to guess it"),
        erased="account",
    ),
    ItemKind(
        "addresses",
        "users",
        "EMAIL#{address}",
        "ADDRESS",
        exported=Because("the profile has the address, and whether it is verified"),
        erased="account",
    ),
    ItemKind(
        "verification_codes", "users", "USER#{user_id}", "CODE#verification", exported=_TEMPORARY, erased="account"
    ),
    ItemKind("reset_codes", "users", "EMAIL#{address}", "CODE#reset", exported=_TEMPORARY, erased="account"),
    ItemKind(
        "mail_counts",
        "users",
        "MAILS#{hash}",
        "MAILS",
        exported=_TEMPORARY,
        erased=Because(
            "counts the mails to an address, of a user or of a network for a day, under a hash of which it is"
        ),
    ),
    ItemKind(
        "reset_requests",
        "users",
        "GUESS#RESET#{network}",
        "ANYONE",
        exported=_NOT_OF_USERS,
        erased=Because("counts the requests of a network for codes, for a day; it names no user"),
    ),
    ItemKind(
        "guesses",
        "users",
        "GUESS#NAME#{name}",
        "{by}",
        exported=_TEMPORARY,
        erased="account",
    ),
    ItemKind(
        "guesses_of_sources",
        "users",
        "GUESS#SOURCE#{network}",
        "ANYONE",
        exported=_NOT_OF_USERS,
        erased=Because("counts the attempts of a network at all names, for an hour; it names no user"),
    ),
    ItemKind(
        "mails",
        "users",
        "MAIL#{mail_id}",
        "MAIL",
        exported=_TEMPORARY,
        erased=Because("it is deleted once it is sent, within seconds; one that cannot be sent lapses after a day"),
    ),
    ItemKind(
        "erasures",
        "users",
        "ERASURE#{erasure_id}",
        "ERASURE",
        exported=Because("there is none of a user who can ask for an export, but while it is at work"),
        erased=Because("it is the certificate; name, address and user id are removed from it when they are erased"),
    ),
    ItemKind(
        "erasures_due",
        "users",
        "ERASURES",
        "{due_at}#{erasure_id}",
        exported=_NOT_OF_USERS,
        erased=Because("the times and ids of erasures at work: it is removed with the last pass"),
    ),
    ItemKind(
        "erased_users",
        "users",
        "USER#{user_id}",
        "ERASURE",
        exported=Because("there is none of a user who can ask for an export, but while the erasure is at work"),
        erased=Because("it says that the user is being erased: it is removed with the last pass"),
    ),
)


def kind_of(table: Table, pk: str, sk: str = "") -> ItemKind | None:
    """Returns the kind of the item with this key; None if it is of none, or of several."""
    found = [kind for kind in ITEM_KINDS if kind.matches(table, pk, sk)]
    return found[0] if len(found) == 1 else None
