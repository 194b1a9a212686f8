"""Changes of one occurrence of a series: its fields, its time, and whether it takes place."""

from typing import Any

import pytest

from shared.runtime import Runtime
from shared.scheduling.fences import fence_names
from shared.scheduling.intervals import Interval
from tests.harness.deployment import Deployment
from tests.harness.ledger import recording
from tests.harness.payloads import ADA, tag
from tests.integration.series.occurrences import (
    MOVED,
    SECOND,
    THIRD,
    cancel,
    change,
    fences,
    made,
    occurrences,
    path,
    problem,
    single,
)

pytestmark = pytest.mark.usefixtures("deployment")


def test_only_what_differs_is_kept() -> None:
    series = made()
    changed = change(series, {"title": "With guests", "location": "", "description": None})
    assert (changed.status, changed.body["title"], changed.body["changed_fields"]) == (200, "With guests", ["title"])
    assert changed.body["version"] == 2
    assert changed.headers["ETag"] == tag(changed.body)
    stored = ADA("GET", f"/events/{series['id']}").body
    assert stored["recurrence"]["changed"] == {SECOND: {"title": "With guests"}}
    # What was not changed follows the series.
    ADA("PATCH", f"/events/{series['id']}", {"title": "Daily", "location": "Room 5"})
    assert {**ADA("GET", path(series)).body, "x": 0}.items() >= {"title": "With guests", "location": "Room 5"}.items()
    same = change(series, {"title": "With guests"})
    assert (same.status, same.body["version"]) == (200, 3)
    back = change(series, {"title": None})
    assert (back.body["title"], back.body["changed_fields"]) == ("Daily", [])
    assert ADA("GET", f"/events/{series['id']}").body["recurrence"]["changed"] == {}


def test_what_was_read_can_be_sent_back() -> None:
    series = made()
    read = change(series, {"title": "With guests", **MOVED}).body
    assert change(series, read).body == read
    assert problem(change(series, {**read, "recurrence_id": THIRD})) == [
        ("recurrence_id", f'is read-only: it is "{SECOND}"')
    ]
    assert change(series, {**read, "history_id": series["history_id"]}).status == 412
    event = ADA("GET", f"/events/{series['id']}").body
    assert ADA("PUT", f"/events/{series['id']}", event).body == event
    assert ADA("PATCH", f"/events/{series['id']}", event).body == event
    assert problem(ADA("PATCH", f"/events/{series['id']}", {"cancelled": False}))[0][0] == "cancelled"


def test_an_occurrence_is_moved(deployment: Deployment) -> None:
    series = made()
    moved = change(series, MOVED)
    assert (moved.status, moved.body["start"], moved.body["original_start"]) == (
        200,
        MOVED["start"],
        "2027-03-22T08:00:00Z",
    )
    assert moved.body["start_local"] == "2027-03-23T11:00:00+01:00"
    assert moved.body["changed_fields"] == ["start", "end"]
    assert single("2027-03-22T08:00:00Z", "2027-03-22T09:00:00Z").status == 201
    refused = single(**MOVED)
    assert [each["id"] for each in refused.body["conflicts"]] == [f"{series['id']}_{SECOND}"]
    # Its own time is taken now.
    back = change(series, {"start": None, "end": None})
    assert (back.status, len(back.body["conflicts"])) == (409, 1)
    allowed = change(series, {"start": None, "end": None}, on_conflict="allow")
    assert (allowed.status, allowed.body["changed_fields"]) == (200, [])
    assert single(**MOVED).status == 201
    deployment.record()
    versions = ADA("GET", f"/events/{series['id']}/history").body["items"]
    assert [(each["type"], each.get("occurrence")) for each in versions] == [
        ("update", SECOND),
        ("update", SECOND),
        ("create", None),
    ]


