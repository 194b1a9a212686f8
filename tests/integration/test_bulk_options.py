"""What a bulk request may ask for: to skip what is invalid, and to tell of collisions."""

import json
from typing import Any

import pytest

from shared.http.bodies import MAX_MEMBERS
from shared.scheduling.bulk_items import FAULTS_REPORTED
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, LATER, REVIEW, created
from tests.integration.bulk_requests import BAD, KEY, bulk, statuses

LAMBDA_ANSWER_BYTES = 6 * 1024 * 1024


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
        assert len(calls) == 5
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
