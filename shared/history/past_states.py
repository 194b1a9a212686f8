"""What the stored event tells of its state at a moment in the past, given its versions that an index holds."""

from dataclasses import dataclass

from shared import ids
from shared.ids import HistoryId
from shared.scheduling.events import Event


@dataclass(frozen=True, slots=True)
class IndexedVersions:
    """The versions that an index holds at a position: the first and the last; `whole` if none can be missing."""

    first: HistoryId
    last: HistoryId
    whole: bool = True


def behind(moment_ms: int) -> HistoryId:
    """Returns the least id that a version made after a moment may have; the moment is in milliseconds since 1970."""
    return ids.derived_id(moment_ms + 1, 0)


def state_from(stored: Event | None, known: IndexedVersions, moment_ms: int) -> tuple[bool, Event | None]:
    """Returns whether the stored event determines its state at the moment, and that state: None if it did not exist."""
    if moment_ms < 0:
        return True, None
    if stored is None or not known.whole:
        return False, None
    after = behind(moment_ms)
    if stored.created_at > ids.made_at(ids.derived_id(moment_ms, 0)):
        # An event whose id comes from a client's name may be re-created after deletion: then earlier versions exist.
        created_once = stored.uid is None and stored.creation_digest is None
        return created_once or known.first >= after, None
    # A change that bypasses the API leaves the stored event with its old id, and has a later one in the history.
    return known.last <= stored.history_id < after, stored
