"""The purge of deleted calendars, when they cannot be restored any more: a job in pages, which can be interrupted.

What is purged is not found again, and the calendar itself goes last, so a run that was interrupted anywhere begins it
anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared import cursors
from shared.errors import InvalidCursor
from shared.ids import CalendarId, ItemKey


class PurgeStore(Protocol):
    """The operations on calendars that a purge needs."""

    def due(self, after: ItemKey | None, deleted_before: int) -> tuple[Sequence[CalendarId], ItemKey | None]:
        """Returns the calendars of a page that are to be purged, and the key behind which the next page begins."""

    def claim(self, calendar_id: CalendarId, deleted_before: int) -> bool:
        """Makes sure that a calendar is not restored any more. Returns whether it is to be purged."""

    def erase(self, calendar_id: CalendarId) -> Iterator[Mapping[str, int]]:
        """Deletes all that belongs to a calendar, the calendar last. Yields after each page how much of each kind."""


@dataclass(slots=True)
class Purge:
    """The result of a purge: how many calendars are gone, and how many items; `token` is set if it has to go on."""

    purged: int = 0
    items: int = 0
    token: str | None = None

    @property
    def complete(self) -> bool:
        """Returns whether all calendars were looked at."""
        return self.token is None


def purge(store: PurgeStore, deleted_before: int, stop: Callable[[], bool], token: str | None = None) -> Purge:
    """Purges the calendars that were deleted at `deleted_before` (seconds since 1970) or earlier, from `token` on.

    It is idempotent, and safe beside another one. It ends early when `stop` returns True.

    Raises:
        InvalidCursor: `token` is not a token of a purge.
    """
    done, after = Purge(), _position(token)
    while not stop():
        found, following = store.due(after, deleted_before)
        if not all(_gone(store, each, deleted_before, stop, done) for each in found):
            break
        if following is None:
            return done
        after = following
    pk, sk = after or ("", "")
    done.token = cursors.encode("purge", {"pk": pk, "sk": sk})
    return done


def _gone(
    store: PurgeStore, calendar_id: CalendarId, deleted_before: int, stop: Callable[[], bool], done: Purge
) -> bool:
    """Purges a calendar, if it is still to be. Returns False if the time was up before it was gone."""
    if not store.claim(calendar_id, deleted_before):
        return True
    for counts in store.erase(calendar_id):
        done.items += sum(counts.values())
        if stop():
            return False
    done.purged += 1
    return True


def _position(token: str | None) -> ItemKey | None:
    if token is None:
        return None
    facts = cursors.decode("purge", token, ("pk", "sk"))
    if bool(facts["pk"]) != bool(facts["sk"]):
        raise InvalidCursor("is no token of a purge")
    return (facts["pk"], facts["sk"]) if facts["pk"] else None
