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
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, ALLOW, GRACE, LATER, REVIEW
from tests.harness.samples import OWNER, request

KEY = {"Idempotency-Key": '"order-4711"'}
TRANSPARENT = {**REVIEW, "transparency": "transparent"}
WAYS = [("", REVIEW), (ALLOW, REVIEW), ("", TRANSPARENT), (ALLOW, TRANSPARENT)]
REPLAY = "Idempotent-Replay"

ways = pytest.mark.parametrize(("query", "body"), WAYS, ids=["checked", "allowed", "transparent", "both"])
named = pytest.mark.parametrize("how", ["key", "uid", "key and uid"])


def send(body: dict[str, Any], how: str = "key", query: str = "", **more: Any) -> Reply:
    """Create an event that is known by a key, a uid, or both."""
    sent = {**body, "uid": "4711@example.com"} if "uid" in how else body
    return ADA("POST", f"/events{query}", sent, headers=KEY if "key" in how else {}, **more)


def same_answer(first: Reply, again: Reply) -> None:
    """Assert that `again` repeats `first`."""
    assert (again.status, again.body) == (first.status, first.body) == (201, first.body)
    assert again.headers.pop(REPLAY) == "true"
    assert again.headers == first.headers


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


def test_a_key_is_answered_after_the_event_was_deleted_and_a_uid_is_refused(dynamodb_deployment: Deployment) -> None:
    for how in ("key", "uid"):
        first = send(REVIEW, how)
        assert ADA("DELETE", f"/events/{first.body['id']}").status == 204
        dynamodb_deployment.record()
        again = send(REVIEW, how)
        if how == "key":
            same_answer(first, again)
        else:
            assert (again.status, again.fields) == (422, ["uid"])
            assert first.body["id"] in again.text
            assert "restore" in again.text
        assert ADA("GET", f"/events/{first.body['id']}").status == 404


@named
def test_when_a_deleted_event_is_gone_its_name_is_free_and_its_versions_go_on(
    dynamodb_deployment: Deployment, how: str
) -> None:
    first = send(REVIEW, how)
    ADA("DELETE", f"/events/{first.body['id']}")
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(days=31)
    other = {**REVIEW, "title": "Anew"}
    again = send(other, how)
    assert (again.status, again.body["id"], again.body["version"]) == (201, first.body["id"], 3)
    assert REPLAY not in again.headers
    (item,) = dynamodb_deployment.events()
    assert "expires_at" not in item
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{first.body['id']}", {"title": "Changed"})
    dynamodb_deployment.record()
    same_answer(again, send(other, how))
    history = ADA("GET", f"/events/{first.body['id']}/history").body
    assert [version["version"] for version in history["items"]] == [4, 3, 2, 1]
    assert history["pending"] == []


@named
@pytest.mark.parametrize("removed", [False, True], ids=["tombstone", "removed"])
@pytest.mark.parametrize("times", [{}, LATER], ids=["same time", "later"])
def test_a_calendar_as_of_shows_the_first_event_of_a_name(
    dynamodb_deployment: Deployment, how: str, removed: bool, times: dict[str, str]
) -> None:
    first = send(REVIEW, how).body
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=10)
    ADA("DELETE", f"/events/{first['id']}")
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(days=31)
    runtime = dynamodb_deployment.runtime
    if removed:
        (item,) = dynamodb_deployment.events()
        key = {name: item[name] for name in ("pk", "sk")}
        runtime.clients.dynamodb.delete_item(TableName=runtime.settings.events_table, Key=key)

    def listed(as_of: str) -> list[Any]:
        items: list[Any] = ADA("GET", f"/events?from=2027-03-01T00:00:00Z&as_of={as_of}").body["items"]
        assert [ADA("GET", f"/events/{each['id']}", as_of=as_of).body for each in items] == items
        return items

    assert listed(first["created_at"]) == [first]
    again = send({**REVIEW, "title": "Anew", **times}, how).body
    assert again["id"] == first["id"]
    dynamodb_deployment.record()
    assert listed(first["created_at"]) == [first]
    assert listed(again["created_at"]) == [again]


def test_when_the_database_has_removed_it_the_first_of_the_new_versions_is_answered(
    dynamodb_deployment: Deployment,
) -> None:
    first = send(REVIEW)
    ADA("DELETE", f"/events/{first.body['id']}")
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(days=31)
    (item,) = dynamodb_deployment.events()
    key = {name: item[name] for name in ("pk", "sk")}
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(
        TableName=dynamodb_deployment.runtime.settings.events_table, Key=key
    )
    again = send(REVIEW)
    assert again.body["version"] == 1
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{first.body['id']}", {"title": "Changed"})
    dynamodb_deployment.record()
    same_answer(again, send(REVIEW))


def test_a_uid_may_look_like_a_key_and_is_told_from_it(deployment: Deployment) -> None:
    like = {**REVIEW, "uid": "key:order-4711#0"}
    first = send(REVIEW)
    other = ADA("POST", "/events", like)
    assert (other.status, other.fields) == (422, ["uid"])
    assert ADA("GET", "/events", uid="key:order-4711#0").body["items"] == []
    assert [item["id"]["S"] for item in deployment.events()] == [first.body["id"]]
    made = GRACE("POST", "/events", like)
    refused = GRACE("POST", "/events", REVIEW, headers=KEY)
    assert (made.status, refused.status, refused.fields) == (201, 422, ["Idempotency-Key"])


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


