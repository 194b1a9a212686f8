"""A series from one of its occurrences on: split in two, or ended."""

from typing import Any

import pytest

from shared.ids import CalendarId
from shared.runtime import Runtime
from shared.scheduling.fences import ALL_FENCES
from tests.harness.deployment import Deployment
from tests.harness.ledger import recording
from tests.harness.payloads import ADA, tag
from tests.integration.series.occurrences import (
    SECOND,
    THIRD,
    WINDOW,
    cancel,
    change,
    fences,
    made,
    occurrences,
    path,
    problem,
    recurrence,
    single,
)

pytestmark = pytest.mark.usefixtures("deployment")

FIRST, FOURTH = "20270315T090000", "20270405T090000"
TUESDAY = {"start": "2027-03-30T07:00:00Z", "end": "2027-03-30T08:00:00Z"}


def following(series: dict[str, Any], fields: dict[str, Any], recurrence_id: str = THIRD, **query: Any) -> Any:
    return change(series, fields, recurrence_id, scope="following", **query)


def read(series: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = ADA("GET", f"/events/{series['id']}").body
    return found


def starts(*series: dict[str, Any]) -> list[str]:
    return sorted(found["start"] for each in series for found in occurrences(each))


def test_a_series_is_split() -> None:
    series = made(uid="4711", location="Room 4")
    reply = following(series, {"title": "Retro"})
    tail = reply.body
    assert (reply.status, reply.headers["ETag"]) == (200, tag(tail))
    assert (tail["title"], tail["location"], tail["start"]) == ("Retro", "Room 4", "2027-03-29T07:00:00Z")
    assert (tail["split_from"], tail["version"], tail["uid"]) == (series["id"], 1, None)
    assert tail["start_local"] == "2027-03-29T09:00:00+02:00"
    assert tail["recurrence"] == {**series["recurrence"], "checked_until": "9999-12-31T23:59:59Z"}
    head = read(series)
    assert (head["title"], head["version"], head["split_from"], head["uid"]) == ("Standup", 2, None, "4711")
    assert head["recurrence"]["rule"] == "FREQ=WEEKLY;UNTIL=20270329T065959Z"
    assert read(tail) == tail
    assert [each["title"] for each in ADA("GET", f"/events?{WINDOW}").body["items"]] == ["Standup"] * 2 + ["Retro"] * 2
    assert ADA("GET", path(series, THIRD)).status == following(series, {"title": "x"}).status == 404


def test_exceptions_go_with_their_dates() -> None:
    series = made(recurrence=recurrence(dates=["20270317T120000", "20270407T120000"], excluded=[FIRST, FOURTH]))
    change(series, {"title": "Second"}, SECOND)
    change(series, {"title": "Fifth"}, "20270412T090000")
    before = starts(series)
    tail = following(series, {"location": "Room 5"}).body
    head = read(series)
    assert starts(head, tail) == before
    parts = [head["recurrence"], tail["recurrence"]]
    assert [(part["dates"], part["excluded"], [*part["changed"]]) for part in parts] == [
        (["20270317T120000"], [FIRST], [SECOND]),
        (["20270407T120000"], [FOURTH], ["20270412T090000"]),
    ]


def test_a_count_is_split() -> None:
    series = made(recurrence={"rule": "FREQ=WEEKLY;COUNT=4"})
    before = starts(series)
    tail = following(series, {"title": "x"}).body
    assert read(series)["recurrence"]["rule"] == tail["recurrence"]["rule"] == "FREQ=WEEKLY;COUNT=2"
    assert starts(series, tail) == before
    until = made(
        start="2027-03-16T08:00:00Z",
        end="2027-03-16T09:00:00Z",
        recurrence={"rule": "FREQ=WEEKLY;UNTIL=20270413T070000Z"},
    )
    tail = following(until, {"title": "x"}, "20270330T090000").body
    assert tail["recurrence"]["rule"] == "FREQ=WEEKLY;UNTIL=20270413T070000Z"


def test_the_rest_moves_to_another_day() -> None:
    series = made(recurrence={"rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;UNTIL=20280101T000000Z"})
    change(series, {"title": "Sunday"}, "20270404T090000")
    moved = following(series, {"start": "2027-03-30T08:00:00Z", "end": "2027-03-30T09:30:00Z"})
    assert moved.status == 200, moved
    # The weeks begin with Tuesday, or Monday the 5th would be in one that is left out.
    rule = "FREQ=WEEKLY;INTERVAL=2;UNTIL=20280102T010000Z;BYDAY=MO,TU;WKST=TU"
    assert (moved.body["recurrence"]["rule"], moved.body["end"]) == (rule, "2027-03-30T09:30:00Z")
    assert starts(series) == ["2027-03-15T08:00:00Z", "2027-03-21T08:00:00Z"]
    assert starts(moved.body) == ["2027-03-30T08:00:00Z", "2027-04-05T08:00:00Z"]
    assert occurrences(moved.body)[1]["title"] == "Sunday"


def test_what_the_series_took_itself_is_no_conflict_and_what_others_take_is() -> None:
    series = made()
    other = single("2027-04-06T07:30:00Z", "2027-04-06T08:30:00Z").body
    before = read(series)
    refused = following(series, TUESDAY)
    assert [each["id"] for each in refused.body["conflicts"]] == [other["id"]]
    assert read(series) == before
    later = {"start": "2027-03-29T07:30:00Z", "end": "2027-03-29T08:30:00Z"}
    assert following(series, later).status == 200


def test_the_two_parts_take_no_time_together() -> None:
    series = made()
    change(series, {"start": "2027-04-06T07:00:00Z", "end": "2027-04-06T08:00:00Z"}, SECOND)
    assert problem(following(series, TUESDAY)) == [
        ("start", f"must leave the earlier occurrences their time: {SECOND} takes place then")
    ]
    assert problem(following(series, {"start": "2027-03-15T08:30:00Z", "end": "2027-03-15T09:30:00Z"}))[0][0] == "start"


def test_at_the_first_occurrence_it_is_all_of_it() -> None:
    series = made()
    changed = following(series, {"title": "x"}, FIRST)
    assert (changed.body["id"], changed.body["version"], changed.body["title"]) == (series["id"], 2, "x")
    assert read(series) == changed.body
    same = following(series, {"title": "x"}, THIRD)
    assert (same.status, same.body["id"], read(series)["version"]) == (200, f"{series['id']}_{THIRD}", 2)
    assert cancel(series, FIRST, scope="following").status == 204
    assert ADA("GET", f"/events/{series['id']}").status == 404


def test_after_cancelled_ones_the_first_that_takes_place_is_the_first(deployment: Deployment) -> None:
    series = made()
    for each in (FIRST, SECOND):
        assert cancel(series, each).status == 204
    assert following(series, {"title": "x"}, SECOND).status == 404
    renamed = following(series, {"title": "x"}, THIRD)
    assert (renamed.body["id"], renamed.body["split_from"], renamed.body["title"]) == (series["id"], None, "x")
    assert cancel(series, THIRD, scope="following").status == 204
    assert ADA("GET", f"/events/{series['id']}").status == 404
    (deleted,) = ADA("GET", "/events/deleted").body["items"]
    assert deleted["recurrence"]["rule"] == "FREQ=WEEKLY"
    deployment.record()
    body = {"history_id": renamed.body["history_id"]}
    assert ADA("POST", f"/events/{series['id']}/rollback", body).status == 200
    assert [each["recurrence_id"] for each in occurrences(series)][:1] == [THIRD]


def test_a_series_is_ended(deployment: Deployment) -> None:
    series = made()
    single_after = ("2027-03-29T07:00:00Z", "2027-03-29T08:00:00Z")
    ADA(
        "POST",
        "/events?on_conflict=allow",
        {"title": "Allowed", "start": "2027-03-22T08:00:00Z", "end": "2027-03-22T09:00:00Z"},
    )
    assert cancel(series, THIRD, scope="following").status == 204
    assert starts(series) == ["2027-03-15T08:00:00Z", "2027-03-22T08:00:00Z"]
    assert single(*single_after).status == 201
    item = next(each for each in deployment.events() if each["id"]["S"] == series["id"])
    assert item["span"]["S"].startswith("r#2027-03-")


def test_both_parts_are_remembered_by_all_fences(deployment: Deployment) -> None:
    series = made()
    before = fences(deployment)
    tail = following(series, {"title": "x"}, on_conflict="allow").body
    after, head = fences(deployment), read(series)
    assert after.keys() == {*ALL_FENCES}
    for name, fence in after.items():
        assert fence.value == head["history_id"] != before[name].value
        assert [(each.event_id, each.history_id) for each in fence.recent[:2]] == [
            (head["id"], head["history_id"]),
            (tail["id"], tail["history_id"]),
        ]


def test_a_split_is_of_all_calendars_at_once() -> None:
    rooms = [room() for _ in range(2)]
    series = made(calendars=rooms)
    tail = following(series, TUESDAY).body
    assert tail["calendars"] == rooms
    assert starts(tail)[0] == TUESDAY["start"]
    for each in rooms:
        held = ADA("GET", f"/calendars/{each}/events?{WINDOW}").body["items"]
        assert [one["start"] for one in held] == starts(series, tail)
        assert [one["series_id"] for one in held] == [series["id"]] * 2 + [tail["id"]] * 2
        copy = f"/calendars/{each}/events/{tail['id']}_20270406T090000"
        for scope in ("this", "following", "all"):
            assert ADA("PATCH", f"{copy}?scope={scope}", {"title": "x"}).status == 403
    refused = following(tail, {"calendars": rooms[:1]}, "20270406T090000")
    assert problem(refused)[0][0] == "calendars"
    thursday = {"start": "2027-04-08T07:00:00Z", "end": "2027-04-08T08:00:00Z"}
    taken = ADA("POST", f"/calendars/{rooms[1]}/events", {"title": "x", **thursday}).body
    refused = following(tail, thursday, "20270406T090000")
    assert [each["id"] for each in refused.body["conflicts"]] == [taken["id"]]


def test_a_series_is_on_five_calendars_and_still_split() -> None:
    series = made(calendars=[room() for _ in range(4)])
    assert following(series, TUESDAY, on_conflict="allow").status == 200
    later = {"start": "2027-03-17T08:00:00Z", "end": "2027-03-17T09:00:00Z"}
    series = made(calendars=[room() for _ in range(4)], **later)
    assert following(series, {"title": "x"}, "20270324T090000").status == 200


def room() -> CalendarId:
    made_room = ADA("POST", "/calendars", {"name": "Room", "kind": "room", "strict": False})
    assert made_room.status == 201, made_room
    return CalendarId(made_room.body["id"])


def test_a_dry_run_splits_nothing() -> None:
    series = made()
    other = single("2027-04-06T07:30:00Z", "2027-04-06T08:30:00Z").body
    shown = following(series, TUESDAY, dry_run="true")
    assert (shown.status, [each["id"] for each in shown.body["conflicts"]]) == (200, [other["id"]])
    assert shown.body["from"] == series["history_id"]
    assert {each["field"].partition(".")[0] for each in shown.body["changes"]} == {"recurrence"}
    assert following(series, {}, dry_run="true").body["changes"] == []
    assert cancel(series, THIRD, scope="following", dry_run="true").status == 200
    assert read(series) == series


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"cancelled": True}, "cancelled"),
        ({"title": None}, "title"),
        ({"recurrence": {"rule": "FREQ=HOURLY"}}, "recurrence.rule"),
        ({"start": "2027-03-30T07:00:00Z"}, "start"),
        ({"start": "2027-03-30T07:00:00Z", "end": "2027-04-07T07:00:00Z"}, "end"),
    ],
)
def test_what_the_rest_cannot_be_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    series = made()
    assert [field for field, _ in problem(following(series, fields))] == [named]
    assert read(series) == series