def test_only_the_time_of_the_occurrence_is_checked() -> None:
    other = single("2027-04-05T07:30:00Z", "2027-04-05T08:00:00Z").body
    series = ADA(
        "POST",
        "/events?on_conflict=allow",
        {
            "title": "x",
            "start": "2027-03-15T08:00:00Z",
            "end": "2027-03-15T09:00:00Z",
            "time_zone": "Europe/Berlin",
            "recurrence": {"rule": "FREQ=WEEKLY"},
        },
    ).body
    assert change(series, MOVED).status == 200
    refused = change(series, {"start": other["start"], "end": other["end"]}, THIRD)
    assert refused.status == 422, "it is its own fourth"
    blocked = single("2027-03-24T08:00:00Z", "2027-03-24T09:00:00Z").body
    refused = change(series, {"start": "2027-03-24T08:30:00Z", "end": "2027-03-24T09:30:00Z"})
    assert [each["id"] for each in refused.body["conflicts"]] == [blocked["id"]]
    assert (refused.body["next_free"], refused.body["next_free_search"]) == ("2027-03-24T09:00:00Z", "found")


def test_the_next_free_time_leaves_the_series_its_own() -> None:
    series = made(recurrence={"rule": "FREQ=DAILY"})
    single("2027-03-16T07:00:00Z", "2027-03-16T08:00:00Z")
    refused = change(series, {"start": "2027-03-16T07:00:00Z", "end": "2027-03-16T08:00:00Z"}, "20270315T090000")
    assert refused.status == 409
    assert refused.body["next_free"] == "2027-03-16T09:00:00Z"


def test_one_time_alone_changes() -> None:
    series = made()
    longer = change(series, {"end": "2027-03-22T09:30:00Z"})
    assert (longer.body["start"], longer.body["end"]) == ("2027-03-22T08:00:00Z", "2027-03-22T09:30:00Z")
    assert ADA("GET", f"/events/{series['id']}").body["recurrence"]["changed"] == {
        SECOND: {"start": "2027-03-22T08:00:00Z", "end": "2027-03-22T09:30:00Z"}
    }
    assert problem(change(series, {"start": "2027-03-22T10:00:00Z"})) == [
        ("start", "with the rest of the occurrence: end must be later than start")
    ]


def test_an_occurrence_is_cancelled_and_brought_back() -> None:
    series = made()
    change(series, {"title": "With guests", **MOVED})
    cancelled = cancel(series)
    assert (cancelled.status, cancelled.text) == (204, "")
    assert ADA("GET", path(series)).status == change(series, {"title": "x"}).status == cancel(series).status == 404
    assert SECOND not in str(occurrences(series))
    assert ADA("GET", f"/events/{series['id']}").body["recurrence"]["excluded"] == [SECOND]
    taken = single(**MOVED).body
    assert change(series, {"cancelled": False}).body["conflicts"][0]["id"] == taken["id"]
    assert ADA("DELETE", f"/events/{taken['id']}").status == 204
    back = change(series, {"cancelled": False})
    assert (back.status, back.body["title"], back.body["start"]) == (200, "With guests", MOVED["start"])
    again = change(series, {"cancelled": True, "title": None})
    assert (again.status, again.body["cancelled"], again.body["title"]) == (200, True, series["title"])
    assert change(series, {"cancelled": True}).body["version"] == again.body["version"]


def test_a_transparent_occurrence_takes_no_time() -> None:
    series = made()
    assert change(series, {"transparency": "transparent"}).body["changed_fields"] == ["transparency"]
    other = single("2027-03-22T08:00:00Z", "2027-03-22T09:00:00Z").body
    assert change(series, {"transparency": None}).body["conflicts"][0]["id"] == other["id"]


def test_an_occurrence_of_a_transparent_series_may_take_its_time() -> None:
    series = made(transparency="transparent")
    other = single("2027-03-22T08:00:00Z", "2027-03-22T09:00:00Z").body
    assert change(series, {"transparency": "opaque"}).body["conflicts"][0]["id"] == other["id"]
    assert change(series, {"transparency": "opaque"}, THIRD).status == 200
    refused = single("2027-03-29T07:00:00Z", "2027-03-29T08:00:00Z")
    assert [each["id"] for each in refused.body["conflicts"]] == [f"{series['id']}_{THIRD}"]


