"""What a bulk request may ask for: to skip what is invalid, to tell of collisions, to be done once, uids."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.http.bodies import MAX_MEMBERS
from shared.runtime import use
from shared.scheduling.bulk_items import FAULTS_REPORTED
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, ALLOW, GRACE, LATER, REVIEW, created
from tests.harness.samples import END, START

KEY = {"Idempotency-Key": "bulk-1"}
BAD = {"title": "", "start": END, "end": START}
LAMBDA_ANSWER_BYTES = 6 * 1024 * 1024


def bulk(*events: Any, query: str = "", headers: dict[str, str] | None = None) -> Reply:
    """Send a bulk request, and hold its answer against the reference."""
    answer = ADA("POST", f"/events/bulk{query}", {"events": list(events)}, headers=headers or {})
    check("POST", "/events/bulk", answer)
    return answer


def named(uid: str, **changes: Any) -> dict[str, Any]:
    return {**REVIEW, "uid": uid, **changes}


def statuses(answer: Reply) -> list[int]:
    assert answer.status == 207, answer
    assert [item["index"] for item in answer.body["items"]] == list(range(len(answer.body["items"])))
    assert answer.body["created"] == sum(item["status"] == 201 for item in answer.body["items"])
    return [item["status"] for item in answer.body["items"]]


@pytest.mark.parametrize("query", ["", "?on_invalid=reject"])
def test_one_invalid_event_refuses_all_unless_told_otherwise(deployment: Deployment, query: str) -> None:
    answer = bulk(REVIEW, BAD, REVIEW, query=query)
    assert (answer.status, answer.fields) == (422, ["events[1].title", "events[1].end"])
    assert answer.body["detail"].startswith("1 of 3 events")
    assert deployment.calendars() == []


def test_the_good_ones_are_written_and_the_others_told(deployment: Deployment) -> None:
    answer = bulk(REVIEW, BAD, "no event", {**REVIEW, "colour": "red"}, REVIEW, None, query="?on_invalid=skip")
    assert statuses(answer) == [201, 422, 422, 422, 201, 422]
    items = answer.body["items"]
    assert items[1]["errors"] == [
        {"field": "title", "message": "String should have at least 1 character"},
        {"field": "end", "message": "must be later than start"},
    ]
    assert [[error["field"] for error in item["errors"]] for item in items if "errors" in item][1:] == [
        ["event"],
        ["colour"],
        ["event"],
    ]
    stored = {item["id"]["S"]: item for item in deployment.events()}
    assert stored.keys() == {items[0]["id"], items[4]["id"]}
    assert {item["operation_size"]["N"] for item in stored.values()} == {"2"}


def test_all_good_is_the_plain_answer(deployment: Deployment) -> None:
    answer = bulk(REVIEW, query="?on_invalid=skip")
    assert (answer.status, [*answer.body["items"][0]]) == (201, ["index", "id", "history_id"])
    assert len(deployment.events()) == 1


def test_all_bad_writes_nothing_and_is_no_operation(deployment: Deployment) -> None:
    answer = bulk(BAD, BAD, query="?on_invalid=skip", headers=KEY)
    assert statuses(answer) == [422, 422]
    assert answer.body["operation_id"] is None
    assert deployment.calendars() == []


@pytest.mark.parametrize("query", ["?on_invalid=Skip", "?on_invalid=", "?conflicts=true", "?conflicts=Report"])
def test_names_and_values_are_as_documented(deployment: Deployment, query: str) -> None:
    assert bulk(REVIEW, query=query).status == 422
    assert deployment.calendars() == []


@pytest.mark.parametrize(
    "name",
    [lambda at: f"unknown {at}", lambda at: "\U0001f600" * 30 + str(at), lambda at: '"' * 60 + str(at)],
    ids=["plain", "of four bytes", "quotes"],
)
@pytest.mark.parametrize("query", ["", "?on_invalid=skip"])
def test_the_faults_of_every_event_are_told_and_fit_into_an_answer(
    deployment: Deployment, name: Any, query: str
) -> None:
    item = {**REVIEW, **{name(number): None for number in range(MAX_MEMBERS - len(REVIEW))}}
    raw = json.dumps({"events": [item] * 1_000}, ensure_ascii=False, separators=(",", ":"))
    if len(raw.encode()) > 4 * 1024 * 1024:
        raw = json.dumps({"events": [dict(list(item.items())[:20])] * 1_000}, ensure_ascii=False, separators=(",", ":"))
    answer = ADA("POST", f"/events/bulk{query}", raw=raw)
    assert answer.status == (207 if query else 422), answer.text[:200]
    if query:
        assert all(len(item["errors"]) == FAULTS_REPORTED for item in answer.body["items"])
    else:
        assert len(answer.fields) == 1_000 * FAULTS_REPORTED
        assert {field.partition(".")[0] for field in answer.fields} == {f"events[{at}]" for at in range(1_000)}
    # Lambda sends the answer as JSON, with the body as a string in it.
    assert len(json.dumps({"body": answer.text})) < LAMBDA_ANSWER_BYTES
    assert deployment.calendars() == []


def test_no_look_at_conflicts_is_taken_unless_asked_for(deployment: Deployment) -> None:
    calls: list[str] = []
    hooks: Any = deployment.runtime.clients.dynamodb.meta.events
    hooks.register("before-call.dynamodb.Query", lambda **_: calls.append("Query"), unique_id="look")
    try:
        assert "conflicts" not in bulk(REVIEW, REVIEW, query="?conflicts=ignore").body
        assert calls == []
        assert bulk(REVIEW, query="?conflicts=report").body["conflicts"]["complete"]
        assert len(calls) == 4
    finally:
        hooks.unregister("before-call.dynamodb.Query", unique_id="look")


def test_collisions_are_told_and_stop_nothing(deployment: Deployment) -> None:
    there = created()
    clear = created({**REVIEW, "transparency": "transparent"})
    answer = bulk(
        REVIEW, {**REVIEW, **LATER}, REVIEW, {**REVIEW, "transparency": "transparent"}, query="?conflicts=report"
    )
    assert answer.status == 201
    told = {name: there[name] for name in ("id", "title", "start", "end")}
    assert answer.body["conflicts"] == {
        "within": [[0, 2]],
        "calendar": [{"index": 0, **told}, {"index": 2, **told}],
        "complete": True,
    }
    assert len(deployment.events()) == 6
    assert clear["id"] not in answer.text


def test_what_was_skipped_collides_with_nothing(deployment: Deployment) -> None:
    answer = bulk({**REVIEW, "title": ""}, REVIEW, REVIEW, query="?conflicts=report&on_invalid=skip")
    assert answer.body["conflicts"]["within"] == [[1, 2]]
    assert len(deployment.events()) == 2


def test_a_calendar_too_crowded_to_read_is_told_of(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk(*[REVIEW] * 5)
    monkeypatch.setattr("shared.scheduling.overlaps.EVENTS_REPORTED", 3)
    found = bulk(REVIEW, query="?conflicts=report").body["conflicts"]
    assert (len(found["calendar"]), found["complete"]) == (3, False)
    assert len(deployment.events()) == 6


def test_an_event_with_a_uid_is_created_once(deployment: Deployment) -> None:
    first = bulk(named("1"), REVIEW, named("2"))
    assert (first.status, first.body["created"]) == (201, 3)
    again = bulk(named("1"), named("3"), named("2", title="Another"))
    assert statuses(again) == [200, 201, 422]
    items = again.body["items"]
    made = first.body["items"]
    assert items[0] == {**made[0], "status": 200, "detail": "was there before"}
    assert items[2]["errors"][0]["field"] == "uid"
    assert made[2]["id"] in items[2]["errors"][0]["message"]
    titles = sorted(item["title"]["S"] for item in deployment.events())
    assert titles == ["Review"] * 4
    sizes = {
        item["uid"]["S"]: item.get("operation_size", {"N": "1"})["N"] for item in deployment.events() if "uid" in item
    }
    assert sizes == {"1": "3", "2": "3", "3": "1"}


def test_if_all_were_there_nothing_is_an_operation(deployment: Deployment) -> None:
    made = ADA("POST", "/events", named("1")).body
    before = deployment.calendars()
    answer = bulk(named("1"))
    assert (statuses(answer), answer.body["operation_id"]) == ([200], None)
    assert answer.body["items"][0]["id"] == made["id"]
    assert deployment.calendars() == before


def test_an_event_that_has_changed_since_is_not_written_over(deployment: Deployment) -> None:
    made = bulk(named("1")).body["items"][0]
    deployment.clock.forward(seconds=1)
    changed = ADA("PATCH", f"/events/{made['id']}", {"title": "Changed"}).body
    again = bulk(named("1"))
    assert statuses(again) == [200]
    assert again.body["items"][0]["history_id"] == changed["history_id"]
    assert ADA("GET", f"/events/{made['id']}").body == changed


def test_a_deleted_event_is_not_brought_back_until_it_is_gone(deployment: Deployment) -> None:
    made = bulk(named("1")).body["items"][0]
    ADA("DELETE", f"/events/{made['id']}")
    refused = bulk(named("1"))
    assert statuses(refused) == [422]
    assert "restore" in refused.text
    deployment.clock.forward(days=31)
    again = bulk(named("1"))
    assert again.status == 201
    event = ADA("GET", f"/events/{made['id']}").body
    assert (event["version"], event["history_id"]) == (3, again.body["items"][0]["history_id"])


def test_of_two_with_the_same_uid_nobody_can_tell_which_is_meant(deployment: Deployment) -> None:
    refused = bulk(named("1"), REVIEW, named("1", title="Another"))
    assert (refused.status, refused.fields) == (422, ["events[0].uid", "events[2].uid"])
    assert [
        "events[2]" in refused.body["errors"][0]["message"],
        "events[0]" in refused.body["errors"][1]["message"],
    ] == [
        True,
        True,
    ]
    assert deployment.calendars() == []
    assert statuses(bulk(named("1"), REVIEW, named("1"), query="?on_invalid=skip")) == [422, 201, 422]


def test_without_a_key_a_request_is_another_one(deployment: Deployment) -> None:
    assert bulk(REVIEW).body["items"] != bulk(REVIEW).body["items"]
    assert len(deployment.events()) == 2


@pytest.mark.parametrize("query", ["", "?on_invalid=skip", "?conflicts=report"])
def test_under_a_key_the_answer_is_the_same(deployment: Deployment, query: str) -> None:
    events = [REVIEW, named("1"), {**REVIEW, **LATER}]
    if "skip" in query:
        events.append(BAD)
    first = bulk(*events, query=query, headers=KEY)
    assert "Idempotent-Replay" not in first.headers
    deployment.clock.forward(seconds=1)
    for item in first.body["items"][:2]:
        assert ADA("PATCH", f"/events/{item['id']}", {"location": "Room 5"}).status == 200
    assert ADA("DELETE", f"/events/{first.body['items'][2]['id']}").status == 204
    before = deployment.calendars()
    again = bulk(*events, query=query, headers=KEY)
    assert (again.status, again.headers["Idempotent-Replay"]) == (first.status, "true")
    assert again.body == first.body
    assert deployment.calendars() == before


@pytest.mark.parametrize(
    ("events", "query"),
    [
        ([REVIEW], ""),
        ([{**REVIEW, "title": "x"}, REVIEW], ""),
        ([REVIEW, named("1")], ""),
        ([REVIEW] * 2, "?on_invalid=skip"),
    ],
)
def test_another_request_of_the_same_key_is_refused(deployment: Deployment, events: list[Any], query: str) -> None:
    first = bulk(REVIEW, REVIEW, headers=KEY)
    before = deployment.calendars()
    refused = bulk(*events, query=query, headers=KEY)
    assert (refused.status, refused.body["type"]) == (422, "/problems/idempotency-key-reused")
    assert first.body["operation_id"] in refused.text
    assert deployment.calendars() == before
    assert GRACE("POST", "/events/bulk", {"events": events}, headers=KEY).status == 201


def test_a_reason_is_part_of_a_request(deployment: Deployment) -> None:
    def send_for(reason: str) -> Reply:
        return ADA("POST", "/events/bulk", {"events": [REVIEW], "reason": reason}, headers=KEY)

    first = send_for("the rota")
    assert send_for("the rota").body == first.body
    assert send_for("another rota").status == 422
    assert [item["reason"]["S"] for item in deployment.events()] == ["the rota"]


def test_a_key_is_of_one_route(deployment: Deployment) -> None:
    single = ADA("POST", f"/events{ALLOW}", REVIEW, headers=KEY).body
    many = bulk(REVIEW, headers=KEY)
    assert (many.status, "Idempotent-Replay" in many.headers) == (201, False)
    assert ADA("GET", f"/events/{single['id']}").body == single
    assert len(deployment.events()) == 2


def test_a_key_ends_before_an_event_that_it_made_can_be_gone(deployment: Deployment) -> None:
    first = bulk(REVIEW, REVIEW, headers=KEY)
    (claim,) = [item for item in deployment.calendars() if item["sk"]["S"].startswith("KEY#")]
    now = deployment.clock() // 1_000_000_000
    assert int(claim["expires_at"]["N"]) == now + 14 * 86_400
    ADA("DELETE", f"/events/{first.body['items'][0]['id']}")
    deployment.clock.forward(days=13)
    assert bulk(REVIEW, REVIEW, headers=KEY).body == first.body
    deployment.clock.forward(days=1)
    anew = bulk(REVIEW, REVIEW, headers=KEY)
    assert "Idempotent-Replay" not in anew.headers
    ids = {item["id"] for answer in (first, anew) for item in answer.body["items"]}
    assert len(ids) == 4, "the events of before are not written over"
    assert {item["id"]["S"] for item in deployment.events()} == ids


def test_where_deleted_events_are_kept_for_a_day_so_is_a_key(deployment: Deployment) -> None:
    runtime = deployment.runtime
    with use(replace(runtime, settings=replace(runtime.settings, deleted_seconds=86_400))):
        bulk(REVIEW, headers=KEY)
    (claim,) = [item for item in deployment.calendars() if item["sk"]["S"].startswith("KEY#")]
    assert int(claim["expires_at"]["N"]) == deployment.clock() // 1_000_000_000 + 86_400


def test_a_bulk_undone_is_not_done_again_under_its_key(dynamodb_deployment: Deployment) -> None:
    first = bulk(REVIEW, REVIEW, headers=KEY)
    dynamodb_deployment.record()
    undone = ADA("POST", f"/operations/{first.body['operation_id']}/undo").body
    assert len(undone["undone"]) == 2
    assert bulk(REVIEW, REVIEW, headers=KEY).body == first.body
    assert ADA("GET", f"/events?from={START}&to={END}").body["items"] == []
