"""Lost responses: how a request determines whether a write was applied to which it received no response."""

from collections.abc import Callable

from shared.errors import (
    AnswerLost,
    Contended,
    EventConflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    Throttled,
    Unavailable,
)
from shared.ids import HistoryId
from shared.retries import Deadline
from shared.scheduling.events import Event

_UNKNOWN = "the response of the database was lost and the event may or may not have changed: read it"


class LostAnswers:
    """The versions that a request may have written, but for which the response was lost."""

    def __init__(self, *, unread: bool = False) -> None:
        """Tracks the writes of one request. `unread`: the event was not read before each write."""
        self._unread = unread
        self._history_ids: list[HistoryId] = []
        self._before: HistoryId | None = None

    def __bool__(self) -> bool:
        """Returns whether there are any."""
        return bool(self._history_ids)

    @property
    def first(self) -> HistoryId | None:
        """Returns the earliest of these versions, or None."""
        return self._history_ids[0] if self._history_ids else None

    def add(self, history_id: HistoryId, previous: Event | None = None) -> None:
        """Records that there was no response to the write of version `history_id` over `previous`."""
        if not self._history_ids:
            self._before = previous.history_id if previous else None
        self._history_ids.append(history_id)

    def applied(self, stored: Event | None) -> bool:
        """Returns whether `stored` is one of these versions.

        Raises:
            OutcomeUnknown: another writer has changed the event since, so it is unknown whether a write was applied.
        """
        if not self._history_ids:
            return False
        history_id = stored.history_id if stored else None
        if history_id in self._history_ids:
            return True
        if self._unread:
            overtaken = history_id is not None and history_id > self._history_ids[0]
        else:
            overtaken = history_id != self._before
        if overtaken:
            raise self.unknown()
        return False

    def unknown(self) -> OutcomeUnknown:
        """Returns the error for a caller when it is unknown whether a write was applied."""
        return OutcomeUnknown(_UNKNOWN)

    def out_of_time(self, what: str) -> Unavailable:
        """Returns the error for a caller when no time is left to retry a change of `what`."""
        if self:
            return self.unknown()
        return Unavailable(f"too many callers change this {what} at once; nothing was written")


def until_written(attempt: Callable[[], Event | None], lost: LostAnswers, deadline: Deadline) -> Event:
    """Returns what `attempt` does, which is repeated while another writer is faster, or the database too busy.

    `attempt` adds to `lost` what it has written without a response, and returns None after that.

    Raises:
        Unavailable (nothing written), OutcomeUnknown, and the other errors of `attempt`.
    """
    for _ in deadline.attempts():
        try:
            event = attempt()
        except (Contended, Throttled, AnswerLost):
            continue
        except (EventConflict, QuotaExceeded, NotFound, NotAllowed, InvalidRequest):
            # The conflicting write may have been unchecked, and so not have updated a fence: then a write whose
            # response was lost may still be applied. No fence stands for a quota or a revoked right either.
            if lost:
                raise lost.unknown() from None
            raise
        if event is not None:
            return event
    raise lost.out_of_time("calendar")
