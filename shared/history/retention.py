"""Retention: for how long a version is kept after another one has taken its place.

Counted from when it was superseded, not from when it was made: so what an event was at any moment within the retention
can be told, however long it had been so. The newest version of an event has not been superseded, and stays.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared import cursors, ids
from shared.errors import InvalidRequest
from shared.history import ItemKey


def swept_below(now_ms: int, retention_seconds: int) -> str:
    """The least id that a version's successor may have for the version to be kept; empty if all are kept for ever.

    `now_ms` in milliseconds since 1970.
    """
    if retention_seconds == 0:
        return ""
    return ids.derived_id(max(0, now_ms - retention_seconds * 1000), 0)


def outlived(previous: ItemKey | None, places: Iterable[ItemKey], below: str) -> list[ItemKey]:
    """Which of `previous` and `places` have a successor, of the same event, below `below`."""
    found = []
    for place in places:
        if previous is not None and previous[0] == place[0] and previous[1] < place[1] < below:
            found.append(previous)
        previous = place
    return found


class RetentionStore(Protocol):
    """What a sweep needs of the history table."""

    def places(self, after: ItemKey | None) -> tuple[list[ItemKey], ItemKey | None]:
        """A page of where versions lie, each event's together and oldest first, and where the next begins."""

    def begin_sweep(self, below: str) -> None:
        """Note how far sweeps go, before anything is removed: what lies beyond is not missing."""

    def remove(self, places: Sequence[ItemKey]) -> bool:
        """Delete the versions at `places`. Gives whether all of them are gone."""


@dataclass(slots=True)
class Sweep:
    """What a sweep has done; `token` is set if it has to go on."""

    read: int = 0
    swept: int = 0
    token: str | None = None

    @property
    def complete(self) -> bool:
        """Whether all versions were looked at."""
        return self.token is None


def sweep(store: RetentionStore, below: str, stop: Callable[[], bool], token: str | None = None) -> Sweep:
    """Delete the versions that were superseded before `below`, from `token` on; ends early when `stop` says so.

    Reads the whole table once, keys only. Repeated or side by side with another it does the same. Raises InvalidRequest
    for a token that is none.
    """
    done = Sweep()
    if not below:
        return done
    after = _position(token)
    store.begin_sweep(below)
    while not stop():
        page, following = store.places(after)
        doomed = outlived(after, page, below)
        if not store.remove(doomed):
            break
        done.read += len(page)
        done.swept += len(doomed)
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
        raise InvalidRequest.of("token", "is no token of a sweep")
    return (facts["pk"], facts["sk"]) if facts["pk"] else None
