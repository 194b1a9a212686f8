"""Calendars deleted by their owners, and restored within some days."""

from typing import Protocol

from shared.errors import AnswerLost, Contended, NotFound
from shared.ids import CalendarId, UserId
from shared.request import Request
from shared.sharing.calendars import Standing, admitted
from shared.sharing.grants import PAUSE_SECONDS, Lookup, standing_of
from shared.sharing_errors import DefaultCalendar


class DeletionStore(Protocol):
    """Storage of calendars. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def find(self, calendar_id: CalendarId, user_id: UserId) -> Lookup:
        """Returns a calendar and the membership of a user."""

    def delete(self, calendar_id: CalendarId, holder: UserId, now: int) -> bool:
        """Deletes a calendar that is no default calendar, if `holder` is an owner. Returns whether it did."""

    def restore(self, calendar_id: CalendarId, holder: UserId, now: int, deleted_after: int) -> bool:
        """Restores a calendar deleted after `deleted_after`, if `holder` is an owner. Returns whether it did."""


class Deletion:
    """The deletion and the restoration of calendars, for the user of a request."""

    def __init__(self, store: DeletionStore, request: Request, seconds: int) -> None:
        """A calendar can be restored for `seconds`."""
        self._store = store
        self._request = request
        self._seconds = seconds
        self._unanswered = False

    def delete(self, calendar_id: CalendarId) -> None:
        """Deletes a calendar of which the caller is an owner. One call.

        Raises:
            NotFound, NotAllowed: The caller is no owner, or it is deleted.
            DefaultCalendar: It is somebody's default calendar.
        """
        self._request.deadline.retry(lambda: self._delete(calendar_id), longest=PAUSE_SECONDS)

    def _delete(self, calendar_id: CalendarId) -> None:
        request = self._request
        try:
            if self._store.delete(calendar_id, request.actor, request.now):
                return
        except AnswerLost:
            self._unanswered = True
            raise
        standing = self._owned(calendar_id)
        if standing.calendar.deleted_at is None:
            raise Contended("the calendar or the role has changed meanwhile")
        if not self._unanswered:
            raise NotFound("calendar")

    def restore(self, calendar_id: CalendarId) -> None:
        """Restores a calendar of which the caller is an owner; one that is not deleted is as it was. One call.

        Raises:
            NotFound, NotAllowed: The caller is no owner, or it was deleted too long ago.
            DefaultCalendar: It is somebody's default calendar.
        """
        self._request.deadline.retry(lambda: self._restore(calendar_id), longest=PAUSE_SECONDS)

    def _restore(self, calendar_id: CalendarId) -> None:
        request = self._request
        deleted_after = request.now - self._seconds
        if self._store.restore(calendar_id, request.actor, request.now, deleted_after):
            return
        standing = self._owned(calendar_id)
        if standing.calendar.deleted_at is not None:
            raise NotFound("calendar")

    def _owned(self, calendar_id: CalendarId) -> Standing:
        """Returns what the caller is in a calendar, deleted or not. Raises NotFound, NotAllowed and DefaultCalendar."""
        request = self._request
        found = self._store.find(calendar_id, request.actor)
        standing = admitted(standing_of(found, calendar_id, request), "share", deleted=True)
        # Its user, whose id it has, is among its owners for ever.
        if UserId(calendar_id) in standing.calendar.owners:
            raise DefaultCalendar
        return standing
