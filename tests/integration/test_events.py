"""Events over their routes: created, read, replaced, patched and deleted."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, ALLOW, EVENT_ID, FIRST_VERSION, GRACE, LATER, REVIEW, created, send, tag
from tests.harness.samples import END, OWNER, START

pytestmark = pytest.mark.usefixtures("deployment")


def test_the_payload_creates_an_event(deployment: Deployment) -> None:
    reply = send("create_event")
    assert reply.status == 201
    body = reply.body
    assert reply.headers["ETag"] == tag(body)
    assert reply.headers["Location"].endswith(f"events/{body['id']}")
    assert reply.headers["Content-Type"] == "application/json"
    assert body == {
        "id": body["id"],
        "all_day": False,
        "title": "Design review",
        "description": "",
        "location": "Room 4",
        "start": "2027-03-01T08:00:00Z",
        "end": "2027-03-01T09:00:00Z",
        "time_zone": "Europe/Berlin",
        "time_zone_given": None,
        "start_local": "2027-03-01T09:00:00+01:00",
        "start_date": None,
        "end_date": None,
        "transparency": "opaque",
        "calendars": [],
        "recurrence": None,
        "series_id": None,
        "recurrence_id": None,
        "original_start": None,
        "changed_fields": None,
        "cancelled": None,
        "split_from": None,
        "uid": None,
        "calendar_id": OWNER,
        "created_by": OWNER,
        "version": 1,
        "history_id": body["history_id"],
        "created_at": "2026-11-22T09:00:00.000Z",
        "updated_at": "2026-11-22T09:00:00.000Z",
        "updated_by": OWNER,
    }
    (item,) = deployment.events()
    assert item["pk"]["S"] == f"CAL#{OWNER}"
    assert item["span"]["S"] == f"a#2027-03-01T08:00:00Z#{body['id']}"


def test_what_is_created_is_read_back_and_listed() -> None:
    event = created()
    assert ADA("GET", f"/events/{event['id']}").body == event
    assert ADA("GET", f"/events?from={START}").body == {"items": [event], "next_cursor": None}


def test_the_payload_reads_an_event() -> None:
    event = created()
    reply = send("get_event", {EVENT_ID: event["id"]})
    assert (reply.status, reply.body, reply.headers["ETag"]) == (200, event, tag(event))


@pytest.mark.parametrize("shape", ['"{}"', 'W/"{}"', '"x", "{}"', '"x",W/"{}","y"'])
def test_an_event_that_the_caller_has_is_not_sent_again(shape: str) -> None:
    event = created()
    reply = ADA("GET", f"/events/{event['id']}", headers={"If-None-Match": shape.format(event["history_id"])})
    assert (reply.status, reply.text, reply.headers["ETag"]) == (304, "", tag(event))
    reply = ADA("GET", f"/events/{event['id']}", headers={"If-None-Match": shape.format(event["id"])})
    assert (reply.status, reply.body) == (200, event)


def test_a_creation_that_collides_is_refused_and_names_the_event(deployment: Deployment) -> None:
    event = created()
    before = deployment.calendars()
    reply = ADA("POST", "/events", {**REVIEW, "title": "Another"})
    assert reply.status == 409
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.body["conflicts"] == [
        {"calendar_id": OWNER, "id": event["id"], "title": "Review", "start": START, "end": END}
    ]
    assert reply.body["next_free"] == END
    assert deployment.calendars() == before


def test_back_to_back_events_do_not_collide() -> None:
    created()
    created({**REVIEW, **LATER})
    created({**REVIEW, "start": "2027-03-01T08:59:59Z", "end": START})


def test_another_calendar_is_never_in_the_way() -> None:
    created()
    assert GRACE("POST", "/events", REVIEW).status == 201


def test_a_collision_is_allowed_when_asked_for() -> None:
    first, second = created(), created(query=ALLOW)
    reply = ADA("POST", "/events", REVIEW)
    assert {each["id"] for each in reply.body["conflicts"]} == {first["id"], second["id"]}


def test_a_transparent_event_is_in_nobodys_way() -> None:
    created({**REVIEW, "transparency": "transparent"})
    created()
    created({**REVIEW, "transparency": "transparent"})


@pytest.mark.parametrize("hours", [1, 5, 24 * 4, 24 * 32, 24 * 366])
def test_events_of_every_length_are_found_in_the_way(hours: int) -> None:
    day, hour = divmod(hours, 24)
    end = {0: f"2027-03-01T{9 + hour:02d}:00:00Z", 4: "2027-03-05T09:00:00Z", 32: "2027-04-02T09:00:00Z"}
    event = created({**REVIEW, "end": end.get(day, "2028-03-01T09:00:00Z")})
    reply = ADA("POST", "/events", {**REVIEW, "start": "2027-03-01T09:30:00Z", "end": "2027-03-01T09:31:00Z"})
    assert [each["id"] for each in reply.body["conflicts"]] == [event["id"]]


def test_the_payload_replaces_an_event(deployment: Deployment) -> None:
    event = send("create_event").body
    deployment.clock.forward(seconds=60)
    reply = send("replace_event", {EVENT_ID: event["id"], FIRST_VERSION: event["history_id"]})
    assert reply.status == 200
    assert reply.body["version"] == 2
    assert reply.body["history_id"] > event["history_id"]
    assert reply.body["updated_at"] == "2026-11-22T09:01:00.000Z"
    assert reply.body["created_at"] == event["created_at"]
    assert (reply.body["title"], reply.body["start"]) == ("Design review, moved", "2027-03-01T10:00:00Z")
    assert ADA("GET", f"/events/{event['id']}").body == reply.body


def test_the_payload_patches_an_event() -> None:
    event = created()
    reply = send("patch_event", {EVENT_ID: event["id"]})
    assert reply.status == 200
    expected = {**event, "location": "Room 5", "version": 2}
    assert {**reply.body, "history_id": "", "updated_at": ""} == {**expected, "history_id": "", "updated_at": ""}
    assert ADA("GET", f"/events/{event['id']}").body == reply.body


def test_a_patch_may_come_as_a_merge_patch_and_null_puts_a_default_back() -> None:
    event = created({**REVIEW, "location": "Room 4", "time_zone": "Europe/Berlin"})
    headers = {"Content-Type": "application/merge-patch+json"}
    reply = ADA("PATCH", f"/events/{event['id']}", {"location": None, "time_zone": None}, headers=headers)
    assert (reply.status, reply.body["location"], reply.body["time_zone"]) == (200, "", "UTC")


@pytest.mark.parametrize("body", [{}, {"title": "Review"}, {"start": START, "end": END}, {"location": None}])
def test_a_patch_that_changes_nothing_makes_no_version(deployment: Deployment, body: dict[str, Any]) -> None:
    event = created()
    before = deployment.calendars()
    deployment.clock.forward(1)  # within one millisecond the id of an update may not be later, and so not be written
    reply = ADA("PATCH", f"/events/{event['id']}", body)
    assert (reply.status, reply.body) == (200, event)
    assert ADA("PUT", f"/events/{event['id']}", REVIEW).body == event
    assert deployment.calendars() == before


def put(event: dict[str, Any], query: str = "") -> Reply:
    return ADA("PUT", f"/events/{event['id']}{query}", {**REVIEW, **LATER})


def patch_both(event: dict[str, Any], query: str = "") -> Reply:
    return ADA("PATCH", f"/events/{event['id']}{query}", LATER)


def patch_end(event: dict[str, Any], query: str = "") -> Reply:
    return ADA("PATCH", f"/events/{event['id']}{query}", {"end": LATER["end"]})


@pytest.mark.parametrize("move", [put, patch_both, patch_end])
def test_an_event_cannot_be_moved_onto_another(deployment: Deployment, move: Any) -> None:
    other, event = created({**REVIEW, **LATER}), created()
    before = deployment.calendars()
    reply = move(event)
    assert reply.status == 409
    assert [each["id"] for each in reply.body["conflicts"]] == [other["id"]]
    assert deployment.calendars() == before
    assert move(event, ALLOW).status == 200


@pytest.mark.parametrize("move", [put, patch_both, patch_end])
def test_an_event_is_not_in_its_own_way(move: Any) -> None:
    event = created()
    reply = move(event)
    assert (reply.status, reply.body["version"], reply.body["end"]) == (200, 2, LATER["end"])


def test_a_change_that_takes_no_new_time_is_not_checked() -> None:
    event = created()
    created(query=ALLOW)
    assert ADA("PUT", f"/events/{event['id']}", {**REVIEW, "title": "Renamed"}).status == 200
    assert ADA("PATCH", f"/events/{event['id']}", {"title": "Again"}).body["version"] == 3
    assert ADA("PATCH", f"/events/{event['id']}", {"transparency": "transparent"}).status == 200
    assert ADA("PATCH", f"/events/{event['id']}", {"transparency": None}).status == 409


def test_one_end_of_an_event_is_checked_against_the_other() -> None:
    event = created()
    for body, field in (
        ({"end": START}, "end"),
        ({"start": END}, "start"),
        ({"start": "2026-01-01T00:00:00Z"}, "start"),
    ):
        reply = ADA("PATCH", f"/events/{event['id']}", body)
        assert (reply.status, reply.fields) == (422, [field])


def test_the_payload_deletes_an_event(deployment: Deployment) -> None:
    event = created()
    reply = send("delete_event", {EVENT_ID: event["id"]})
    assert (reply.status, reply.text) == (204, "")
    assert ADA("GET", f"/events/{event['id']}").status == 404
    assert ADA("GET", f"/events?from={START}").body["items"] == []
    (item,) = deployment.events()
    assert item["span"]["S"] == f"deleted#{item['history_id']['S']}"
    assert int(item["expires_at"]["N"]) == deployment.runtime.now() + 30 * 86_400
    assert item["version"]["N"] == "2"


def test_what_is_deleted_takes_no_time_and_cannot_be_changed() -> None:
    event = created()
    assert ADA("DELETE", f"/events/{event['id']}").status == 204
    created()
    assert ADA("DELETE", f"/events/{event['id']}").status == 404
    assert ADA("PATCH", f"/events/{event['id']}", {"title": "x"}).status == 404
    assert ADA("PUT", f"/events/{event['id']}", REVIEW).status == 404


@pytest.mark.parametrize(
    ("method", "body"),
    [("PUT", {**REVIEW, **LATER}), ("PATCH", {"title": "x"}), ("PATCH", LATER), ("PATCH", {}), ("DELETE", None)],
)
def test_a_change_of_another_version_fails_and_names_the_one_there_is(
    deployment: Deployment, method: str, body: Any
) -> None:
    event = created()
    before = deployment.calendars()
    reply = ADA(method, f"/events/{event['id']}", body, headers={"If-Match": f'"{event["id"]}"'})
    assert (reply.status, reply.body["history_id"]) == (412, event["history_id"])
    reply = ADA(method, f"/events/{event['id']}", body, headers={"If-Match": f"W/{tag(event)}"})
    assert reply.status == 412
    assert deployment.calendars() == before
    matching = ADA(method, f"/events/{event['id']}", body, headers={"If-Match": f'"x", {tag(event)}'})
    assert matching.status in (200, 204)


def test_any_version_matches_a_star() -> None:
    event = created()
    assert ADA("DELETE", f"/events/{event['id']}", headers={"If-Match": "*"}).status == 204


def test_each_change_has_a_later_id_even_when_the_clock_goes_back(deployment: Deployment) -> None:
    event = created()
    history_ids = [event["history_id"]]
    for number in range(5):
        deployment.clock.forward(seconds=-60)
        history_ids.append(ADA("PATCH", f"/events/{event['id']}", {"title": str(number)}).body["history_id"])
    assert history_ids == sorted(set(history_ids))


@pytest.mark.parametrize(
    "text",
    [
        "caf\u00e9 e\u0301 \U0001f600",
        "\u202eabc",
        "<script>",
        '{"a":1}',
        "x" * 200,
        "\u05e9\u05dc\u05d5\u05dd\u200f",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u65e5\u672c\u3000\ufffd",
    ],
    ids=ascii,
)
def test_text_comes_back_as_it_was_sent(text: str) -> None:
    description = f"{text}\r\n\t{text}\n\u2028" * 2
    event = created({**REVIEW, "title": text, "location": text, "description": description})
    read = ADA("GET", f"/events/{event['id']}").body
    assert (read["title"], read["location"], read["description"]) == (text, text, description)
