"""The log of a calendar's roles: who changed whose from what to what."""

from typing import Protocol

from shared import cursors, ids
from shared.errors import InvalidCursor
from shared.ids import CalendarId, UserId
from shared.request import Request
from shared.sharing.calendars import LogEntry, admitted
from shared.sharing.grants import Lookup, standing_of


class LogStore(Protocol):
    """Reads of a log. All methods raise Throttled and AnswerLost."""

    def log(
        self, calendar_id: CalendarId, user_id: UserId, before: str | None, limit: int
    ) -> tuple[Lookup, list[LogEntry], str | None]:
        """Returns what is read of a calendar for a user, a page of its log, latest first, and before which it goes on.

        The page is that before the entry `before`, if there is one.
        """


def read_log(
    store: LogStore, request: Request, calendar_id: CalendarId, limit: int, cursor: str | None
) -> tuple[list[LogEntry], str | None]:
    """Returns a page of the log of a calendar of which the caller is an owner, and the cursor of the next one.

    Raises:
        NotFound, NotAllowed: The caller is no owner.
        InvalidCursor: The cursor is none of this log.
    """
    query = f"log {calendar_id}"
    before = None if cursor is None else cursors.decode(query, cursor, ("before",))["before"]
    if before is not None and not ids.is_id(before):
        raise InvalidCursor
    lookup, entries, following = request.deadline.retry(lambda: store.log(calendar_id, request.actor, before, limit))
    admitted(standing_of(lookup, calendar_id, request), "share")
    return entries, None if following is None else cursors.encode(query, {"before": following})