@pytest.mark.parametrize(
    "same",
    ['"a-b"', "a-b", "  a-b ", ' "a-b"'],
)
def test_quotes_are_not_part_of_a_key(deployment: Deployment, same: str) -> None:
    ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": '"a-b"'})
    assert ADA("POST", "/events", REVIEW, headers={"idempotency-key": same}).headers[REPLAY] == "true"
    assert len(deployment.events()) == 1


@pytest.mark.parametrize(
    "key",
    ['"say \\"no\\" \\\\ twice"', '"with blank"', "x" * 255, f'"{"x" * 255}"', "8e03978e-40d5-43e8-bc93", "a:b/c=="],
)
def test_keys_that_are_taken(deployment: Deployment, key: str) -> None:
    first = ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": key})
    same_answer(first, ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": key}))
    assert len(deployment.events()) == 1


@pytest.mark.parametrize(
    "key",
    [
        *("", " ", '""', '"', '"a', 'a"', "a b", "a,b", '"a", "b"', '"a";b=1', "a;b"),
        *("ä", '"ä"', '"\\x"', "a\tb", "a\x00", "x" * 256, f'"{"x" * 256}"', "\\"),
    ],
)
def test_keys_that_are_none(deployment: Deployment, key: str) -> None:
    for path, body in (("/events", REVIEW), ("/events/bulk", {"events": [REVIEW]})):
        answer = ADA("POST", path, body, headers={"Idempotency-Key": key})
        assert (answer.status, answer.fields) == (422, ["Idempotency-Key"]), key
    assert deployment.calendars() == []


@pytest.mark.parametrize("uid", ["a", "ä" * 127, "x" * 255, "{1} @ home", "\U0001f600"])
def test_a_uid_is_kept_as_it_is_and_found(dynamodb_deployment: Deployment, uid: str) -> None:
    made = ADA("POST", "/events", {**REVIEW, "uid": uid}).body
    assert made["uid"] == uid
    assert ADA("GET", f"/events/{made['id']}").body == made
    assert ADA("GET", "/events", uid=uid).body == {"items": [made], "next_cursor": None}
    assert ADA("GET", "/events", uid=f"{uid[:-1]}Z").body == {"items": [], "next_cursor": None}
    assert GRACE("GET", "/events", uid=uid).body["items"] == []
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{made['id']}", {"title": "Changed"})
    assert ADA("PUT", f"/events/{made['id']}", REVIEW).body["uid"] == uid
    dynamodb_deployment.record()
    (first, *_) = dynamodb_deployment.versions()
    path = f"/events/{made['id']}/history/{first['history_id']['S']}"
    assert ADA("GET", path).body["event"] == made
    ADA("DELETE", f"/events/{made['id']}")
    assert ADA("GET", "/events", uid=uid).body["items"] == []


@pytest.mark.parametrize("uid", ["", " ", "x" * 256, "ä" * 128, "a\nb", "a\x00", "\x85", "\x7f", 4711, ["a"], True])
def test_a_uid_that_is_none_is_refused(deployment: Deployment, uid: Any) -> None:
    assert ADA("POST", "/events", {**REVIEW, "uid": uid}).fields == ["uid"]
    assert ADA("POST", "/events/bulk", {"events": [{**REVIEW, "uid": uid}]}).fields == ["events[0].uid"]
    if isinstance(uid, str):
        assert ADA("GET", "/events", uid=uid).fields == ["uid"]
    assert deployment.calendars() == []


@pytest.mark.parametrize("name", ["from", "to", "limit", "cursor", "as_of"])
def test_a_uid_is_looked_up_alone(deployment: Deployment, name: str) -> None:
    made = ADA("POST", "/events", {**REVIEW, "uid": "1"})
    value = {"limit": "10", "cursor": "x"}.get(name, made.body["created_at"].replace(".000", ""))
    answer = ADA("GET", "/events", **{"uid": "1", name: value})
    assert (answer.status, answer.fields) == (422, [name])
    assert len(deployment.events()) == 1


def test_only_creations_take_a_uid(deployment: Deployment) -> None:
    made = ADA("POST", "/events", {**REVIEW, "uid": "1"}).body
    for method in ("PUT", "PATCH"):
        assert ADA(method, f"/events/{made['id']}", {**REVIEW, "uid": "2"}).status == 422
    assert [item["uid"]["S"] for item in deployment.events()] == ["1"]


@ways
@named
def test_of_sixteen_at_once_one_makes_the_event(
    dynamodb_deployment: Deployment, how: str, query: str, body: Any
) -> None:
    # Below the handlers: a function serves one request at a time, and the resolver knows of one only.
    event = CreateEvent.model_validate(body)
    key = CreationKey.of("4711@example.com" if "uid" in how else None, "order-4711" if "key" in how else None)
    terms = Terms(on_conflict="allow" if query else "reject")
    asked = request(OWNER, now_ns=dynamodb_deployment.clock(), deadline=current().deadline(8.0))

    def create(_: int) -> tuple[Event, bool]:
        return wiring.creation(asked).create(event.content(), terms, key)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(16)))
    assert len({event for event, _ in answers}) == 1
    assert sum(repeated for _, repeated in answers) == 15
    (item,) = dynamodb_deployment.events()
    assert item["pk"]["S"] == f"CAL#{OWNER}"
