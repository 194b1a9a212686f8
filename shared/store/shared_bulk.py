"""Many writes in a calendar that is not the caller's own: transactions, each of which holds to the caller's right.

They are made one after another: side by side they would conflict with one another on the caller's membership.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.errors import AnswerLost, CalendarFull, Contended, InvalidRequest, NotAllowed, NotFound, StoreFault
from shared.scheduling.bulk_items import ANSWER_LOST
from shared.store.bulk import DynamoBulkStore, why_not_written
from shared.store.codec import event_of, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.shared_events import SharedEventStore

if TYPE_CHECKING:
    from shared.ids import CalendarId, EventId, UserId
    from shared.retries import Deadline
    from shared.scheduling.events import Event
    from shared.scheduling.intervals import Interval
    from shared.scheduling.quotas import Usage
    from shared.scheduling.roles import Right

# A transaction has at most 100 actions, two of which hold to the membership and to the state of the calendar.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
TRANSACTION_EVENTS: Final = 98
REVOKED: Final = "not written: you may not write in this calendar any more"


# Makes the actions of a transaction that hold to the caller's right.
Checks = Callable[[], list[dict[str, Any]]]


class SharedBulkStore(SharedEventStore, DynamoBulkStore):
    """The events of one calendar, with the operations of a bulk creation, and of the undo of one."""

    def count_bulk(
        self, user_id: "UserId", calendar_id: "CalendarId", minute: int, most: int, *, with_usage: bool
    ) -> "tuple[bool, Usage | None]":
        """Does what `DynamoBulkStore.count_bulk` does, for a caller who may write in the calendar."""
        count = super().count_bulk
        return self._grants.beside(lambda: count(user_id, calendar_id, minute, most, with_usage=with_usage))

    def crowd(
        self, calendar_id: "CalendarId", windows: "Sequence[Interval]", seconds: float
    ) -> "tuple[list[Event], bool]":
        """Does what `DynamoBulkStore.crowd` does. It may take long: then the grant is read again."""
        found = super().crowd(calendar_id, windows, seconds)
        self._grants.renew()
        return found

    def put_all(self, events: "Sequence[Event]", deadline: "Deadline") -> "dict[EventId, str]":
        """Writes new events, in one TransactWriteItems per 98, one after another. Each is written as a whole or not.

        Returns:
            The reason, by event id, for each event that is not known to be written.
        """
        outcomes = self.put_each([(event, None) for event in events], deadline)
        return {event_id: outcome for event_id, outcome in outcomes.items() if isinstance(outcome, str)}

    def put_each(
        self, events: "Sequence[tuple[Event, Event | None]]", deadline: "Deadline"
    ) -> "dict[EventId, Event | str | None]":
        """Writes each event if the stored one is still the one given with it: 98 in a transaction, one after another.

        Returns:
            By event id: None if it was written, the stored event that prevented it, or the reason why it is not known
            to be written.
        """
        return self._put_each(events, deadline, lambda: [self._grants.check("write"), self._grants.check_not_strict()])

    def delete_each(
        self, tombstones: "Sequence[tuple[Event, Event | None]]", deadline: "Deadline"
    ) -> "dict[EventId, Event | str | None]":
        """Writes tombstones as `put_each` writes events. Without the right to write they are of the caller's own."""

        def checks() -> list[dict[str, Any]]:
            right: Right = "write" if self.grant.may("write") else "book"
            return self._grants.checks_unread(right)

        return self._put_each(tombstones, deadline, checks)

    def _put_each(
        self, events: "Sequence[tuple[Event, Event | None]]", deadline: "Deadline", checks: Checks
    ) -> "dict[EventId, Event | str | None]":
        outcomes: dict[EventId, Event | str | None] = {}
        for at in range(0, len(events), TRANSACTION_EVENTS):
            chunk = events[at : at + TRANSACTION_EVENTS]
            if REVOKED in outcomes.values():
                outcomes |= dict.fromkeys((event.id for event, _ in chunk), REVOKED)
            else:
                outcomes |= self._put_together(chunk, deadline, checks)
        return outcomes

    def _put_together(
        self, events: "Sequence[tuple[Event, Event | None]]", deadline: "Deadline", checks: Checks
    ) -> "dict[EventId, Event | str | None]":
        """Writes at most 98 events, without those that something stored prevents. Returns what `put_each` does."""
        waiting = {event.id: (event, previous) for event, previous in events}
        outcomes: dict[EventId, Event | str | None] = {}
        lost = False

        def attempt() -> None:
            nonlocal lost
            try:
                self._put_once(waiting, outcomes, checks)
            except AnswerLost:
                lost = True
                raise

        try:
            deadline.retry(attempt)
        except (InvalidRequest, NotAllowed, NotFound):
            return outcomes | dict.fromkeys(waiting, ANSWER_LOST if lost else REVOKED)
        except (CalendarFull, StoreFault) as fault:
            return outcomes | dict.fromkeys(waiting, why_not_written(fault))
        return outcomes | dict.fromkeys(waiting)

    def _put_once(
        self,
        waiting: "dict[EventId, tuple[Event, Event | None]]",
        outcomes: "dict[EventId, Event | str | None]",
        checks: Checks,
    ) -> None:
        """Writes `waiting` in one transaction. If that fails, moves those that cannot be written to `outcomes`.

        Raises:
            NotFound, NotAllowed, InvalidRequest: The caller may not write any more. Nothing was written.
            Contended, Throttled, AnswerLost: Retry.
        """
        try:
            self._transact([self._conditional_put(*each) for each in waiting.values()], checks())
        except Contended as contended:
            fault = contended.__cause__
            failed = failed_conditions(fault) if isinstance(fault, ClientError) else {}
            stored = {event_id: failed[at] for at, event_id in enumerate([*waiting]) if at in failed}
            for event_id, item in stored.items():
                if item.get("history_id") == text(waiting[event_id][0].history_id):
                    # An attempt whose response was lost has written it.
                    del waiting[event_id]
                    outcomes[event_id] = None
            # What else is stored is the business only of somebody who may still write here.
            self._grants.read({})
            for event_id in stored.keys() & waiting.keys():
                event, _ = waiting.pop(event_id)
                if stored[event_id]:
                    outcomes[event_id] = event_of(stored[event_id])
                else:  # the tombstone that this version was to follow has been removed since
                    waiting[event_id] = (event, None)
            if waiting:
                raise

    def _transact(self, puts: Sequence[dict[str, Any]], checks: Sequence[dict[str, Any]]) -> None:
        every = [{"Put": {**put, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}} for put in puts]
        actions: list[Any] = [*every, *checks]
        with store_faults():
            self._clients.dynamodb.transact_write_items(TransactItems=actions)
