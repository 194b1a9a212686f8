"""Times by the clock of a zone: local times without an offset, offsets that a zone has or has not, `start_local`."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, REVIEW, created, tag
from tests.harness.samples import START

pytestmark = pytest.mark.usefixtures("dynamodb_deployment")

BERLIN = "Europe/Berlin"
NINE = {"title": "Review", "start": "2027-03-01T09:00:00", "end": "2027-03-01T10:00:00", "time_zone": BERLIN}
EARLIER = {"title": "Review", "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z"}
NO_OFFSET = "must have an offset from UTC, such as Z or +01:00, or time_zone be given with it"
NO_LENGTH = "must be later than start (only a transparent event may have no length)"
NO_TIME = "must be an RFC 3339 date and time, such as 2026-11-22T09:00:00+01:00"
NOT_BERLINS = "must have the offset from UTC that Europe/Berlin has then, which is +01:00, or be in UTC (Z)"


def told(event: dict[str, Any]) -> tuple[str, str, str]:
    return event["start"], event["end"], event["start_local"]


def everywhere(body: dict[str, Any]) -> list[Reply]:
    """Sends `body` to every route that takes a whole event, each time in place of the one before."""
    replies = []
    for method in ("PUT", "PATCH"):
        path = f"/events/{created(EARLIER)['id']}"
        replies.append(ADA(method, path, body))
        ADA("DELETE", path)
    replies.append(ADA("POST", "/events", body))
    ADA("DELETE", f"/events/{replies[-1].body['id']}")
    return [*replies, ADA("POST", "/events/bulk", {"events": [body]})]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (NINE, ("2027-03-01T08:00:00Z", "2027-03-01T09:00:00Z", "2027-03-01T09:00:00+01:00")),
        (
            {**NINE, "time_zone": "W. Europe Standard Time"},
            ("2027-03-01T08:00:00Z", "2027-03-01T09:00:00Z", "2027-03-01T09:00:00+01:00"),
        ),
        # Only one of the two is local.
        (
            {**NINE, "end": "2027-03-01T09:00:00Z"},
            ("2027-03-01T08:00:00Z", "2027-03-01T09:00:00Z", "2027-03-01T09:00:00+01:00"),
        ),
        ({**NINE, "time_zone": "UTC"}, ("2027-03-01T09:00:00Z", "2027-03-01T10:00:00Z", "2027-03-01T09:00:00+00:00")),
        # The clock is put forward: 02:30 is shown as 03:30, and an hour later it is 04:30.
        (
            {**NINE, "start": "2027-03-28T02:30:00", "end": "2027-03-28T04:30:00"},
            ("2027-03-28T01:30:00Z", "2027-03-28T02:30:00Z", "2027-03-28T03:30:00+02:00"),
        ),
        # It is put back: of the two, 02:30 is the first. The second is named by its offset, or in UTC.
        (
            {**NINE, "start": "2027-10-31T02:30:00", "end": "2027-10-31T03:00:00"},
            ("2027-10-31T00:30:00Z", "2027-10-31T02:00:00Z", "2027-10-31T02:30:00+02:00"),
        ),
        (
            {**NINE, "start": "2027-10-31T02:30:00+01:00", "end": "2027-10-31T03:00:00+01:00"},
            ("2027-10-31T01:30:00Z", "2027-10-31T02:00:00Z", "2027-10-31T02:30:00+01:00"),
        ),
        (
            {**NINE, "start": "2027-10-31T01:30:00Z", "end": "2027-10-31T02:00:00Z"},
            ("2027-10-31T01:30:00Z", "2027-10-31T02:00:00Z", "2027-10-31T02:30:00+01:00"),
        ),
        # In no zone but the default it is as given.
        (
            {"title": "Call", "start": "2027-03-01T14:30:00+05:30", "end": "2027-03-01T15:00:00+05:30"},
            ("2027-03-01T09:00:00Z", "2027-03-01T09:30:00Z", "2027-03-01T14:30:00+05:30"),
        ),
        (
            {"title": "Call", "start": "2027-03-01T14:30:00-00:00", "end": "2027-03-01T15:00:00Z", "time_zone": "UTC"},
            ("2027-03-01T14:30:00Z", "2027-03-01T15:00:00Z", "2027-03-01T14:30:00+00:00"),
        ),
    ],
)
def test_what_the_clock_shows_is_taken_and_told(body: dict[str, Any], expected: tuple[str, str, str]) -> None:
    *single, bulk = everywhere(body)
    assert [(reply.status, told(reply.body)) for reply in single] == [(200, expected), (200, expected), (201, expected)]
    assert bulk.status == 201
    (page,) = ADA("GET", f"/events?from={expected[0]}&to={expected[1]}").body["items"]
    assert told(page) == expected


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({**NINE, "time_zone": None}, None),
        ({name: NINE[name] for name in ("title", "start", "end")}, {"start": NO_OFFSET, "end": NO_OFFSET}),
        ({**REVIEW, "end": NINE["end"]}, {"end": NO_OFFSET}),
        ({**NINE, "start": "2027-03-01T09:00:00+02:00"}, {"start": NOT_BERLINS}),
        ({**NINE, "start": "2027-03-01T08:00:00+00:00"}, {"start": NOT_BERLINS}),
        ({**NINE, "end": "2027-03-01T11:00:00+02:00"}, {"end": NOT_BERLINS}),
        (
            {**NINE, "start": "2027-03-01T09:00:00+02:00", "end": "2027-03-01T11:00:00+02:00"},
            {"start": NOT_BERLINS, "end": NOT_BERLINS},
        ),
        # A time that the clock skips has no offset.
        (
            {**NINE, "start": "2027-03-28T02:30:00+01:00", "end": "2027-03-28T05:00:00"},
            {"start": NOT_BERLINS.replace("+01", "+02")},
        ),
        ({**NINE, "start": "2027-03-01T09:00:00.5"}, {"start": "must be in whole seconds"}),
        ({**NINE, "start": "2027-03-01"}, {"start": NO_TIME}),
        ({**NINE, "start": "1899-12-31T23:59:59"}, {"start": "must lie between the years 1900 and 9999 in UTC"}),
        ({**NINE, "end": "2027-03-01T09:00:00"}, {"end": NO_LENGTH}),
        (
            {**NINE, "start": "2027-10-31T02:00:00+01:00", "end": "2027-10-31T02:30:00"},
            {"end": "must be later than start"},
        ),
    ],
)
def test_what_no_clock_shows_is_refused_by_name(
    dynamodb_deployment: Deployment, body: dict[str, Any], errors: dict[str, str] | None
) -> None:
    event = created({**NINE, "time_zone": BERLIN, "transparency": "transparent"})
    before = dynamodb_deployment.calendars()
    replies = [ADA("POST", "/events", body), ADA("PUT", f"/events/{event['id']}", body)]
    if errors is not None:
        patched = ADA("PATCH", f"/events/{event['id']}", {**body, "transparency": "opaque"})
        replies.append(patched)
    for reply in replies:
        assert reply.status == 422, reply
        if errors is not None:
            assert {each["field"]: each["message"] for each in reply.body["errors"]} == errors
    bulk = ADA("POST", "/events/bulk", {"events": [body]})
    assert (bulk.status, bulk.fields) == (422, [f"events[0].{name}" for name in errors or {"time_zone": ""}])
    assert dynamodb_deployment.calendars() == before


def patched(event: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    reply = ADA("PATCH", f"/events/{event['id']}", change)
    assert reply.status == 200, reply
    after: dict[str, Any] = reply.body
    return after


def test_a_patch_of_the_zone_moves_the_clock_and_not_the_event() -> None:
    event = created(NINE)
    moved = patched(event, {"time_zone": "Asia/Tokyo"})
    assert told(moved) == (*told(event)[:2], "2027-03-01T17:00:00+09:00")
    assert told(patched(event, {"time_zone": None})) == (*told(event)[:2], "2027-03-01T08:00:00+00:00")


def test_a_patch_of_a_time_is_held_against_the_zone_that_the_event_has() -> None:
    event = created(NINE)
    assert patched(event, {"start": "2027-03-01T08:30:00Z"})["start_local"] == "2027-03-01T09:30:00+01:00"
    assert patched(event, {"start": "2027-03-01T09:15:00+01:00"})["start_local"] == "2027-03-01T09:15:00+01:00"
    path = f"/events/{event['id']}"
    for field, value in (("start", "2027-03-01T10:30:00+02:00"), ("end", "2027-03-01T12:00:00+02:00")):
        refused = ADA("PATCH", path, {field: value})
        assert (refused.status, refused.body["errors"]) == (422, [{"field": field, "message": NOT_BERLINS}])
    # A local time needs the zone in the same request: another caller may have changed that of the event.
    refused = ADA("PATCH", path, {"start": "2027-03-01T09:00:00"})
    assert (refused.status, refused.body["errors"]) == (422, [{"field": "start", "message": NO_OFFSET}])
    assert ADA("PATCH", path, {"end": "2027-03-01T11:00:00", "time_zone": BERLIN}).body["end"] == "2027-03-01T10:00:00Z"


def test_what_is_not_moved_keeps_its_local_start_as_given() -> None:
    event = created({**REVIEW, "start": "2027-03-01T14:30:00+05:30"})
    assert (event["start"], event["start_local"]) == (START, "2027-03-01T14:30:00+05:30")
    path = f"/events/{event['id']}"
    for body in (REVIEW, {**event}, {**REVIEW, "start": "2027-03-01T10:00:00+01:00"}):
        assert ADA("PUT", path, body).body == event
    assert ADA("PATCH", path, {"start": START, "time_zone": "UTC"}).body == event
    assert ADA("PATCH", path, {"title": "New"}).body["start_local"] == event["start_local"]
    moved = ADA("PATCH", path, {"start": "2027-03-01T09:30:00Z"}).body
    assert moved["start_local"] == "2027-03-01T09:30:00+00:00"


def test_the_same_creation_in_another_notation_is_the_same() -> None:
    first = created({**REVIEW, "uid": "a"})
    again = ADA("POST", "/events", {**REVIEW, "uid": "a", "start": "2027-03-01T10:00:00+01:00"})
    assert (again.status, again.body) == (201, first)
    local = {**NINE, "uid": "b", "start": "2027-05-01T09:00:00", "end": "2027-05-01T10:00:00"}
    first = created(local)
    again = ADA("POST", "/events", {**local, "start": "2027-05-01T07:00:00Z", "end": "2027-05-01T10:00:00+02:00"})
    assert (again.status, again.body) == (201, first)


def test_the_local_start_is_in_versions_diffs_and_rollbacks(dynamodb_deployment: Deployment) -> None:
    event = created(NINE)
    path = f"/events/{event['id']}"
    dynamodb_deployment.clock.forward(seconds=1)
    moved = ADA("PATCH", path, {"start": "2027-03-01T09:30:00", "time_zone": BERLIN}, headers={"If-Match": tag(event)})
    dynamodb_deployment.record()
    diff = ADA("GET", f"{path}/diff").body
    assert diff["changes"] == [
        {"field": "start", "old": event["start"], "new": moved.body["start"]},
        {"field": "start_local", "old": event["start_local"], "new": "2027-03-01T09:30:00+01:00"},
    ]
    assert told(ADA("GET", f"{path}?as_of={event['created_at']}").body) == told(event)
    back = ADA("POST", f"{path}/rollback", {"history_id": event["history_id"]})
    assert told(back.body) == told(event)


def test_a_window_needs_an_offset() -> None:
    for query in ("from=2027-03-01T09:00:00", "from=2027-03-01T09:00:00Z&to=2027-03-02T09:00:00"):
        reply = ADA("GET", f"/events?{query}")
        assert reply.status == 422
        assert "must have an offset from UTC" in reply.text
