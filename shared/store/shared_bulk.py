"""Bulk creation in a calendar that is not the caller's own: transactions, each of which holds to the right to write.

They are made one after another: side by side they would conflict with one another on the caller's membership.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import ClientError

from shared.errors import AnswerLost, CalendarFull, Contended, InvalidRequest, NotAllowed, NotFound, StoreFault
from shared.scheduling.bulk_items import ANSWER_LOST
from shared.store.bulk import DynamoBulkStore, why_not_written
from shared.store.codec import event_of
from shared.store.faults import failed_conditions, store_faults
from shared.store.shared_events import SharedEventStore

if TYPE_CHECKING:
    from shared.ids import CalendarId, EventId, UserId
    from shared.retries import Deadline
    from shared.scheduling.events import Event
    from shared.scheduling.quotas import Usage

# A transaction has at most 100 actions, two of which hold to the membership and to the state of the calendar.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
TRANSACTION_EVENTS: Final = 98
REVOKED: Final = "not written: you may not write in this calendar any more"


class SharedBulkStore(SharedEventStore, DynamoBulkStore):
    """The events of one calendar, with the operations of a bulk creation."""

    def count_bulk(
        self, user_id: "UserId", calendar_id: "CalendarId", minute: int, most: int, *, with_usage: bool
    ) -> "tuple[bool, Usage | None]":
        """Does what `DynamoBulkStore.count_bulk` does, for a caller who may write in the calendar."""
        count = super().count_bulk
        return self._grants.beside(lambda: count(user_id, calendar_id, minute, most, with_usage=with_usage))

    def put_all(self, events: "Sequence[Event]", deadline: "Deadline") -> "dict[EventId, str]":
        """Writes new events, in one TransactWriteItems per 98, one after another. Each is written as a whole or not.

        Returns:
            The reason, by event id, for each event that is not known to be written.
        """
        failures: dict[EventId, str] = {}
        for at in range(0, len(events), TRANSACTION_EVENTS):
            chunk = events[at : at + TRANSACTION_EVENTS]
            revoked = REVOKED in failures.values()
            why = REVOKED if revoked else self._why_not(partial(self._put_chunk_once, chunk), deadline)
            failures |= dict.fromkeys((event.id for event in chunk), why) if why else {}
        return failures

    def _put_chunk_once(self, events: "Sequence[Event]", *, again: bool) -> None:
        if again and self._get_chunk(events[0].calendar_id, [events[0].id]):
            return  # one of them is there, so all are
        self._transact([self._conditional_put(event, None) for event in events])

    def put_each(
        self, events: "Sequence[tuple[Event, Event | None]]", deadline: "Deadline"
    ) -> "dict[EventId, Event | str | None]":
        """Writes each event if the stored one is still the one given with it: one transaction each.

        Returns:
            By event id: None if it was written, the stored event that prevented it, or the reason why it is not known
            to be written.
        """
        outcomes: dict[EventId, Event | str | None] = {}
        for event, previous in events:
            met: list[Event] = []
            why = self._why_not(partial(self._put_or_meet_once, event, previous, met), deadline)
            others = [each for each in met if each.history_id != event.history_id]
            outcomes[event.id] = why or next(iter(others), None)
        return outcomes

    def _put_or_meet_once(self, event: "Event", previous: "Event | None", met: "list[Event]", *, again: bool) -> None:
        """Writes `event` if the stored one is `previous`, and else puts the stored one into `met`."""
        del again  # a retry after a lost response meets the version that the first attempt wrote
        put = {**self._conditional_put(event, previous), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            self._transact([put])
        except Contended as contended:
            fault = contended.__cause__
            failed = failed_conditions(fault) if isinstance(fault, ClientError) else {}
            if 0 not in failed:
                raise
            if failed[0]:
                met.append(event_of(failed[0]))
            else:  # the tombstone that this version was to follow has been removed since
                self._put_or_meet_once(event, None, met, again=False)

    def _transact(self, puts: Sequence[dict[str, Any]]) -> None:
        checks = [self._grants.check("write"), self._grants.check_not_strict()]
        actions: list[Any] = [*({"Put": put} for put in puts), *checks]
        with store_faults():
            self._clients.dynamodb.transact_write_items(TransactItems=actions)

    def _why_not(self, write: "Write", deadline: "Deadline") -> str | None:
        """Writes, with retries. Returns why it is not known to be written; None if it is."""
        lost = False

        def attempt() -> None:
            nonlocal lost
            try:
                write(again=lost)
            except AnswerLost:
                lost = True
                raise
            except Contended:
                self._grants.read({})
                self._grants.access.check_allowing(self.grant)
                raise

        try:
            deadline.retry(attempt)
        except (InvalidRequest, NotAllowed, NotFound):
            return ANSWER_LOST if lost else REVOKED
        except (CalendarFull, StoreFault) as fault:
            return why_not_written(fault)
        return None


class Write(Protocol):
    """A write that may be made again, after one whose response was lost."""

    def __call__(self, *, again: bool) -> None:
        """Writes. Raises StoreFault."""
