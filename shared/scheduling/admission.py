"""Admission of bulk creations: how many a user may request in a minute, and whether the calendar has room for them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from shared.errors import StoreFault, TooManyBulkRequests, Unavailable
from shared.ids import CalendarId, UserId
from shared.request import Request
from shared.scheduling.bulk_items import Draft
from shared.scheduling.events import Event
from shared.scheduling.quotas import NOTHING, Quotas, Usage, size_of, size_of_new

T = TypeVar("T")

MINUTE: Final = 60


class AdmissionStore(Protocol):
    """The operations on the tables that an admission needs."""

    def count_bulk(
        self, user_id: UserId, calendar_id: CalendarId, minute: int, most: int, *, with_usage: bool
    ) -> tuple[bool, Usage | None]:
        """Counts a request of the user in `minute` (since 1970), unless it has had `most` (0: any number).

        Returns:
            Whether there were fewer; and what the calendar holds, if that is wanted, read concurrently.

        Raises:
            Throttled, AnswerLost.
        """


class Admission:
    """The admission of one bulk creation, by `request`, within `quotas`."""

    def __init__(self, store: AdmissionStore, request: Request, quotas: Quotas) -> None:
        """Counts in `store`."""
        self._store = store
        self._request = request
        self._quotas = quotas
        self._usage: Usage | None = None

    def admit(self, drafts: Sequence[Draft]) -> None:
        """Counts the request, before it costs anything else, and reads what the calendar holds, if that is not known.

        Raises:
            TooManyBulkRequests, Unavailable.
        """
        most, minute = self._quotas.bulk_per_minute, self._request.now // MINUTE
        unknown = not self._quotas.ample(sum((size_of_new(each.content, each.uid) for each in drafts), NOTHING))
        if not most and not unknown:
            return
        actor, calendar_id = self._request.actor, self._request.calendar_id
        admitted, self._usage = self._reading(
            lambda: self._store.count_bulk(actor, calendar_id, minute, most, with_usage=unknown)
        )
        if not admitted:
            raise TooManyBulkRequests(most, MINUTE - self._request.now % MINUTE)

    def check_room(self, events: Iterable[Event]) -> None:
        """Raises QuotaExceeded if the calendar has no room for `events`, none of which exists. Raises Unavailable."""
        growth = sum(map(size_of, events), NOTHING)
        self._reading(lambda: self._quotas.check(growth, self._usage))

    def _reading(self, call: Callable[[], T]) -> T:
        try:
            return self._request.deadline.retry(call)
        except StoreFault as fault:
            raise Unavailable("the database was too busy; nothing was written") from fault
