"""Reading the occurrences of a series, one by one and as a list."""

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, EVENT_ID, send, tag
from tests.integration.series.occurrences import (
    MOVED,
    SECOND,
    THIRD,
    WINDOW,
    cancel,
    change,
    made,
    occurrences,
    path,
    problem,
    single,
)

pytestmark = pytest.mark.usefixtures("deployment")


def test_an_occurrence_is_read_as_an_event() -> None:
    series = made()
    reply = ADA("GET", path(series, THIRD))
    assert reply.body == {
        **series,
        "id": f"{series['id']}_{THIRD}",
        "start": "2027-03-29T07:00:00Z",
        "end": "2027-03-29T08:00:00Z",
        "start_local": "2027-03-29T09:00:00+02:00",
        "recurrence": None,
        "series_id": series["id"],
        "recurrence_id": THIRD,
        "original_start": "2027-03-29T07:00:00Z",
        "changed_fields": [],
        "cancelled": False,
    }
    assert reply.headers["ETag"] == tag(series)
    assert ADA("GET", path(series), headers={"If-None-Match": tag(series)}).status == 304
    assert ADA("GET", path(series).replace(series["id"], series["id"].upper())).status == 200
    assert [series[each] for each in ("series_id", "recurrence_id", "original_start", "changed_fields")] == [None] * 4


@pytest.mark.parametrize(
    "recurrence_id", ["20270323T090000", "20270308T090000", "20270322T080000", "20270322", "20279999T090000"]
)
def test_what_is_no_occurrence_is_not_found(recurrence_id: str) -> None:
    series = made()
    assert ADA("GET", path(series, recurrence_id)).status == 404
    assert change(series, {"title": "x"}, recurrence_id).status == 404
    assert cancel(series, recurrence_id).status == 404
    assert (
        ADA("GET", f"/events/{single('2028-01-01T00:00:00Z', '2028-01-01T01:00:00Z').body['id']}_{SECOND}").status
        == 404
    )


@pytest.mark.parametrize(
    "end", ["_", "_x", "_20270322T0900", "_20270322t090000", "_20270322T090000Z", f"_{SECOND}_{SECOND}"]
)
def test_an_id_is_of_an_event_or_of_an_occurrence(end: str) -> None:
    series = made()
    for method in ("GET", "PATCH", "DELETE"):
        refused = ADA(method, f"/events/{series['id']}{end}", {} if method == "PATCH" else None)
        assert [field for field, _ in problem(refused)] == ["event_id"]
    # Other routes are about events.
    assert ADA("GET", f"{path(series)}/history").status == 422


def test_the_listing_shows_occurrences_as_they_are_read() -> None:
    series = made()
    change(series, {"title": "With guests"})
    listed = ADA("GET", f"/events?{WINDOW}").body["items"]
    assert len(listed) == 4
    assert [ADA("GET", f"/events/{each['id']}").body for each in listed] == listed == occurrences(series)


def test_occurrences_are_listed_page_by_page() -> None:
    series = made(recurrence={"rule": "FREQ=DAILY;COUNT=1000"})
    cancel(series, "20270316T090000")
    change(series, MOVED, "20280101T090000")
    wanted = "from=2027-03-15T00:00:00Z&to=2031-01-01T00:00:00Z"
    found = occurrences(series, wanted, limit="100")
    assert len(found) == 999
    assert len({each["id"] for each in found}) == 999
    assert [each["start"] for each in found] == sorted(each["start"] for each in found)
    assert ADA("GET", f"/events/{series['id']}/occurrences?from=2031-01-01T00:00:00Z").body["items"] == []


def test_a_page_of_occurrences_looks_at_a_year() -> None:
    series = made(recurrence={"rule": "FREQ=YEARLY;INTERVAL=5"})
    window = "from=2027-03-16T00:00:00Z&to=2040-01-01T00:00:00Z"
    page = ADA("GET", f"/events/{series['id']}/occurrences?{window}").body
    assert (page["items"], page["next_cursor"] is None) == ([], False)
    assert [each["start"][:4] for each in occurrences(series, window)] == ["2032", "2037"]


def test_an_event_that_is_no_series_takes_place_once() -> None:
    event = single("2027-03-22T08:00:00Z", "2027-03-22T09:00:00Z").body
    assert occurrences(event) == [event]
    assert occurrences(event, "from=2027-03-23T00:00:00Z") == []
    assert send("list_occurrences", {EVENT_ID: event["id"]}).body["items"] == [event]
    series = made(start="2027-03-16T08:00:00Z", end="2027-03-16T09:00:00Z")
    cursor = ADA("GET", f"/events/{series['id']}/occurrences?{WINDOW}&limit=1").body["next_cursor"]
    assert ADA("GET", f"/events/{event['id']}/occurrences?cursor={cursor}").status == 422


def test_it_is_read_as_of_the_past(deployment: Deployment) -> None:
    series = made()
    deployment.clock.forward(seconds=60)
    change(series, MOVED)
    deployment.clock.forward(seconds=60)
    cancel(series)
    deployment.record()
    moments = [("2026-11-22T09:00:30Z", "2027-03-22T08:00:00Z"), ("2026-11-22T09:01:30Z", MOVED["start"])]
    for moment, start in moments:
        assert ADA("GET", path(series), as_of=moment).body["start"] == start
    assert ADA("GET", path(series), as_of="2026-11-22T09:02:30Z").status == 404
    assert ADA("GET", path(series), as_of="2026-11-22T08:59:00Z").status == 404
