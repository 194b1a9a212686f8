"""Undo of a split: both parts go back together, or neither does."""

from typing import Any

import pytest

from shared.scheduling.fences import ALL_FENCES
from tests.harness.deployment import Deployment
from tests.harness.ledger import recording
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, GRACE
from tests.integration.series.occurrences import THIRD, WINDOW, change, fences, made, single
from tests.integration.series.test_following import TUESDAY, room
from tests.integration.series.test_rights import in_room
from tests.integration.series.test_series import WEEKLY
from tests.integration.series.test_undo import operation_of, times, undo

Json = dict[str, Any]
# Where the third occurrence is, and where all from it on are an hour later.
THIRD_START = ("2027-03-29T07:00:00Z", "2027-03-29T07:30:00Z")
HOUR_LATER = {"start": "2027-03-29T08:00:00Z", "end": "2027-03-29T09:00:00Z"}
LEFT = "the other part of the split series is left, and neither goes back without the other"
ALONE = "what else the operation changed is gone: if it split a series, neither part goes back alone"


def step(deployment: Deployment) -> None:
    """Records what was written, and lets a second pass."""
    deployment.record()
    deployment.clock.forward(seconds=1)


def split(deployment: Deployment, fields: Json, **series: Any) -> tuple[Json, Json, str]:
    """A series, what was split off from it with `fields`, and the operation."""
    head = made(**series)
    step(deployment)
    tail = change(head, fields, THIRD, scope="following")
    assert (tail.status, tail.body["split_from"]) == (200, head["id"]), tail
    step(deployment)
    return head, tail.body, operation_of(head["id"])


def types(result: Json) -> dict[str, str]:
    return {each["id"]: each["type"] for each in result["undone"]}


def details(result: Json) -> dict[str, str]:
    assert (result["undone"], result["operation_id"]) == ([], None)
    return {each["id"]: each["detail"] for each in result["left"]}


@pytest.mark.parametrize("fields", [{"title": "Retro"}, {"title": "Retro", **TUESDAY}, HOUR_LATER])
def test_both_parts_go_back_and_forth_together(deployment: Deployment, fields: Json) -> None:
    head, tail, operation_id = split(deployment, fields)
    after = times()
    for query in ("?dry_run=true", ""):
        result = undo(operation_id, query)
        assert types(result) == {head["id"]: "rollback", tail["id"]: "delete"}
        assert result["left"] == []
    whole = ADA("GET", f"/events/{head['id']}").body
    stamps = ("history_id", "updated_at", "version")
    assert {**whole, **{name: head[name] for name in stamps}} == head
    assert whole["version"] == 3
    assert [title for *_, title in times()] == ["Standup"] * 4
    assert ADA("GET", f"/events/{tail['id']}").status == 404
    step(deployment)
    # And the undo is undone in the same way, and so is that.
    for expected in ({head["id"]: "rollback", tail["id"]: "restore"}, {head["id"]: "rollback", tail["id"]: "delete"}):
        result = undo(str(result["operation_id"]))
        assert (types(result), result["left"]) == (expected, [])
        assert (times() == after) is ("restore" in expected.values())
        step(deployment)
        for each in result["undone"]:
            newest = ADA("GET", f"/events/{each['id']}/history").body["items"][0]
            assert (newest["history_id"], newest["operation_id"]) == (each["history_id"], result["operation_id"])
        # Each of the versions says that the undo made two.
        assert {item["operation_size"]["N"] for item in deployment.events()} == {"2"}


def test_the_document_is_that_of_an_undo(deployment: Deployment) -> None:
    *_, operation_id = split(deployment, {"title": "Retro"})
    reply = ADA("POST", f"/operations/{operation_id}/undo", {"reason": "too early"})
    check("POST", "/operations/{operation_id}/undo", reply)
    for each in reply.body["undone"]:
        assert ADA("GET", f"/events/{each['id']}/history").body["items"][0]["reason"] == "too early"


def test_the_calendar_as_of_before_and_after(deployment: Deployment) -> None:
    head, tail, operation_id = split(deployment, TUESDAY)
    moment = ADA("GET", f"/events/{tail['id']}").body["updated_at"]
    deployment.clock.forward(seconds=1)
    undo(operation_id)
    step(deployment)
    now = ADA("GET", f"/events/{head['id']}").body["updated_at"]

    def series_as_of(instant: str) -> list[str]:
        return [each["series_id"] for each in ADA("GET", f"/events?{WINDOW}&as_of={instant}").body["items"]]

    assert series_as_of(moment) == [head["id"]] * 2 + [tail["id"]] * 2
    assert series_as_of(now) == [head["id"]] * 4


