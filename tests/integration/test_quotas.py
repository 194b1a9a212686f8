"""Quotas on a real DynamoDB and its stream: what a calendar may hold, and how often a user may create in bulk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from shared.runtime import use
from shared.scheduling.quotas import Usage
from tests.harness.botocore_faults import Wire, lost, refused
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context, Reply, invoke
from tests.harness.ledger import recording
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, GRACE, LATER, REVIEW, created
from tests.harness.stream import Record
from tests.integration.bulk_requests import KEY, bulk

FREE = {"title": "Free", "transparency": "transparent", "start": REVIEW["start"], "end": REVIEW["end"]}
LONG = "x" * 2000


@contextmanager
def limited(
    deployment: Deployment, events: int = 0, text: int = 0, bulks: int = 0, series: int = 0
) -> Iterator[Deployment]:
    """The deployment with these limits; 0 is none."""
    settings = replace(
        deployment.runtime.settings,
        max_events_per_calendar=events,
        max_text_bytes_per_calendar=text,
        max_series_per_calendar=series,
        bulk_requests_per_minute=bulks,
    )
    with use(replace(deployment.runtime, settings=settings)) as runtime:
        yield replace(deployment, runtime=runtime)


def checked() -> dict[str, Any]:
    found: dict[str, Any] = invoke("check_history", {}, Context(milliseconds=900_000))
    return found


def record(deployment: Deployment) -> list[Record]:
    """Brings all changes into the history, and lets a moment pass: a reading of this millisecond is as good as new."""
    records = deployment.record()
    deployment.clock.forward(1)
    return records


def exceeded(reply: Reply) -> tuple[str, int, int]:
    assert (reply.status, reply.body["type"]) == (409, "/problems/quota-exceeded"), reply
    return reply.body["quota"], reply.body["limit"], reply.body["used"]


def rolled_back(event: dict[str, Any], query: str = "") -> Reply:
    return ADA("POST", f"/events/{event['id']}/rollback{query}", {"history_id": event["history_id"]})


CREATIONS: dict[str, Callable[[], Reply]] = {
    "checked": lambda: ADA("POST", "/events", {**REVIEW, **LATER}),
    "allowed": lambda: ADA("POST", "/events?on_conflict=allow", REVIEW),
    "transparent": lambda: ADA("POST", "/events", FREE),
    "named": lambda: ADA("POST", "/events?on_conflict=allow", {**REVIEW, "uid": "standup"}),
    "bulk": lambda: bulk(FREE),
    "bulk, named": lambda: bulk({**FREE, "uid": "standup"}),
}


@pytest.mark.parametrize("creation", CREATIONS.values(), ids=CREATIONS)
def test_a_calendar_at_its_limit_takes_no_event_until_one_is_deleted(
    dynamodb_deployment: Deployment, creation: Callable[[], Reply]
) -> None:
    with limited(dynamodb_deployment, events=2) as deployment:
        first, _ = created(), created(FREE)
        record(deployment)
        stored = deployment.calendars()
        assert exceeded(creation()) == ("events", 2, 2)
        assert deployment.calendars() == stored
        assert GRACE("POST", "/events", REVIEW).status == 201  # her calendar is another one
        assert ADA("PATCH", f"/events/{first['id']}", {"title": "New"}).status == 200
        assert ADA("DELETE", f"/events/{first['id']}").status == 204
        record(deployment)
        assert creation().status == 201
        record(deployment)
        assert deployment.usage()[ADA.user_id].events == 2


def test_what_brings_an_event_back_is_a_creation(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, events=1) as deployment:
        first = created()
        deletion = ADA("DELETE", f"/events/{first['id']}")
        record(deployment)
        second = created()
        record(deployment)
        assert deletion.status == 204
        for query in ("?on_conflict=allow", ""):
            reply = rolled_back(first, query)
            assert exceeded(reply) == ("events", 1, 1)
            check("POST", "/events/{event_id}/rollback", reply)
        operation = ADA("GET", f"/events/{first['id']}/history").body["items"][0]["operation_id"]
        undone = ADA("POST", f"/operations/{operation}/undo?on_conflict=allow").body
        assert undone["undone"] == []
        assert "the calendar may hold 1 events" in undone["left"][0]["detail"]
        assert ADA("DELETE", f"/events/{second['id']}").status == 204
        record(deployment)
        assert rolled_back(first).status == 200


def test_text_is_limited_where_it_grows(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, text=2100) as deployment:
        event = created({**REVIEW, "description": LONG})
        record(deployment)
        used = 2000 + len("Review")
        assert deployment.usage() == {ADA.user_id: Usage(1, used)}
        path = f"/events/{event['id']}"
        assert exceeded(ADA("POST", "/events", {**REVIEW, **LATER, "location": "x" * 100})) == (
            "text_bytes",
            2100,
            used,
        )
        assert exceeded(ADA("PUT", path, {**REVIEW, "description": LONG, "location": "x" * 100}))[0] == "text_bytes"
        assert exceeded(ADA("PATCH", path, {"location": "x" * 100}))[0] == "text_bytes"
        assert exceeded(ADA("PATCH", path, {**LATER, "location": "é" * 48}))[0] == "text_bytes"
        # What grows by less, or not at all, has room.
        assert ADA("PATCH", path, {"location": "é" * 47}).status == 200
        record(deployment)
        assert ADA("PATCH", path, {"description": LONG[1:] + "y"}).status == 200
        assert ADA("PATCH", path, {"description": "short"}).status == 200
        record(deployment)
        assert ADA("POST", "/events", {**REVIEW, **LATER, "description": "x" * 1900}).status == 201


def test_a_process_that_knows_nothing_checks_a_long_text_and_not_a_short_one(dynamodb_deployment: Deployment) -> None:
    """A short one by one call; what it lets through counts, so that nothing else fits."""
    with limited(dynamodb_deployment, text=100) as deployment:
        event = created()
        record(deployment)
    with limited(dynamodb_deployment, text=100) as another:
        path = f"/events/{event['id']}"
        with recording(another.runtime.clients) as ledger:
            assert ADA("PATCH", path, {"location": "x" * 200}).status == 200
        assert {call.operation for call in ledger.calls} == {"UpdateItem"}
        assert exceeded(ADA("PATCH", path, {"description": LONG}))[0] == "text_bytes"
        record(another)
        assert exceeded(ADA("PATCH", path, {"title": "Review of the quarter"}))[0] == "text_bytes"


def test_a_quota_may_be_exceeded_by_what_the_stream_has_not_delivered(dynamodb_deployment: Deployment) -> None:
    """The count lags as the history does: so many events are too many, and not one after it has caught up."""
    with limited(dynamodb_deployment, events=5) as deployment:
        within_the_lag = 8
        replies = deployment.runtime.clients.outer_pool.map(
            lambda _: ADA("POST", "/events?on_conflict=allow", REVIEW).status, range(within_the_lag)
        )
        assert [*replies] == [201] * within_the_lag
        record(deployment)
        assert exceeded(CREATIONS["allowed"]()) == ("events", 5, within_the_lag)
        assert len(deployment.events()) == within_the_lag


def test_what_is_delivered_twice_counts_twice_until_the_check(dynamodb_deployment: Deployment) -> None:
    first = created()
    created(FREE)
    records = record(dynamodb_deployment)
    assert dynamodb_deployment.deliver([records[0], *records]) == []  # within a batch once
    text = len("Review") + len("Free")
    assert dynamodb_deployment.usage() == {ADA.user_id: Usage(4, 2 * text)}
    found = checked()
    assert (found["corrected"], found["complete"]) == (1, True)
    assert dynamodb_deployment.usage() == {ADA.user_id: Usage(2, text)}
    assert checked()["corrected"] == 0
    ADA("DELETE", f"/events/{first['id']}")
    record(dynamodb_deployment)
    assert dynamodb_deployment.usage() == {ADA.user_id: Usage(1, len("Free"))}


def test_a_calendar_that_was_never_counted_is_counted_by_the_check(dynamodb_deployment: Deployment) -> None:
    event = created({**REVIEW, "uid": "standup"})
    GRACE("POST", "/events", {**REVIEW, "description": "\u00e9"})
    deleted = created(FREE)
    assert ADA("DELETE", f"/events/{deleted['id']}").status == 204
    assert dynamodb_deployment.usage() == {}
    assert checked()["corrected"] == 2
    ada = Usage(1, len(event["title"]) + len("standup"))
    assert dynamodb_deployment.usage() == {ADA.user_id: ada, GRACE.user_id: Usage(1, len("Review") + 2)}


def test_a_count_that_is_lost_fails_no_record(dynamodb_deployment: Deployment, wire: Wire) -> None:
    created()
    wire.then("UpdateItem", lost)
    record(dynamodb_deployment)
    assert dynamodb_deployment.usage() == {}
    assert len(dynamodb_deployment.versions()) == 1
    created(FREE)
    wire.then("UpdateItem", refused("ThrottlingException"))
    dynamodb_deployment.record()  # a throttled one has not been applied, and is sent again
    assert dynamodb_deployment.usage() == {ADA.user_id: Usage(1, len("Free"))}


def test_the_usage_that_cannot_be_read_admits_nothing(dynamodb_deployment: Deployment, wire: Wire) -> None:
    with limited(dynamodb_deployment, events=5) as deployment:
        wire.always["GetItem"] = lost
        for creation in ("allowed", "bulk"):
            assert (CREATIONS[creation]().status, deployment.events()) == (503, [])


def test_a_user_may_create_in_bulk_so_often_in_a_minute(dynamodb_deployment: Deployment) -> None:
    dynamodb_deployment.clock.forward(40)  # 9:00:40
    with limited(dynamodb_deployment, bulks=2) as deployment:
        assert [bulk(FREE).status for _ in range(2)] == [201, 201]
        stored = deployment.calendars()
        refusal = bulk(FREE, headers=KEY)
        assert (refusal.status, refusal.body["type"]) == (429, "/problems/too-many-bulk-requests")
        assert refusal.headers["Retry-After"] == "20"
        assert (refusal.body["quota"], refusal.body["limit"]) == ("bulk_requests_per_minute", 2)
        assert deployment.calendars() == stored
        assert GRACE("POST", "/events/bulk", {"events": [FREE]}).status == 201
        assert ADA("POST", "/events", FREE).status == 201
        deployment.clock.forward(19)
        assert bulk(FREE).status == 429
        deployment.clock.forward(1)
        assert bulk(FREE, headers=KEY).status == 201  # the refused one has not used its key
    counts = dynamodb_deployment.scan(dynamodb_deployment.runtime.settings.events_table)
    ends = {int(item["expires_at"]["N"]) for item in counts if item["sk"]["S"].startswith("BULK#")}
    now = dynamodb_deployment.runtime.now()
    assert ends == {now + 60, now + 120}  # by TTL they go within two minutes
    assert [bulk({**FREE}).status for _ in range(3)] == [201] * 3  # the usual limit


def test_of_many_at_once_no_more_are_admitted(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, bulks=5) as deployment:
        replies = deployment.runtime.clients.outer_pool.map(
            lambda _: ADA("POST", "/events/bulk", {"events": [FREE]}).status, range(16)
        )
        assert sorted(replies) == [201] * 5 + [429] * 11
        assert len(deployment.events()) == 5


def test_a_bulk_that_fits_only_in_part_is_refused_whole(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, events=3) as deployment:
        assert bulk(FREE, FREE, headers=KEY).status == 201
        record(deployment)
        assert exceeded(bulk(FREE, FREE)) == ("events", 3, 2)
        assert len(deployment.events()) == 2
        again = bulk(FREE, FREE, headers=KEY)  # nothing to write, so nothing to refuse
        assert (again.status, again.headers["Idempotent-Replay"]) == (201, "true")
        assert bulk({**FREE, "uid": "one"}).status == 201
        record(deployment)
        assert bulk({**FREE, "uid": "one"}).status == 207  # it is there: the item's own status is 200


def test_a_refused_bulk_under_a_key_is_refused_again_and_done_when_there_is_room(
    dynamodb_deployment: Deployment,
) -> None:
    with limited(dynamodb_deployment, events=1) as deployment:
        event = created(FREE)
        record(deployment)
        for _ in range(2):
            assert exceeded(bulk(FREE, headers=KEY)) == ("events", 1, 1)
        ADA("DELETE", f"/events/{event['id']}")
        record(deployment)
        deployment.clock.forward(60)
        assert bulk(FREE, headers=KEY).status == 201


def test_hot_requests_make_no_call_for_a_quota(dynamodb_deployment: Deployment) -> None:
    """With the limits of the template: the process reads what the calendar holds once in a minute."""
    settings = dynamodb_deployment.runtime.settings
    assert settings.max_events_per_calendar
    assert settings.max_text_bytes_per_calendar

    def calls(creation: str) -> int:
        with recording(dynamodb_deployment.runtime.clients) as ledger:
            assert CREATIONS[creation]().status == 201
        return len(ledger.calls)

    assert [calls("allowed") for _ in range(3)] == [2, 1, 1]
    assert [calls("transparent") for _ in range(2)] == [2, 2]  # as ever: it reads the fences
    dynamodb_deployment.clock.forward(61)
    assert [calls("bulk") for _ in range(2)] == [3, 2]
    dynamodb_deployment.clock.forward(61)
    assert calls("checked") == 7  # reads it along with the fences
    assert calls("allowed") == 1
