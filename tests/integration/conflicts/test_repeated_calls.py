"""The SDK repeats a call whose answer was lost, and tells nobody: that must hide nothing from the guard."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.errors import OutcomeUnknown, Unavailable
from shared.ids import EventId
from shared.runtime import Runtime
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.terms import Terms
from shared.store.client import Clients
from tests.harness.botocore_faults import COMMIT, Wire, refusal
from tests.integration.conflicts.changes import AWAY, CHANGES, CREATE, HOT, Change, same
from tests.integration.conflicts.contended_calendar import ContendedCalendar

Act = Callable[[Calendar, EventId], Event]


@pytest.fixture
def repeating(
    aws: None,  # noqa: ARG001 set up for the clients
    tables: tuple[Runtime, Runtime],
    dynamodb_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ContendedCalendar]:
    """A calendar whose subject's clients repeat calls as they do in Lambda, but without waiting."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "conflicts")
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    clients = Clients(dynamodb_endpoint)
    with Wire(clients) as wire:
        yield ContendedCalendar(tables[0], replace(tables[0], clients=clients), wire)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_repeated_transaction_is_applied_once(repeating: ContendedCalendar, change: Change) -> None:
    before = change.prepare(repeating)
    repeating.wire.lose_answer(COMMIT)

    written = change.act(repeating.subject(), before)

    assert repeating.events() == [written]
    assert same(change, written)
    tokens = [request["ClientRequestToken"] for request in repeating.wire.requests[COMMIT]]
    assert len(tokens) == 2
    assert len({*tokens}) == 1


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_transaction_said_to_be_in_progress_may_have_been_applied(
    repeating: ContendedCalendar, change: Change
) -> None:
    # What DynamoDB answers to the repetition of a transaction that it is still at work on.
    before = change.prepare(repeating)
    repeating.wire.lose_answer(COMMIT)
    for _ in range(2):
        repeating.wire.then(COMMIT, lambda _: refusal("TransactionInProgressException"))

    written = change.act(repeating.subject(), before)

    assert repeating.events() == [written]
    assert repeating.wire.calls[COMMIT] == 3


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_repetition_that_is_refused_may_have_been_applied_before(
    repeating: ContendedCalendar, change: Change
) -> None:
    # The first try is still under way when the second meets another transaction.
    before = change.prepare(repeating)
    repeating.wire.lose_answer(COMMIT)
    repeating.wire.then(COMMIT, lambda _: refusal("TransactionCanceledException", CancellationReasons=CONFLICT))

    written = change.act(repeating.subject(), before)

    assert repeating.events() == [written]
    assert repeating.wire.calls[COMMIT] == 2


CONFLICT = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]

WRITES: dict[str, tuple[str, Act]] = {
    "patch": ("UpdateItem", lambda calendar, event_id: calendar.patch(event_id, {"title": "Ours"})),
    "replace": ("PutItem", lambda calendar, event_id: calendar.replace(event_id, AWAY, Terms(on_conflict="allow"))),
    "free": ("PutItem", lambda calendar, event_id: calendar.patch(event_id, {"transparency": "transparent"})),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_repeated_write_is_applied_once(repeating: ContendedCalendar, write: str) -> None:
    operation, act = WRITES[write]
    event = repeating.rival().create(HOT)
    repeating.wire.lose_answer(operation)

    written = act(repeating.subject(), event.id)

    assert repeating.events() == [written]
    assert written.stamp.version == 2
    assert repeating.wire.calls[operation] == 2


@pytest.mark.parametrize("write", WRITES)
def test_a_repeated_write_that_was_overtaken_is_not_applied_again(repeating: ContendedCalendar, write: str) -> None:
    operation, act = WRITES[write]
    event = repeating.rival().create(HOT)
    repeating.wire.lose_answer(operation, lambda: repeating.rival().patch(event.id, {"title": "Theirs"}))

    with pytest.raises(OutcomeUnknown):
        act(repeating.subject(), event.id)

    (stored,) = repeating.events()
    assert (stored.stamp.version, stored.content.title) == (3, "Theirs")


def test_a_repeated_deletion_does_not_delete_what_was_restored(repeating: ContendedCalendar) -> None:
    event = repeating.rival().create(HOT)
    repeating.wire.lose_answer("UpdateItem", lambda: repeating.rival().roll_back(event))

    with pytest.raises(OutcomeUnknown):
        repeating.subject().delete(event.id)

    assert list(repeating.live()) == [event.id]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_may_come_after_the_write(repeating: ContendedCalendar, status: int) -> None:
    def written_and_failed(request: AWSPreparedRequest) -> AWSResponse:
        repeating.wire.send(request)
        return refusal("InternalFailure", status)

    for _ in range(3):
        repeating.wire.then(COMMIT, written_and_failed)

    written = CREATE.act(repeating.subject(), None)

    assert repeating.events() == [written]
    assert repeating.wire.calls[COMMIT] == 3


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_throttling_of_every_repetition_is_no_lost_answer(repeating: ContendedCalendar, change: Change) -> None:
    before = change.prepare(repeating)
    stored = repeating.events()
    repeating.wire.always[COMMIT] = lambda _: refusal("ThrottlingException")

    with pytest.raises(Unavailable, match="nothing was written") as caught:
        change.act(repeating.subject(), before)

    assert not isinstance(caught.value, OutcomeUnknown)
    assert repeating.events() == stored
