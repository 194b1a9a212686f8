"""A bulk creation under a key whose function dies at some call, and is sent again: all is there, and nothing twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.errors import Unavailable
from shared.http.bulk_models import BulkEvents
from shared.ids import UserId
from shared.runtime import current
from shared.scheduling.bulk_items import BulkResult
from shared.store.client import CONNECTIONS
from shared.wiring.bulk import bulk_creation
from tests.harness.botocore_faults import Wire
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Context, Reply
from tests.harness.payloads import REVIEW
from tests.harness.samples import new_id, request

KEY = {"Idempotency-Key": "bulk-1"}
OPERATIONS = ("PutItem", "BatchWriteItem", "BatchGetItem", "Query")
STILL_AT_WORK = 30


class Killed(BaseException):
    """The end of a function, which nothing in it can catch."""


@contextmanager
def killed_at(wire: Wire, last: int, *, sent: bool) -> Iterator[None]:
    """Let calls through, one at a time, until the function dies at call `last`, before or after it is carried out."""
    count = 0

    def handler(request: AWSPreparedRequest) -> AWSResponse:
        nonlocal count
        count += 1
        if count > last or (count == last and not sent):
            raise Killed
        answer = wire.send(request)
        if count == last:
            raise Killed
        return answer

    clients = current().clients
    usual, pool = clients.pool, ThreadPoolExecutor(CONNECTIONS)
    clients.__dict__["pool"] = pool
    wire.always = dict.fromkeys(OPERATIONS, handler)
    try:
        yield
    finally:
        pool.shutdown()  # its threads die with it: none makes a call later
        clients.__dict__["pool"] = usual
        wire.always = {}


class Client:
    """A new user who sends one bulk request, again and again."""

    def __init__(self, deployment: Deployment, size: int, **event: Any) -> None:
        self.deployment = deployment
        self.size = size
        self.api = Api(user_id=UserId(new_id()))
        self.body = {"events": [{**REVIEW, **event, "title": f"Shift {number}"} for number in range(size)]}

    def send(self) -> Reply:
        return self.api("POST", "/events/bulk", self.body, headers=KEY, context=Context(milliseconds=26_000))

    def dies_at(self, wire: Wire, last: int, *, sent: bool) -> bool:
        """Send the request, and let its function die; gives whether it did not live to answer."""
        try:
            with killed_at(wire, last, sent=sent):
                self.send()
        except Killed:
            return True
        return False

    def items(self) -> list[dict[str, Any]]:
        """What lies in the calendar under the name of events."""
        mine = f"CAL#{self.api.user_id}"
        return [item for item in self.deployment.events() if item["pk"]["S"] == mine]

    def check(self, answer: Reply) -> None:
        """Assert that all is there once, in the versions that `answer` names, and recorded."""
        assert (answer.status, answer.body["created"]) == (201, self.size), answer.text[:300]
        stored = {item["id"]["S"]: item for item in self.items()}
        assert len(stored) == self.size
        for item, event in zip(answer.body["items"], self.body["events"], strict=True):
            found = stored[item["id"]]
            assert (found["title"]["S"], found["history_id"]["S"]) == (event["title"], item["history_id"])
            assert (found["version"]["N"], found["change_type"]["S"]) == ("1", "create")
            assert found["operation_id"]["S"] == answer.body["operation_id"]
            assert found["operation_size"]["N"] == str(self.size)
        versions = [item for item in self.deployment.versions() if item["calendar_id"]["S"] == self.api.user_id]
        assert len(versions) == self.size
        assert {item["sk"]["S"] for item in versions} == {item["history_id"] for item in answer.body["items"]}


def interrupted(deployment: Deployment, wire: Wire, size: int, last: int, *, sent: bool) -> tuple[Client, Reply]:
    client = Client(deployment, size)
    assert client.dies_at(wire, last, sent=sent)
    deployment.clock.forward(seconds=STILL_AT_WORK)
    answer = client.send()
    assert ("Idempotent-Replay" in answer.headers) == (sent or last > 1)
    again = client.send()
    assert (again.status, again.body, again.headers["Idempotent-Replay"]) == (201, answer.body, "true")
    return client, answer


@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "before it is answered"])
def test_killed_at_every_call(dynamodb_deployment: Deployment, wire: Wire, sent: bool) -> None:
    # The claim, and four batches.
    made = [interrupted(dynamodb_deployment, wire, 100, last, sent=sent) for last in range(1, 6)]
    assert not Client(dynamodb_deployment, 100).dies_at(wire, 6, sent=sent)
    dynamodb_deployment.record()
    for client, answer in made:
        client.check(answer)


@pytest.mark.parametrize(("last", "sent"), [(2, False), (21, True), (41, False), (41, True)])
def test_a_thousand_killed_at_some_calls(dynamodb_deployment: Deployment, wire: Wire, last: int, sent: bool) -> None:
    # The claim, and forty batches.
    client, answer = interrupted(dynamodb_deployment, wire, 1_000, last, sent=sent)
    dynamodb_deployment.record()
    client.check(answer)


@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "before it is answered"])
def test_those_who_complete_it_are_killed_as_well(dynamodb_deployment: Deployment, wire: Wire, sent: bool) -> None:
    client = Client(dynamodb_deployment, 30)
    deaths = 0
    # With 30 events left out, a repetition makes a claim, a read and up to 30 writes.
    while client.dies_at(wire, 1 + deaths, sent=sent):
        deaths += 1
        dynamodb_deployment.clock.forward(seconds=STILL_AT_WORK)
    assert deaths >= 3
    dynamodb_deployment.record()
    client.check(client.send())


def test_events_with_uids_are_completed_too(dynamodb_deployment: Deployment, wire: Wire) -> None:
    client = Client(dynamodb_deployment, 10)
    for number, event in enumerate(client.body["events"]):
        event["uid"] = f"{number}"
    # A read, the claim, and three of ten writes.
    assert client.dies_at(wire, 5, sent=True)
    assert len(client.items()) == 3
    dynamodb_deployment.clock.forward(seconds=STILL_AT_WORK)
    touched = client.items()[0]["id"]["S"]
    assert client.api("PATCH", f"/events/{touched}", {"location": "Room 5"}).status == 200
    answer = client.send()
    assert (answer.status, answer.body["created"], len(client.items())) == (201, 10, 10)
    assert client.send().body == answer.body
    dynamodb_deployment.record()
    versions = {item["sk"]["S"] for item in dynamodb_deployment.versions() if item["version"]["N"] == "1"}
    assert versions == {item["history_id"] for item in answer.body["items"]}


def test_while_the_first_may_be_at_work_nobody_completes_it(dynamodb_deployment: Deployment, wire: Wire) -> None:
    client = Client(dynamodb_deployment, 50)
    assert client.dies_at(wire, 2, sent=True)
    before = client.items()
    assert len(before) == 25
    wait = client.send()
    assert (wait.status, wait.body["type"]) == (503, "/problems/unavailable")
    assert 20 <= int(wait.headers["Retry-After"]) <= STILL_AT_WORK
    assert client.items() == before
    dynamodb_deployment.clock.forward(seconds=int(wait.headers["Retry-After"]))
    answer = client.send()
    dynamodb_deployment.record()
    client.check(answer)


def test_what_was_changed_or_deleted_meanwhile_is_left_as_it_is(dynamodb_deployment: Deployment, wire: Wire) -> None:
    client = Client(dynamodb_deployment, 50)
    assert client.dies_at(wire, 2, sent=True)
    dynamodb_deployment.clock.forward(seconds=STILL_AT_WORK)
    changed, deleted, *_ = client.items()
    event = client.api("PATCH", f"/events/{changed['id']['S']}", {"title": "Changed"}).body
    assert client.api("DELETE", f"/events/{deleted['id']['S']}").status == 204
    assert (client.send().status, len(client.items())) == (201, 50)
    assert client.api("GET", f"/events/{changed['id']['S']}").body == event
    assert client.api("GET", f"/events/{deleted['id']['S']}").status == 404


def test_what_a_repetition_could_not_write_is_told_and_done_by_the_next(
    dynamodb_deployment: Deployment, wire: Wire
) -> None:
    client = Client(dynamodb_deployment, 30)
    assert client.dies_at(wire, 2, sent=False)
    dynamodb_deployment.clock.forward(seconds=STILL_AT_WORK)
    wire.lose_request("PutItem", lambda: None)  # of the claim: it is made again
    for _ in range(3):
        wire.lose_answer("BatchGetItem")
    answer = client.send()
    dynamodb_deployment.record()
    client.check(answer)


def test_the_same_request_many_times_at_once(dynamodb_deployment: Deployment) -> None:
    # Below the handlers: a function serves one request at a time, and the resolver knows of one only.
    client = Client(dynamodb_deployment, 100)
    bulk = BulkEvents.model_validate(client.body)

    def create(_: int) -> BulkResult | None:
        asked = request(client.api.user_id, now_ns=dynamodb_deployment.clock(), deadline=current().deadline(24.0))
        try:
            return bulk_creation(asked).create(bulk.parts(), key="bulk-1")
        except Unavailable:
            return None

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))
    dynamodb_deployment.record()
    done = [made for made in answers if made is not None]
    assert len({tuple(outcome.event for outcome in made.outcomes) for made in done}) == 1
    assert sum(not made.repeated for made in done) == 1
    client.check(client.send())