def test_old_time_that_is_taken_meanwhile_leaves_both(deployment: Deployment) -> None:
    head, tail, operation_id = split(deployment, TUESDAY)
    other = single(*THIRD_START).body
    before = times()
    for query in ("?dry_run=true", ""):
        found = details(undo(operation_id, query))
        assert found.keys() == {head["id"], tail["id"]}
        assert all(f"its time is taken by event {other['id']}:" in each for each in found.values())
    assert times() == before
    assert types(undo(operation_id, "?on_conflict=allow")) == {head["id"]: "rollback", tail["id"]: "delete"}


def test_time_of_the_rest_that_is_taken_meanwhile_leaves_the_undo_of_the_undo(deployment: Deployment) -> None:
    head, tail, operation_id = split(deployment, TUESDAY)
    result = undo(operation_id)
    step(deployment)
    other = single(TUESDAY["start"], "2027-03-30T07:30:00Z").body
    for query in ("?dry_run=true", ""):
        found = details(undo(result["operation_id"], query))
        assert found.keys() == {head["id"], tail["id"]}
        assert all(f"its time is taken by event {other['id']}:" in each for each in found.values())
    assert types(undo(result["operation_id"], "?on_conflict=allow")) == {head["id"]: "rollback", tail["id"]: "restore"}