def test_an_occurrence_leaves_the_others_their_time() -> None:
    series = made()
    onto = {"start": "2027-03-29T07:30:00Z", "end": "2027-03-29T08:30:00Z"}
    assert problem(change(series, onto)) == [
        ("start", f"must leave the other occurrences their time: {THIRD} takes place then")
    ]
    assert problem(change(series, {"end": onto["end"]}))[0][0] == "end"
    cancel(series, THIRD)
    assert change(series, onto).status == 200
    assert problem(change(series, {"cancelled": False}, THIRD))[0][0] == "cancelled"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"time_zone": "Europe/Paris"}, ["time_zone"]),
        ({"calendars": ["01998f00-0000-7000-8000-000000000009"]}, ["calendars"]),
        ({"recurrence": {"rule": "FREQ=DAILY"}}, ["recurrence"]),
        ({"cancelled": "yes"}, ["cancelled"]),
        ({"series_id": "x", "changed_fields": []}, ["series_id"]),
        ({"title": ""}, ["title"]),
        ({"start": "2027-03-22T08:00:00Z", "end": "2027-03-22T08:00:00Z"}, ["end"]),
        ({"start": "2027-03-22T08:00:00Z", "end": "2029-03-22T08:00:00Z"}, ["end"]),
    ],
)
def test_what_an_occurrence_cannot_have_is_refused_by_name(fields: dict[str, Any], named: list[str]) -> None:
    series = made()
    assert [field for field, _ in problem(change(series, fields))] == named
    assert ADA("GET", f"/events/{series['id']}").body == series
    assert change(series, {"time_zone": "Europe/Berlin", "calendars": [], "recurrence": None}).body["version"] == 1


def test_a_scope_is_of_an_occurrence() -> None:
    series = made()
    for method in ("PATCH", "DELETE"):
        refused = ADA(method, f"/events/{series['id']}?scope=this", {} if method == "PATCH" else None)
        assert [field for field, _ in problem(refused)] == ["scope"]
    assert problem(change(series, {"title": "x"}, exceptions="drop"))[0][0] == "exceptions"


def test_a_change_of_an_occurrence_is_conditional() -> None:
    series = made()
    assert ADA("PATCH", path(series), {"title": "x"}, headers={"If-Match": tag(series)}).status == 200
    assert ADA("PATCH", path(series, THIRD), {"title": "x"}, headers={"If-Match": tag(series)}).status == 412
    assert ADA("DELETE", path(series, THIRD), headers={"If-Match": tag(series)}).status == 412


def test_a_dry_run_shows_what_would_change() -> None:
    series = made()
    other = single(**MOVED).body
    shown = change(series, MOVED, dry_run="true").body
    assert {each["field"].partition(".")[0] for each in shown["changes"]} == {"recurrence"}
    assert [each["id"] for each in shown["conflicts"]] == [other["id"]]
    assert cancel(series, dry_run="true").status == 200
    assert ADA("GET", f"/events/{series['id']}").body == series


def test_the_calls_of_one_occurrence(runtime: Runtime) -> None:
    series = made()

    def calls(*request: Any, **query: Any) -> tuple[int, int]:
        with recording(runtime.clients) as ledger:
            assert ADA(*request, **query).status < 300
        return len(ledger.calls), ledger.depth

    assert calls("GET", path(series)) == (1, 1)
    assert calls("GET", f"/events/{series['id']}/occurrences") == (1, 1)
    assert calls("PATCH", path(series), MOVED) == (7, 3)
    assert calls("PATCH", path(series), {"end": "2027-03-23T11:30:00Z"}) == (8, 4)
    assert calls("PATCH", path(series), {"title": "x"}) == (2, 2)
    assert calls("PATCH", path(series), {"transparency": "transparent"}) == (3, 3)
    assert calls("DELETE", path(series)) == (2, 2)
    assert calls("PATCH", path(series), {"cancelled": False}) == (3, 3)


def test_the_fences_of_the_week_remember_the_whole_series(deployment: Deployment) -> None:
    series = made()
    before = fences(deployment)
    moved = change(series, {"start": "2027-06-01T10:00:00Z", "end": "2027-06-01T11:00:00Z"}).body
    after = fences(deployment)
    (name,) = [each for each in after if after[each].value != before[each].value]
    assert [name] == fence_names(Interval(moved["start"], moved["end"]))
    entry = after[name].recent[0]
    assert (entry.event_id, entry.history_id) == (series["id"], moved["history_id"])
    assert entry.interval == (series["start"], "9999-12-31T23:59:59Z")
    change(series, {"title": "x"})
    cancel(series)
    assert fences(deployment) == after
