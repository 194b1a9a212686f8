"""Times as programs write them, and times before 1970."""

from urllib.parse import quote

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, REVIEW, created
from tests.harness.samples import END, START

pytestmark = pytest.mark.usefixtures("dynamodb_deployment")


def listed(start: str, end: str, more: str = "") -> Reply:
    return ADA("GET", f"/events?from={quote(start)}&to={quote(end)}{more}")


def titles(start: str, end: str) -> list[str]:
    reply = listed(start, end)
    assert reply.status == 200, reply
    return [each["title"] for each in reply.body["items"]]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2027-03-01T09:00:00.123Z", "2027-03-01T10:00:00.456Z"),  # JavaScript, toISOString()
        ("2027-03-01T09:00:00.000Z", "2027-03-01T10:00:00.0000000Z"),
        ("2027-03-01T09:00Z", "2027-03-01T11:00+01:00"),  # Java
        ("2027-03-01T10:00:00+0100", "2027-03-01T11:00:00+0100"),  # PHP
        ("2027-03-01T10:00:00+01", "2027-03-01t11:00:00z"),
    ],
)
def test_a_window_is_taken_as_programs_write_it(start: str, end: str) -> None:
    event = created()
    assert [each["id"] for each in listed(start, end).body["items"]] == [event["id"]]
    busy = ADA("GET", f"/free-busy?from={quote(start)}&to={quote(end)}")
    assert (busy.status, busy.body["busy"]) == (200, [{"start": START, "end": END}])


def test_a_window_with_fractions_is_widened_to_whole_seconds_so_that_nothing_is_missed() -> None:
    created()
    assert titles("2027-03-01T09:59:59.999Z", "2027-03-01T10:30:00Z") == ["Review"]
    assert titles("2027-03-01T08:00:00Z", "2027-03-01T09:00:00.001Z") == ["Review"]
    busy = ADA("GET", "/free-busy?from=2027-03-01T09:59:59.5Z&to=2027-03-01T09:59:59.7Z").body
    assert busy == {
        "from": "2027-03-01T09:59:59Z",
        "to": "2027-03-01T10:00:00Z",
        "busy": [{"start": "2027-03-01T09:59:59Z", "end": "2027-03-01T10:00:00Z"}],
        "next_cursor": None,
    }


def test_a_cursor_goes_on_with_the_window_that_fractions_have_asked_for() -> None:
    created()
    created({**REVIEW, "start": END, "end": "2027-03-01T11:00:00Z"})
    window = ("2027-03-01T09:00:00.123Z", "2027-03-01T10:30:00.456Z")
    cursor = listed(*window, "&limit=1").body["next_cursor"]
    assert listed(*window, f"&limit=1&cursor={cursor}").status == 200
    assert ADA("GET", f"/events?cursor={cursor}").body["items"][0]["start"] == END


def test_an_event_itself_is_in_whole_seconds() -> None:
    assert created({**REVIEW, "start": "2027-03-01T10:00+01:00", "end": "2027-03-01T10:00:00.000Z"})["start"] == START
    refused = ADA("POST", "/events", {**REVIEW, "start": "2027-03-01T09:00:00.123Z"})
    assert (refused.status, refused.fields) == (422, ["start"])


@pytest.mark.parametrize("name", ["from", "to", "as_of"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2027-03-01T09:00:00+01:00", "%2B"),
        ("2027-03-01T09:00:00.123+0100", "%2B"),
        ("2027-03-01T09:00:00%2B01:00[Europe/Berlin]", "suffix in brackets"),
        ("2027-03-01T24:00:00Z", "hours from 00 to 23"),
        ("2016-12-31T23:59:60Z", "leap seconds"),
        ("2027-03-01T09:00:00", "offset from UTC"),
    ],
)
def test_what_is_wrong_with_a_time_is_told(name: str, text: str, told: str) -> None:
    reply = ADA("GET", f"/events?{name}={text}")
    assert (reply.status, reply.fields) == (422, [name])
    assert told in reply.body["errors"][0]["message"]


def test_an_event_may_lie_before_1970_down_to_1900() -> None:
    first = {"title": "First", "start": "1900-01-01T00:00:00Z", "end": "1900-01-01T00:00:01Z"}
    event = created(first)
    across = created({"title": "Epoch", "start": "1969-12-31T23:00:00Z", "end": "1970-01-01T01:00:00Z"})
    assert (event["start"], across["start"]) == (first["start"], "1969-12-31T23:00:00Z")
    taken = ADA("POST", "/events", {**first, "title": "Second", "end": "1901-01-01T00:00:00Z"})
    assert (taken.status, taken.body["conflicts"][0]["id"]) == (409, event["id"])
    assert taken.body["next_free"] == "1900-01-01T00:00:01Z"
    assert titles("1900-01-01T00:00:00Z", "2000-01-01T00:00:00Z") == ["First", "Epoch"]
    busy = ADA("GET", "/free-busy?from=1969-12-31T23:30:00Z&to=1970-01-02T00:00:00Z").body["busy"]
    assert busy == [{"start": "1969-12-31T23:30:00Z", "end": "1970-01-01T01:00:00Z"}]
    for early in ("1899-12-31T23:59:59Z", "1900-01-01T00:00:00+00:01"):
        assert ADA("POST", "/events", {**first, "start": early}).fields == ["start"]
        assert ADA("GET", f"/events?from={quote(early)}").fields == ["from"]


def test_before_1970_there_was_nothing(dynamodb_deployment: Deployment) -> None:
    event = created()
    dynamodb_deployment.record()
    for moment in ("1900-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"):
        assert listed(START, END, f"&as_of={moment}").body == {"items": [], "next_cursor": None}
        assert ADA("GET", f"/events/{event['id']}?as_of={moment}").status == 404