@pytest.mark.parametrize("changed", ["head", "tail"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_part_that_has_changed_since_leaves_both(deployment: Deployment, changed: str, method: str) -> None:
    head, tail, operation_id = split(deployment, {"title": "Retro"})
    one, other = (head, tail) if changed == "head" else (tail, head)
    assert ADA(method, f"/events/{one['id']}", {"title": "Changed"} if method == "PATCH" else None).status < 300
    before = times()
    why = "it has changed since" if method == "PATCH" else "it was deleted since"
    for query in ("?dry_run=true", "", "?on_conflict=allow"):
        assert details(undo(operation_id, query)) == {one["id"]: why, other["id"]: LEFT}
    assert times() == before
    # What happened to each part later is undone by itself.
    step(deployment)
    later = operation_of(tail["id"]) if changed == "tail" else operation_of(head["id"])
    assert types(undo(later)) == {one["id"]: "rollback" if method == "PATCH" else "restore"}


@pytest.mark.parametrize("gone", ["head", "tail"])
def test_a_part_that_is_gone_leaves_the_other(deployment: Deployment, gone: str) -> None:
    head, tail, operation_id = split(deployment, {"title": "Retro"})
    one, other = (head, tail) if gone == "head" else (tail, head)
    assert ADA("DELETE", f"/events/{one['id']}").status == 204
    (item,) = (each for each in deployment.events() if each["id"]["S"] == one["id"])
    table = deployment.runtime.settings.events_table
    deployment.runtime.clients.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    before = times()
    assert details(undo(operation_id)) == {one["id"]: "it is gone", other["id"]: ALONE}
    assert times() == before


@pytest.mark.parametrize("swept", ["head", "tail"])
def test_a_part_whose_version_is_not_in_the_history_leaves_the_other(deployment: Deployment, swept: str) -> None:
    head, tail, operation_id = split(deployment, {"title": "Retro"})
    one, other = (head, tail) if swept == "head" else (tail, head)
    (item,) = (
        each
        for each in deployment.versions()
        if each.get("operation_id", {}).get("S") == operation_id and each["id"]["S"] == one["id"]
    )
    table = deployment.runtime.settings.history_table
    deployment.runtime.clients.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    deployment.clock.forward(seconds=60)
    before = times()
    result = undo(operation_id, "?on_conflict=allow")
    assert (details(result), result["missing"]) == ({other["id"]: ALONE}, 1)
    assert times() == before


def test_a_series_of_two_that_were_created_is_deleted_without_the_other(deployment: Deployment) -> None:
    bulk = ADA("POST", "/events/bulk", {"events": [WEEKLY, {**WEEKLY, **TUESDAY}]}).body
    step(deployment)
    first, second = (each["id"] for each in bulk["items"])
    (item,) = (each for each in deployment.events() if each["id"]["S"] == first)
    table = deployment.runtime.settings.events_table
    deployment.runtime.clients.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    assert types(undo(bulk["operation_id"])) == {second: "delete"}


def test_the_rest_is_restored_only_if_its_time_is_free(deployment: Deployment) -> None:
    _, tail, operation_id = split(deployment, HOUR_LATER)
    undo(operation_id)
    path, body = f"/events/{tail['id']}/rollback", {"history_id": tail["history_id"]}
    assert single("2027-03-29T08:00:00Z", "2027-03-29T09:00:00Z").status == 201
    refused = ADA("POST", path, body)
    assert (refused.status, len(refused.body["conflicts"])) == (409, 1)
    assert ADA("GET", f"/events/{tail['id']}").status == 404
    # Where it was before it was moved, the series has its time again.
    assert single(*THIRD_START).status == 409


def test_all_fences_remember_both(deployment: Deployment) -> None:
    head, tail, operation_id = split(deployment, {"title": "Retro"})
    for query in ("", "?on_conflict=allow"):
        before = fences(deployment)
        result = undo(operation_id, query)
        ids = {each["id"]: each["history_id"] for each in result["undone"]}
        for name in ALL_FENCES:
            fence = fences(deployment)[name]
            assert fence.value == ids[head["id"]] != before[name].value
            remembered = [(each.event_id, each.history_id) for each in fence.recent[:2]]
            assert remembered == [(each["id"], ids[each["id"]]) for each in (head, tail)]
        operation_id = result["operation_id"]
        step(deployment)


def test_on_all_calendars_at_once(deployment: Deployment) -> None:
    rooms = [room() for _ in range(4)]
    head, tail, operation_id = split(deployment, TUESDAY, calendars=rooms)

    def held() -> list[list[str]]:
        pages = [ADA("GET", f"/calendars/{each}/events?{WINDOW}").body["items"] for each in rooms]
        return [[one["series_id"] for one in page] for page in pages]

    # There both are managed from elsewhere.
    left = ADA("POST", f"/calendars/{rooms[0]}/operations/{operation_id}/undo").body["left"]
    assert {each["detail"] for each in left} == {"it is managed from another calendar"}
    # In one of them the old time is taken.
    other = ADA(
        "POST", f"/calendars/{rooms[2]}/events", {"title": "x", **dict(zip(("start", "end"), THIRD_START, strict=True))}
    )
    for query in ("?dry_run=true", ""):
        found = details(undo(operation_id, query))
        assert found.keys() == {head["id"], tail["id"]}
        assert all(other.body["id"] in each for each in found.values())
    assert ADA("DELETE", f"/calendars/{rooms[2]}/events/{other.body['id']}").status == 204
    result = undo(operation_id)
    assert types(result) == {head["id"]: "rollback", tail["id"]: "delete"}
    assert held() == [[head["id"]] * 4] * 4
    for each in rooms:
        assert ADA("GET", f"/calendars/{each}/events/{tail['id']}").status == 404
    step(deployment)
    result = undo(result["operation_id"])
    assert types(result) == {head["id"]: "rollback", tail["id"]: "restore"}
    assert held() == [[head["id"]] * 2 + [tail["id"]] * 2] * 4
    step(deployment)
    assert len(undo(result["operation_id"], "?on_conflict=allow")["undone"]) == 2


def test_the_calls_of_an_undo(deployment: Deployment) -> None:
    *_, operation_id = split(deployment, {"title": "Retro"})
    depths = []
    for _ in range(2):
        with recording(deployment.runtime.clients) as ledger:
            operation_id = undo(operation_id)["operation_id"]
        depths.append((len(ledger.calls), ledger.depth))
        step(deployment)
    assert depths == [(11, 7)] * 2


def test_a_booker_undoes_their_own_split_alone(dynamodb_deployment: Deployment) -> None:
    deployment = dynamodb_deployment
    booked = ADA("POST", "/calendars", {"name": "Room", "kind": "room", "everyone": "booker"}).body["id"]
    grace, ada = in_room(GRACE, booked), in_room(ADA, booked)
    series = grace("POST", "/events", WEEKLY).body
    step(deployment)
    tails = [
        api("PATCH", f"/events/{series['id']}_{recurrence_id}?scope=following", {"title": "x"}).body["id"]
        for api, recurrence_id in ((ada, "20270412T090000"), (grace, THIRD))
    ]
    step(deployment)
    deployment.clock.forward(seconds=10)
    theirs, own = (ada("GET", f"/events/{each}/history").body["items"][0]["operation_id"] for each in tails)
    assert grace("POST", f"/operations/{theirs}/undo").status == 404
    assert types(grace("POST", f"/operations/{own}/undo").body) == {
        series["id"]: "rollback",
        tails[1]: "delete",
    }
