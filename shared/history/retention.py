"""Retention: how long a version is kept after it has been superseded.

The retention is counted from when a version was superseded, not from when it was created, so that the state of an event
at any moment within the retention is known, however old that state was. The newest version of an event is not
superseded, and is kept.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared import cursors, ids
from shared.errors import InvalidCursor
from shared.ids import ItemKey


def swept_below(now_ms: int, retention_seconds: int) -> str:
    """Returns the least id that a version's successor may have for the version to be kept.

    Args:
        now_ms: The current time, in milliseconds since 1970.
        retention_seconds: How long superseded versions are kept; 0 keeps them for ever, and the result is empty.
    """
    if retention_seconds == 0:
        return ""
    return ids.derived_id(max(0, now_ms - retention_seconds * 1000), 0)


def outlived(previous: ItemKey | None, places: Iterable[ItemKey], below: str) -> list[ItemKey]:
    """Returns those of `previous` and `places` that have a successor, of the same event, with an id below `below`."""
    found = []
    for place in places:
        if previous is not None and previous[0] == place[0] and previous[1] < place[1] < below:
            found.append(previous)
        previous = place
    return found


class RetentionStore(Protocol):
    """The operations on the history table that a sweep needs."""

    def places(self, after: ItemKey | None) -> tuple[list[ItemKey], ItemKey | None]:
        """Returns a page of the keys of versions, and the key after which the next page begins.

        The keys are grouped by event, oldest version first.
        """

    def begin_sweep(self, below: str) -> None:
        """Records the bound of the sweep before anything is removed, so that no swept version counts as missing."""

    def remove(self, places: Sequence[ItemKey]) -> bool:
        """Deletes the versions at `places`. Returns whether all of them are gone."""


@dataclass(slots=True)
class Sweep:
    """The result of a sweep: the numbers of versions read and removed; `token` is set if it has to be continued."""

    read: int = 0
    swept: int = 0
    token: str | None = None

    @property
    def complete(self) -> bool:
        """Returns whether all versions were checked."""
        return self.token is None


def sweep(store: RetentionStore, below: str, stop: Callable[[], bool], token: str | None = None) -> Sweep:
    """Deletes the versions that were superseded before `below`, continuing from `token`.

    Reads the whole table once, keys only. It is idempotent, and safe to run concurrently with another sweep. It ends
    early when `stop` returns True.

    Raises:
        InvalidCursor: `token` is not a token of a sweep.
    """
    done = Sweep()
    if not below:
        return done
    after = _position(token)
    store.begin_sweep(below)
    while not stop():
        page, following = store.places(after)
        expired = outlived(after, page, below)
        if not store.remove(expired):
            break
        done.read += len(page)
        done.swept += len(expired)
        if following is None:
            return done
        after = following
    pk, sk = after or ("", "")
    done.token = cursors.encode("sweep", {"pk": pk, "sk": sk})
    return done


def _position(token: str | None) -> ItemKey | None:
    if token is None:
        return None
    facts = cursors.decode("sweep", token, ("pk", "sk"))
    if bool(facts["pk"]) != bool(facts["sk"]):
        raise InvalidCursor("is no token of a sweep")
    return (facts["pk"], facts["sk"]) if facts["pk"] else None
