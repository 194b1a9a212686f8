"""Retention: how long a version is kept after it has been superseded, and its content after its event was deleted.

The retention is counted from when a version was superseded, not from when it was created, so that the state of an event
at any moment within the retention is known, however old that state was. The newest version of an event is not
superseded, and is kept.

Once a deleted event can no longer be restored, its versions up to the deletion keep their stamps and ids only. The
removal of the event's item is what usually erases them (`shared.history.recording`); a sweep erases the rest. An event
that is then made anew under the same id keeps the content of its new versions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from shared import cursors, ids
from shared.errors import InvalidCursor
from shared.history.changes import VersionRef
from shared.ids import HistoryId, ItemKey


class Place(NamedTuple):
    """Where a version is, and what a sweep has to know of it: the kind of its change, and whether it has content."""

    key: ItemKey
    type: str = "update"
    erased: bool = False


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


class Stored(NamedTuple):
    """What is stored of an event: when it was made, and when it expires if it is deleted.

    What an item written by a script lacks is empty, or None.
    """

    created_at: str
    expires_at: int | None

    def keeps(self, deletion: HistoryId, now: int) -> bool:
        """Returns whether the versions up to `deletion` are still needed at `now` (seconds since 1970).

        They are while it can be undone, and after it was: the event then is as old as it was before.
        """
        if self.expires_at is not None:
            return self.expires_at > now
        return self.created_at <= ids.made_at(deletion)


@dataclass(slots=True)
class Deletions:
    """The deletions whose versions have to be erased, found in the order of the table.

    Attributes:
        deleted_below: The least id of a deletion that is too young.
        last: The version before the next one.
        content: Whether it or a version of its event before it, since the deletion before, still has content.
    """

    deleted_below: str
    last: Place | None = None
    content: bool = False

    def find(self, page: Iterable[Place]) -> list[ItemKey]:
        """Returns the deletions that are followed by a version of `page` that is not a restoration of the event."""
        found = []
        for place in page:
            same = self.last is not None and self.last.key[0] == place.key[0]
            if not same or place.type == "create":
                found += self.end()
            self.content = not place.erased or (same and self.content)
            self.last = place
        return found

    def end(self) -> list[ItemKey]:
        """Returns the last version, as a list, if it is a deletion that has to be erased."""
        last, content = self.last, self.content
        self.last, self.content = None, False
        due = last is not None and last.type == "delete" and content and last.key[1] < self.deleted_below
        return [last.key] if last is not None and due else []


class RetentionStore(Protocol):
    """The operations on the history table that a sweep needs."""

    def places(self, after: ItemKey | None) -> tuple[list[Place], ItemKey | None]:
        """Returns a page of versions, and the key after which the next page begins.

        They are grouped by event, oldest version first.
        """

    def ref_of(self, key: ItemKey) -> VersionRef:
        """Returns the identifier of the version at `key`."""

    def stored(self, versions: Sequence[VersionRef]) -> Mapping[VersionRef, Stored]:
        """Returns, by version, what is stored of the events of `versions`; of several of one event, by the last."""

    def erase(self, version: VersionRef) -> int | None:
        """Erases the content of the event's versions up to this one. Returns of how many; None if not of all."""

    def begin_sweep(self, below: str) -> None:
        """Records the bound of the sweep before anything is removed, so that no swept version counts as missing."""

    def remove(self, places: Sequence[ItemKey]) -> bool:
        """Deletes the versions at `places`. Returns whether all of them are gone."""


@dataclass(slots=True)
class Sweep:
    """The result of a sweep: how many versions were read, removed, and erased; `token` is set if it has to go on."""

    read: int = 0
    swept: int = 0
    erased: int = 0
    token: str | None = None

    @property
    def complete(self) -> bool:
        """Returns whether all versions were checked."""
        return self.token is None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a sweep goes by, at `seconds` since 1970 (UTC).

    A version is removed if its successor has an id below `swept_below` (empty: none is), and erased if its event was
    deleted by a version with an id below `deleted_below`.
    """

    swept_below: str
    deleted_below: str
    seconds: int

    @classmethod
    def of(cls, now_ms: int, retention_seconds: int, deleted_seconds: int) -> "Bounds":
        """Returns the bounds at `now_ms`, in milliseconds since 1970, by the settings of the deployment."""
        deleted = ids.derived_id(max(0, now_ms - deleted_seconds * 1000), 0)
        return cls(swept_below(now_ms, retention_seconds), deleted, now_ms // 1000)


def sweep(store: RetentionStore, bounds: Bounds, stop: Callable[[], bool], token: str | None = None) -> Sweep:
    """Deletes superseded versions, and erases those of deleted events, by `bounds`, continuing from `token`.

    Reads the whole table once. It is idempotent, and safe to run concurrently with another sweep. It ends early when
    `stop` returns True.

    Raises:
        InvalidCursor: `token` is not a token of a sweep.
    """
    done = Sweep()
    after = _position(token)
    deletions = Deletions(bounds.deleted_below)
    if bounds.swept_below:
        store.begin_sweep(bounds.swept_below)
    while not stop():
        page, following = store.places(after)
        expired = outlived(after, [place.key for place in page], bounds.swept_below)
        if not store.remove(expired):
            break
        erasable = deletions.find(page)
        if following is None:
            erasable += deletions.end()
        if not _erase(store, erasable, bounds.seconds, done):
            break
        done.read += len(page)
        done.swept += len(expired)
        if following is None:
            return done
        after = following
    pk, sk = after or ("", "")
    done.token = cursors.encode("sweep", {"pk": pk, "sk": sk})
    return done


def _erase(store: RetentionStore, deletions: Sequence[ItemKey], now: int, done: Sweep) -> bool:
    """Erases the versions up to each of `deletions`, unless they are still needed. Returns whether all are erased.

    They may be: because of a restoration that is not recorded yet, or of another setting at the time of the deletion.
    """
    refs = [store.ref_of(key) for key in deletions]
    stored = store.stored(refs) if refs else {}
    for ref in refs:
        event = stored.get(ref)
        if event is not None and event.keeps(ref.history_id, now):
            continue
        count = store.erase(ref)
        if count is None:
            return False
        done.erased += count
    return True


def _position(token: str | None) -> ItemKey | None:
    if token is None:
        return None
    facts = cursors.decode("sweep", token, ("pk", "sk"))
    if bool(facts["pk"]) != bool(facts["sk"]):
        raise InvalidCursor("is no token of a sweep")
    return (facts["pk"], facts["sk"]) if facts["pk"] else None