def test_what_was_read_of_an_occurrence_can_be_sent_back_for_the_rest() -> None:
    series = made()
    document = ADA("GET", path(series, THIRD)).body
    assert following(series, document).body == document
    tail = following(series, {**document, "title": "x"}).body
    assert (tail["title"], tail["recurrence"]["rule"]) == ("x", "FREQ=WEEKLY")


def test_a_split_is_conditional() -> None:
    series = made()
    ADA("PATCH", f"/events/{series['id']}", {"title": "y"})
    for method, body in (("PATCH", {"title": "x"}), ("DELETE", None)):
        reply = ADA(method, f"{path(series, THIRD)}?scope=following", body, headers={"If-Match": tag(series)})
        assert reply.status == 412


def test_the_calls_of_a_split(runtime: Runtime) -> None:
    series = made()

    def calls(*request: Any, **query: Any) -> tuple[int, int]:
        with recording(runtime.clients) as ledger:
            assert ADA(*request, **query).status < 300
        return len(ledger.calls), ledger.depth

    assert calls("PATCH", path(series, FOURTH), {"title": "x"}, scope="following") == (2, 2)
    assert calls("PATCH", path(series, THIRD), TUESDAY, scope="following") == (7, 3)
    assert calls("DELETE", path(series, SECOND), scope="following") == (2, 2)
