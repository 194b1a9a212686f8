"""A creation that is sent again is done once: by its key, or by the client's own name for the event."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.http.models import CreateEvent
from shared.runtime import current
from shared.scheduling.events import Event
from shared.scheduling.idempotency import CreationKey
from shared.scheduling.terms import Terms
from shared.wiring import events as wiring
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, ALLOW, GRACE, LATER, REVIEW
from tests.harness.samples import OWNER, request
from tests.integration.creation_requests import KEY, REPLAY, TRANSPARENT, named, same_answer, send, ways


@ways
@named
def test_the_same_request_gets_the_same_answer(deployment: Deployment, how: str, query: str, body: Any) -> None:
    first = send(body, how, query)
    assert first.status == 201
    assert REPLAY not in first.headers
    same_answer(first, send(body, how, query))
    assert len(deployment.events()) == 1


@ways
def test_without_either_a_request_is_another_one(deployment: Deployment, query: str, body: Any) -> None:
    assert ADA("POST", f"/events{query}", body).status == 201
    again = ADA("POST", f"/events{query}", body)
    assert (again.status, REPLAY in again.headers) == (201 if query or body is TRANSPARENT else 409, False)
    assert len(deployment.events()) == (2 if again.status == 201 else 1)


@named
def test_what_is_written_otherwise_and_means_the_same_is_the_same(deployment: Deployment, how: str) -> None:
    first = send(REVIEW, how)
    same = {"end": "2027-03-01T11:00:00+01:00", "start": "2027-03-01T10:00:00+01:00", "title": "Review", "location": ""}
    same_answer(first, send(same, how))
    assert len(deployment.events()) == 1


@named
@pytest.mark.parametrize("change", [{"title": "Another"}, LATER, {"location": "Room 5"}], ids=str)
def test_another_request_of_the_same_name_is_refused(deployment: Deployment, how: str, change: Any) -> None:
    first = send(REVIEW, how)
    before = deployment.calendars()
    other = send({**REVIEW, **change}, how)
    assert other.status == 422
    kind, field = ("invalid-request", "uid") if "uid" in how else ("idempotency-key-reused", "Idempotency-Key")
    assert other.body["type"] == f"/problems/{kind}"
    assert other.fields == [field]
    assert first.body["id"] in other.body["errors"][0]["message"]
    assert deployment.calendars() == before


def test_whether_conflicts_are_allowed_is_part_of_a_request(deployment: Deployment) -> None:
    send(REVIEW, "uid", ALLOW)
    assert send(REVIEW, "uid").status == 422, "nobody has looked for conflicts"
    deployment.clock.forward(seconds=1)
    checked = {**REVIEW, **LATER, "uid": "2"}
    first = ADA("POST", "/events", checked)
    same_answer(first, ADA("POST", f"/events{ALLOW}", checked))


@ways
@named
def test_what_has_changed_since_is_answered_as_it_was_created(
    dynamodb_deployment: Deployment, how: str, query: str, body: Any
) -> None:
    first = send(body, how, query)
    dynamodb_deployment.clock.forward(seconds=1)
    assert ADA("PATCH", f"/events/{first.body['id']}", {"title": "Changed", **LATER}).status == 200
    pending = send(body, how, query)
    assert (pending.status, pending.body["type"]) == (503, "/problems/not-recorded-yet")
    dynamodb_deployment.record()
    same_answer(first, send(body, how, query))
    assert len(dynamodb_deployment.events()) == 1


def test_a_first_version_is_awaited_while_a_later_one_is_recorded(dynamodb_deployment: Deployment) -> None:
    first = send(REVIEW)
    ADA("PATCH", f"/events/{first.body['id']}", {"title": "Changed"})
    records = dynamodb_deployment.record()
    table, versions = dynamodb_deployment.runtime.settings.history_table, dynamodb_deployment.versions()
    key = {name: versions[0][name] for name in ("pk", "sk")}
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(TableName=table, Key=key)
    assert len(records) > 1
    assert send(REVIEW).body["type"] == "/problems/not-recorded-yet"
    dynamodb_deployment.clock.forward(days=2)
    gone = send(REVIEW)
    assert (gone.status, gone.body["type"]) == (422, "/problems/idempotency-key-reused")
    assert "no longer kept" in gone.text
    assert len(dynamodb_deployment.events()) == 1


def test_a_uid_may_be_what_a_key_is_and_names_another_event(deployment: Deployment) -> None:
    """In a shared calendar others may choose uids: they must not be in the way of one's keys."""
    like = {**REVIEW, **LATER, "uid": "order-4711"}
    first, other = send(REVIEW), ADA("POST", "/events", like)
    assert (first.status, other.status) == (201, 201)
    assert {item["id"]["S"] for item in deployment.events()} == {first.body["id"], other.body["id"]}
    assert send(REVIEW).body["id"] == first.body["id"]


