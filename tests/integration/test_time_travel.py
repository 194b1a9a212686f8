"""Time travel, what was deleted, and undo, on the functions."""

from typing import Any

import pytest

from shared.ids import UserId, default_calendar
from shared.scheduling.instants import of_seconds
from shared.store import keys
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Context, payload
from tests.harness.stream import deliver


@pytest.fixture
def clock(deployment: Deployment) -> Clock:
    """A clock that the test moves."""
    return deployment.clock


def event(title: str, day: int, hour: int = 9, hours: int = 1) -> dict[str, Any]:
    return {
        "title": title,
        "start": f"2027-03-{day:02d}T{hour:02d}:00:00Z",
        "end": f"2027-03-{day:02d}T{hour + hours:02d}:00:00Z",
    }


def moment(clock: Clock) -> str:
    """The clock's time, to the millisecond."""
    seconds, nanoseconds = divmod(clock(), 1_000_000_000)
    return of_seconds(seconds).replace("Z", f".{nanoseconds // 1_000_000:03d}Z")


class TestAnEventAsOf:
    def test_is_the_version_that_was_the_latest_then(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        before = moment(clock)
        clock.forward(10)
        made = api("POST", "/events", event("first", 1)).body
        deployment.record()
        at_first = moment(clock)
        clock.forward(10)
        changed = api("PATCH", f"/events/{made['id']}", {"title": "second"}).body
        deployment.record()
        clock.forward(10)
        api("DELETE", f"/events/{made['id']}")
        deployment.record()
        path = f"/events/{made['id']}"
        assert api("GET", path, as_of=before).status == 404
        assert api("GET", path, as_of=at_first).body == made
        clock.forward(-10)
        assert api("GET", path, as_of=moment(clock)).body == changed
        clock.forward(10)
        assert api("GET", path, as_of=moment(clock)).status == 404

    def test_is_the_live_one_before_the_stream_has_brought_it(self, clock: Clock) -> None:
        api = Api()
        made = api("POST", "/events", event("first", 1)).body
        assert api("GET", f"/events/{made['id']}", as_of=moment(clock)).body == made

    def test_is_503_while_the_version_of_that_time_is_on_its_way(self, clock: Clock) -> None:
        api = Api()
        made = api("POST", "/events", event("first", 1)).body
        at_first = moment(clock)
        clock.forward(10)
        api("PATCH", f"/events/{made['id']}", {"title": "second"})
        clock.forward(10)
        api("PATCH", f"/events/{made['id']}", {"title": "third"})
        reply = api("GET", f"/events/{made['id']}", as_of=at_first)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")


class TestACalendarAsOf:
    def test_shows_events_where_they_lay(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        moved = api("POST", "/events", event("moved", 1)).body
        deleted = api("POST", "/events", event("deleted", 2)).body
        stays = api("POST", "/events", event("stays", 3)).body
        deployment.record()
        then = moment(clock)
        clock.forward(60)
        api("PATCH", f"/events/{moved['id']}", event("moved", 20))
        api("DELETE", f"/events/{deleted['id']}")
        api("POST", "/events", event("later", 4))
        deployment.record()
        window: dict[str, Any] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-10T00:00:00Z"}
        assert api("GET", "/events", as_of=then, **window).body == {
            "items": [moved, deleted, stays],
            "next_cursor": None,
        }
        titles = [item["title"] for item in api("GET", "/events", as_of=moment(clock), **window).body["items"]]
        assert titles == ["stays", "later"]

    def test_pages_without_a_gap_or_a_repetition(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        made = [api("POST", "/events", event(str(day), day)).body for day in range(1, 8)]
        deployment.record()
        then = moment(clock)
        clock.forward(60)
        for each in made:
            api("PATCH", f"/events/{each['id']}", {"title": "renamed"})
        deployment.record()
        query: dict[str, Any] = {
            "from": "2027-03-01T00:00:00Z",
            "to": "2027-03-10T00:00:00Z",
            "as_of": then,
            "limit": "2",
        }
        seen: list[Any] = []
        page = api("GET", "/events", **query).body
        seen += page["items"]
        while page["next_cursor"]:
            assert len(page["items"]) == 2
            page = api("GET", "/events", **query, cursor=page["next_cursor"]).body
            seen += page["items"]
        assert seen == made

    def test_shows_what_has_changed_since_and_what_is_gone_for_good(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        renamed, moved, gone, stays = (api("POST", "/events", event(str(day), day)).body for day in range(1, 5))
        deployment.record()
        then = moment(clock)
        clock.forward(60)
        api("PATCH", f"/events/{renamed['id']}", {"title": "renamed"})
        api("PATCH", f"/events/{moved['id']}", event("moved", 20))
        api("DELETE", f"/events/{gone['id']}")
        deployment.record()
        # As TTL does in the end.
        deployment.runtime.clients.dynamodb.delete_item(
            TableName=deployment.runtime.settings.events_table,
            Key=keys.event_key(default_calendar(api.user_id), gone["id"]),
        )
        window: dict[str, Any] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-10T00:00:00Z"}
        assert api("GET", "/events", as_of=then, **window).body["items"] == [renamed, moved, gone, stays]
        titles = [each["title"] for each in api("GET", "/events", as_of=moment(clock), **window).body["items"]]
        assert titles == ["renamed", "4"]

    def test_shows_what_was_changed_around_the_api_as_it_was(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        made = api("POST", "/events", event("first", 1)).body
        deployment.record()
        then = moment(clock)
        clock.forward(60)
        table, key = deployment.runtime.settings.events_table, keys.event_key(default_calendar(api.user_id), made["id"])
        old = deployment.runtime.clients.dynamodb.get_item(TableName=table, Key=key)["Item"]
        new = {**old, "title": {"S": "another"}}
        deployment.runtime.clients.dynamodb.put_item(TableName=table, Item=new)
        template = payload("record_history")["Records"][0]
        change = {
            "Keys": key,
            "OldImage": old,
            "NewImage": new,
            "SequenceNumber": "9",
            "ApproximateCreationDateTime": clock() // 1_000_000_000,
        }
        update = template | {"eventName": "MODIFY", "dynamodb": template["dynamodb"] | change}
        assert deliver([update]) == []
        window: dict[str, Any] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-10T00:00:00Z"}
        assert api("GET", "/events", as_of=then, **window).body["items"] == [made]
        clock.forward(60)
        (shown,) = api("GET", "/events", as_of=moment(clock), **window).body["items"]
        assert shown["title"] == "another"

    def test_behind_an_undone_bulk_is_one_page(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        before = moment(clock)
        clock.forward(10)
        bulk = api("POST", "/events/bulk", {"events": [event(str(hour), 1, hour) for hour in range(20)] * 15}).body
        last = api("POST", "/events", event("last", 2)).body
        deployment.record()
        made = moment(clock)
        clock.forward(10)
        patient = Context(milliseconds=29_000)  # a slow machine is no fault of the undo
        undone = api("POST", f"/operations/{bulk['operation_id']}/undo", context=patient).body["undone"]
        assert len(undone) == 300
        deployment.record()
        window: dict[str, Any] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-10T00:00:00Z"}
        undone = api("GET", "/events", as_of=moment(clock), **window, limit="1").body
        assert undone == {"items": [last], "next_cursor": None}
        assert api("GET", "/events", as_of=before, **window, limit="1").body == {"items": [], "next_cursor": None}
        assert len(api("GET", "/events", as_of=made, **window, limit="100").body["items"]) == 100

    def test_before_1970_was_empty(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        api("POST", "/events", event("first", 1))
        deployment.record()
        for then in (moment(clock).replace("20", "19", 1), "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"):
            listed = api("GET", f"/events?from=2027-03-01T00:00:00Z&as_of={then}")
            assert (listed.status, listed.body) == (200, {"items": [], "next_cursor": None})

    def test_refuses_the_cursor_of_another_moment(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        for day in range(1, 4):
            api("POST", "/events", event(str(day), day))
        deployment.record()
        query: dict[str, Any] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-10T00:00:00Z", "limit": "1"}
        cursor = api("GET", "/events", **query).body["next_cursor"]
        assert api("GET", "/events", **query, cursor=cursor, as_of=moment(clock)).fields == ["cursor"]

    def test_refuses_what_is_no_time(self, clock: Clock) -> None:  # noqa: ARG002
        assert Api()("GET", "/events", as_of="yesterday").fields == ["as_of"]


class TestDeletedEvents:
    def test_are_listed_latest_first_with_their_term(self, clock: Clock) -> None:
        api = Api()
        made = [api("POST", "/events", event(str(day), day)).body for day in (1, 2, 3)]
        for each in made:
            clock.forward(1)
            api("DELETE", f"/events/{each['id']}")
        first = api("GET", "/events/deleted", limit="2").body
        second = api("GET", "/events/deleted", limit="2", cursor=first["next_cursor"]).body
        listed = first["items"] + second["items"]
        assert [each["title"] for each in listed] == ["3", "2", "1"]
        assert listed[0]["restorable_until"] > listed[0]["deleted_at"]
        assert {each["deleted_by"] for each in listed} == {api.user_id}

    def test_are_not_listed_when_restored_or_past_their_term(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        kept = api("POST", "/events", event("kept", 1)).body
        gone = api("POST", "/events", event("gone", 2)).body
        deployment.record()
        api("DELETE", f"/events/{gone['id']}")
        clock.forward(31 * 24 * 3600)
        api("DELETE", f"/events/{kept['id']}")
        assert [each["title"] for each in api("GET", "/events/deleted").body["items"]] == ["kept"]
        restored = api("POST", f"/events/{kept['id']}/rollback", {"history_id": kept["history_id"]})
        assert (restored.status, restored.body["version"]) == (200, 3)
        assert api("GET", "/events/deleted").body["items"] == []
        assert api("POST", f"/events/{gone['id']}/rollback", {"history_id": gone["history_id"]}).status == 404

    def test_of_somebody_else_are_not_listed(self, clock: Clock) -> None:  # noqa: ARG002
        api = Api()
        made = api("POST", "/events", event("mine", 1)).body
        api("DELETE", f"/events/{made['id']}")
        other = Api(user_id=UserId("01998f00-0000-7000-8000-000000000002"))
        assert other("GET", "/events/deleted").body == {"items": [], "next_cursor": None}


class TestUndo:
    def test_of_a_bulk_creation_deletes_what_nobody_has_changed(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        bulk = api("POST", "/events/bulk", {"events": [event(str(day), day) for day in range(1, 29)]}).body
        changed, deleted = bulk["items"][0]["id"], bulk["items"][1]["id"]
        deployment.record()
        clock.forward(10)
        api("PATCH", f"/events/{changed}", {"title": "changed"})
        api("DELETE", f"/events/{deleted}")
        answer = api("POST", f"/operations/{bulk['operation_id']}/undo").body
        assert len(answer["undone"]) == 26
        assert {each["id"]: each["detail"] for each in answer["left"]} == {
            changed: "it has changed since",
            deleted: "it was deleted since",
        }
        assert api("GET", f"/events/{bulk['items'][2]['id']}").status == 404
        again = api("POST", f"/operations/{bulk['operation_id']}/undo").body
        assert (again["undone"], len(again["left"])) == ([], 28)

    def test_waits_for_the_stream(self, deployment: Deployment, clock: Clock) -> None:
        api = Api()
        bulk = api("POST", "/events/bulk", {"events": [event("a", 1), event("b", 2)]}).body
        path = f"/operations/{bulk['operation_id']}/undo"
        assert api("POST", path).status == 503
        _, second = deployment.new_records()
        assert deployment.deliver([second]) == []
        assert api("POST", path).status == 503, "one of two is recorded"
        clock.forward(600)
        assert len(api("POST", path).body["undone"]) == 1, "what is missing by then was never written"

    def test_of_somebody_elses_operation_is_404(self, deployment: Deployment, clock: Clock) -> None:
        bulk = Api()("POST", "/events/bulk", {"events": [event("a", 1)]}).body
        deployment.record()
        clock.forward(600)
        other = Api(user_id=UserId("01998f00-0000-7000-8000-000000000002"))
        assert other("POST", f"/operations/{bulk['operation_id']}/undo").status == 404
        assert Api()("GET", f"/events/{bulk['items'][0]['id']}").status == 200
