"""Every kind of item of all tables, and of object in the bucket: how it is exported, and how it is erased.

The one list that an erasure and an export work by (`shared.store.erasing`, `shared.wiring.export`). A new kind is one
line here; a test fails for a key, or a stored item, that is of no kind.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

Table = Literal["events", "history", "users", "bucket"]
# Where an erasure finds the items of a kind.
Found = Literal["calendar", "versions", "bucket"]


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
    sk: str = ""
    exported: "Literal[True] | Reason" = True
    erased: "Found | Reason" = "calendar"

    @cached_property
    def _forms(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return _pattern(self.pk), _pattern(self.sk)

    def matches(self, table: Table, pk: str, sk: str = "") -> bool:
        """Returns whether the item of `table` with this key is of this kind."""
        partition, sort = self._forms
        return self.table == table and bool(partition.fullmatch(pk)) and bool(sort.fullmatch(sk))


@dataclass(frozen=True)
class Reason:
    """Why a kind is not exported, or not erased."""

    why: str


def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(form)), re.DOTALL)


# In the order in which an export lists them.
ITEM_KINDS: Final = (
    ItemKind("events", "events", "CAL#{calendar_id}", "EVENT#{event_id}"),
    ItemKind(
        "fences",
        "events",
        "CAL#{calendar_id}",
        "FENCE#{week}",
        exported=Reason("ids and times of the latest events of a week, which are exported as events and versions"),
    ),
    ItemKind(
        "idempotency_keys",
        "events",
        "CAL#{calendar_id}",
        "KEY#{hash}",
        exported=Reason("a hash of what a client called a request, and of the request"),
    ),
    ItemKind("versions", "history", "CAL#{calendar_id}#EVENT#{event_id}", "{history_id}", erased="versions"),
    ItemKind(
        "sweeps",
        "history",
        "SWEPT",
        "SWEPT",
        exported=Reason("of the deployment, not of a user"),
        erased=Reason("of the deployment, not of a user"),
    ),
    ItemKind(
        "unreadable_records",
        "bucket",
        "unreadable/{digest}.json",
        exported=Reason("a change of an event that is exported; it becomes a version when it can be read"),
        erased="bucket",
    ),
    ItemKind(
        "failed_batches",
        "bucket",
        "aws/lambda/{function}",
        exported=Reason("changes of events that are exported; they become versions when they can be written"),
        erased="bucket",
    ),
)


def kind_of(table: Table, pk: str, sk: str = "") -> ItemKind | None:
    """Returns the kind of the item with this key; None if it is of none, or of several."""
    found = [kind for kind in ITEM_KINDS if kind.matches(table, pk, sk)]
    return found[0] if len(found) == 1 else None