def test_a_refused_request_leaves_its_name_free(deployment: Deployment) -> None:
    ADA("POST", "/events", REVIEW)
    assert send({**REVIEW, "title": "Other"}).status == 409
    assert send({**REVIEW, **LATER}).status == 201
    assert len(deployment.events()) == 2


def test_names_are_of_one_calendar(deployment: Deployment) -> None:
    for how in ("key", "uid"):
        headers = KEY if how == "key" else {}
        body = {**REVIEW, "uid": "1"} if how == "uid" else REVIEW
        assert ADA("POST", f"/events{ALLOW}", body, headers=headers).status == 201
        assert GRACE("POST", f"/events{ALLOW}", body, headers=headers).status == 201
    assert len({item["id"]["S"] for item in deployment.events()}) == 4


def test_a_reason_is_part_of_a_request_and_not_of_an_event(deployment: Deployment) -> None:
    why, other = {**REVIEW, "reason": "a call"}, {**REVIEW, "reason": "another call"}
    same = send(why)
    same_answer(same, send(why))
    assert send(other).body["type"] == "/problems/idempotency-key-reused"
    named = send({**why, **LATER}, "uid")
    same_answer(named, send({**other, **LATER}, "uid"))
    assert [item["reason"]["S"] for item in deployment.events()] == ["a call", "a call"]


@ways
@named
def test_a_dry_run_tells_whether_there_is_anything_to_do(
    deployment: Deployment, how: str, query: str, body: Any
) -> None:
    dry_run = f"{query}{'&' if query else '?'}dry_run=true"
    assert send(body, how, dry_run).body["type"] == "create"
    assert deployment.calendars() == []
    first = send(body, how, query)
    before = deployment.calendars()
    again = send(body, how, dry_run)
    assert (again.status, again.body["type"], again.body["from"]) == (200, None, first.body["history_id"])
    assert again.body["conflicts"] == []
    assert send({**body, "title": "Another"}, how, dry_run).status == 422
    assert deployment.calendars() == before


@ways
@named
def test_of_sixteen_at_once_one_makes_the_event(
    dynamodb_deployment: Deployment, how: str, query: str, body: Any
) -> None:
    # Below the handlers: a function serves one request at a time, and the resolver knows of one only.
    event = CreateEvent.model_validate(body)
    key = CreationKey.of("4711@example.com" if "uid" in how else None, "order-4711" if "key" in how else None)
    terms = Terms(on_conflict="allow" if query else "reject")

    def create(_: int) -> tuple[Event, bool]:
        asked = request(OWNER, now_ns=dynamodb_deployment.clock(), deadline=current().deadline(8.0))
        return wiring.creation(asked).create(event.content(), terms, key)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(16)))
    assert len({event for event, _ in answers}) == 1
    assert sum(repeated for _, repeated in answers) == 15
    (item,) = dynamodb_deployment.events()
    assert item["pk"]["S"] == f"CAL#{OWNER}"
