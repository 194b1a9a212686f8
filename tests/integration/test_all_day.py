"""Events of whole days: from midnight to midnight by the clock of their zone."""

from typing import Any

import jsonpatch
import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Api
from tests.harness.payloads import ADA, REVIEW, created, tag

pytestmark = pytest.mark.usefixtures("dynamodb_deployment")

BERLIN = "Europe/Berlin"
# The clock is put forward on 28 March: that day has 23 hours.
DAY = {"title": "Fair", "all_day": True, "start_date": "2027-03-28", "end_date": "2027-03-29", "time_zone": BERLIN}
TAKEN = {**DAY, "transparency": "opaque"}
MIDNIGHTS = ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z")
WITHIN = {"title": "Lunch", "start": "2027-03-28T10:00:00Z", "end": "2027-03-28T11:00:00Z"}
TIMES = ("start", "end", "start_local", "all_day", "start_date", "end_date", "transparency")
BACK = {"all_day": None, "start_date": None, "end_date": None}


def told(event: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(event[name] for name in TIMES)


WHOLE = (*MIDNIGHTS, None, True, "2027-03-28", "2027-03-29")


@pytest.mark.parametrize("said", [{}, {"transparency": "transparent"}, {"transparency": "opaque"}])
def test_whole_days_are_transparent_unless_said(said: dict[str, str]) -> None:
    expected = (*WHOLE, said.get("transparency", "transparent"))
    event = created({**DAY, **said})
    assert told(event) == expected
    path = f"/events/{event['id']}"
    assert told(ADA("GET", path).body) == expected
    assert ADA("GET", f"/events?from={MIDNIGHTS[0]}&to={MIDNIGHTS[1]}").body["items"] == [event]
    busy = ADA("GET", f"/free-busy?from={MIDNIGHTS[0]}&to={MIDNIGHTS[1]}").body["busy"]
    assert busy == (
        [dict(zip(("start", "end"), MIDNIGHTS, strict=True))] if said.get("transparency") == "opaque" else []
    )
    assert (
        told(ADA("PUT", f"/events/{created(REVIEW)['id']}", {**DAY, "transparency": "transparent"}).body)[:6] == WHOLE
    )
    assert ADA("POST", "/events/bulk", {"events": [{**DAY, **said}]}).status == 201


def test_the_zone_is_utc_unless_said() -> None:
    event = created({name: DAY[name] for name in DAY if name != "time_zone"})
    assert (event["start"], event["end"], event["time_zone"]) == ("2027-03-28T00:00:00Z", "2027-03-29T00:00:00Z", "UTC")


def test_only_opaque_days_are_in_the_way() -> None:
    created(DAY)
    lunch = created(WITHIN)
    refused = ADA("POST", "/events", TAKEN)
    assert (refused.status, [each["id"] for each in refused.body["conflicts"]]) == (409, [lunch["id"]])
    ADA("DELETE", f"/events/{lunch['id']}")
    day = created(TAKEN)
    refused = ADA("POST", "/events", WITHIN)
    assert (refused.status, [each["id"] for each in refused.body["conflicts"]]) == (409, [day["id"]])
    assert refused.body["next_free"] == MIDNIGHTS[1]
    after = {"title": "After", "start": "2027-03-29T00:00:00", "end": "2027-03-29T01:00:00", "time_zone": BERLIN}
    assert created(after)["start"] == MIDNIGHTS[1]


LATER = "must be later than start_date: it is the day after the last one"
YEARS = "must lie between the years 1900 and 9999 in UTC"
NEEDED = "is needed: all_day is true"
TIMED = "must be left out, or all_day be true"
FAULTS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({**DAY, "start_date": None}, {"start_date": NEEDED}),
    ({**DAY, "start_date": None, "end_date": None}, {"start_date": NEEDED, "end_date": NEEDED}),
    ({**REVIEW, "start_date": "2027-03-28"}, {"start_date": TIMED}),
    ({**REVIEW, **DAY, "all_day": False}, {"start_date": TIMED, "end_date": TIMED}),
    ({**DAY, "end_date": "2027-03-28"}, {"end_date": LATER}),
    ({**DAY, "end_date": "2028-03-29"}, {"end_date": "must be at most 366 days after start_date"}),
    ({**DAY, "start_date": "2027-02-29"}, {"start_date": "must be a date that exists"}),
    ({**DAY, "start_date": "20270328"}, {"start_date": "must be a date, such as 2027-03-01"}),
    ({**DAY, "end_date": 20270329}, {"end_date": "must be a date, such as 2027-03-01"}),
    ({**DAY, "start_date": "2027-03-28T00:00:00Z"}, {"start_date": "must be a date, such as 2027-03-01"}),
    ({**DAY, "start_date": "1899-12-31", "end_date": "1900-01-01"}, {"start_date": YEARS}),
    ({**DAY, "all_day": "true"}, {"all_day": "Input should be a valid boolean"}),
    ({**DAY, "all_day": 1}, {"all_day": "Input should be a valid boolean"}),
]


@pytest.mark.parametrize(("body", "errors"), FAULTS)
def test_days_that_are_none_are_refused_by_name(
    dynamodb_deployment: Deployment, body: dict[str, Any], errors: dict[str, str]
) -> None:
    event = created()
    before = dynamodb_deployment.calendars()
    for method, path in (("POST", "/events"), ("PUT", f"/events/{event['id']}"), ("PATCH", f"/events/{event['id']}")):
        reply = ADA(method, path, body)
        assert reply.status == 422, reply
        assert {each["field"]: each["message"] for each in reply.body["errors"]} == errors
    bulk = ADA("POST", "/events/bulk", {"events": [DAY, body]})
    assert (bulk.status, bulk.fields) == (422, [f"events[1].{name}" for name in errors])
    assert dynamodb_deployment.calendars() == before


@pytest.mark.parametrize("all_day", [{}, {"all_day": False}])
def test_an_event_that_is_not_of_whole_days_needs_its_times(all_day: dict[str, bool]) -> None:
    body = {"title": "Review", **all_day}
    for nothing in ({}, {"start": None, "end": None}):
        reply = ADA("POST", "/events", {**body, **nothing})
        assert (reply.status, reply.fields) == (422, ["start", "end"])
        assert {each["message"] for each in reply.body["errors"]} == {"Field required"}


def test_a_time_beside_days_is_where_they_begin() -> None:
    for name, at in zip(("start", "end"), MIDNIGHTS, strict=True):
        reply = ADA("POST", "/events", {**DAY, name: REVIEW[name]})
        why = f"must be left out, or be {at}, where {name}_date begins: all_day is true"
        assert (reply.status, reply.body["errors"]) == (422, [{"field": name, "message": why}])
    assert told(created({**DAY, "start": MIDNIGHTS[0], "end": "2027-03-29T00:00:00+02:00"}))[:6] == WHOLE


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_get_gave_may_be_sent_back(dynamodb_deployment: Deployment, method: str) -> None:
    event = created(DAY)
    path, before = f"/events/{event['id']}", dynamodb_deployment.calendars()
    assert (ADA(method, path, event).body, dynamodb_deployment.calendars()) == (event, before)
    # With other days it may keep the instants that it had, or have those of the new days; no others.
    longer = {"end_date": "2027-03-30"}
    moved = ADA(method, path, {**event, **longer}).body
    assert (moved["version"], moved["end"]) == (2, "2027-03-29T22:00:00Z")
    assert ADA(method, path, {**moved, **longer, "end": "2027-03-30T00:00:00+02:00"}).body == moved
    refused = ADA(method, path, {**moved, "start": REVIEW["start"]})
    assert (refused.status, refused.fields) == (422, ["start"])
    assert MIDNIGHTS[0] in refused.text
    stale = ADA(method, path, {**event, "title": "New"})
    assert (stale.status, stale.body["history_id"]) == (412, moved["history_id"])


def patched(event: dict[str, Any], change: dict[str, Any], query: str = "") -> dict[str, Any]:
    reply = ADA("PATCH", f"/events/{event['id']}{query}", change)
    assert reply.status == 200, reply
    after: dict[str, Any] = reply.body
    return after


def test_an_event_becomes_one_of_whole_days_and_back() -> None:
    event = created(WITHIN)
    days = {"all_day": True, "start_date": "2027-03-28", "end_date": "2027-03-29"}
    day = patched(event, {**days, "time_zone": BERLIN})
    # A patch changes what it names: it still takes its time.
    assert told(day) == (*WHOLE, "opaque")
    assert told(patched(day, {"transparency": None})) == (*WHOLE, "transparent")
    back = patched(day, BACK)
    assert told(back) == (*MIDNIGHTS, "2027-03-28T00:00:00+01:00", False, None, None, "transparent")
    timed = patched(
        patched(back, days), {**BACK, "all_day": False, **{name: WITHIN[name] for name in ("start", "end")}}
    )
    assert told(timed)[:4] == (WITHIN["start"], WITHIN["end"], "2027-03-28T12:00:00+02:00", False)
    assert patched(timed, {"transparency": None})["transparency"] == "opaque"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"start": WITHIN["start"]}, ["start"]),
        ({"end": WITHIN["end"]}, ["end"]),
        ({"all_day": False}, ["start_date", "end_date"]),
        ({"all_day": None, "start_date": None}, ["end_date"]),
        ({"start_date": None}, ["start_date"]),
        ({"start_date": None, "end_date": None}, ["start_date", "end_date"]),
        ({"start_date": "2027-03-29"}, ["end_date"]),
        ({"start": None}, ["start"]),
        ({"start_local": "2027-03-28T00:00:00+01:00"}, ["start_local"]),
    ],
)
def test_a_patch_of_whole_days_that_makes_no_event(
    dynamodb_deployment: Deployment, change: dict[str, Any], fields: list[str]
) -> None:
    event = created(DAY)
    before = dynamodb_deployment.calendars()
    reply = ADA("PATCH", f"/events/{event['id']}", change)
    assert (reply.status, reply.fields) == (422, fields)
    assert dynamodb_deployment.calendars() == before


def test_a_patch_of_dates_or_of_the_zone_moves_the_days_and_is_checked() -> None:
    day = created(TAKEN)
    early = created({"title": "Early", "start": "2027-03-29T05:00:00Z", "end": "2027-03-29T06:00:00Z"})
    path = f"/events/{day['id']}"
    for change in ({"end_date": "2027-03-30"}, {"time_zone": "America/Los_Angeles"}):
        for query in ("", "?dry_run=true"):
            refused = ADA("PATCH", path + query, change)
            assert [each["id"] for each in refused.body["conflicts"]] == [early["id"]]
        allowed = patched(day, change, "?on_conflict=allow")
        assert allowed["end"] > early["end"]
        day = patched(allowed, {"end_date": "2027-03-29", "time_zone": BERLIN})
    assert patched(day, {"start_date": "2027-03-27"})["start"] == "2027-03-26T23:00:00Z"


def test_days_are_in_versions_diffs_rollbacks_and_the_past(dynamodb_deployment: Deployment) -> None:
    day = created(DAY)
    path = f"/events/{day['id']}"
    dynamodb_deployment.clock.forward(seconds=1)
    preview = ADA("PATCH", f"{path}?dry_run=true", {**BACK, "title": "Talk"}).body
    timed = patched(day, {**BACK, "title": "Talk"})
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=1)
    diff = ADA("GET", f"{path}/diff").body
    expected = {
        "title": ("Fair", "Talk"),
        "start_local": (None, "2027-03-28T00:00:00+01:00"),
        "start_date": ("2027-03-28", None),
        "end_date": ("2027-03-29", None),
    }
    for changes in (preview["changes"], diff["changes"]):
        assert {each["field"]: (each["old"], each["new"]) for each in changes} == expected
    assert jsonpatch.apply_patch(day, diff["patch"]) == timed
    assert ADA("GET", f"{path}?as_of={day['created_at']}").body == day
    window = f"from={MIDNIGHTS[0]}&to={MIDNIGHTS[1]}"
    assert ADA("GET", f"/events?{window}&as_of={day['created_at']}").body["items"] == [day]
    back = ADA("POST", f"{path}/rollback", {"history_id": day["history_id"]}).body
    assert told(back) == told(day)
    assert ADA("DELETE", path, headers={"If-Match": tag(back)}).status == 204
    (deleted,) = ADA("GET", "/events/deleted").body["items"]
    assert told(deleted) == told(day)
    assert told(ADA("POST", f"{path}/rollback", {"history_id": day["history_id"]}).body) == told(day)


def test_a_bulk_of_days_is_undone(dynamodb_deployment: Deployment) -> None:
    api = Api()
    local = {"title": "Talk", "start": "2027-03-28T09:00:00", "end": "2027-03-28T10:00:00", "time_zone": BERLIN}
    done = api("POST", "/events/bulk", {"events": [DAY, TAKEN, local]}).body
    dynamodb_deployment.record()
    items = ADA("GET", f"/events?from={MIDNIGHTS[0]}&to={MIDNIGHTS[1]}").body["items"]
    assert sorted(told(each) for each in items if each["all_day"]) == sorted(
        (*WHOLE, word) for word in ("transparent", "opaque")
    )
    (timed,) = (each for each in items if not each["all_day"])
    assert (timed["start"], timed["start_local"]) == ("2027-03-28T07:00:00Z", "2027-03-28T09:00:00+02:00")
    assert api("POST", f"/operations/{done['operation_id']}/undo", {}).status == 200
    assert ADA("GET", f"/events?from={MIDNIGHTS[0]}&to={MIDNIGHTS[1]}").body["items"] == []


def test_a_day_that_a_zone_has_skipped_takes_no_time() -> None:
    skipped = {**DAY, "start_date": "2011-12-30", "end_date": "2011-12-31", "time_zone": "Pacific/Apia"}
    event = created(skipped)
    assert event["start"] == event["end"] == "2011-12-30T10:00:00Z"
    refused = ADA("POST", "/events", {**skipped, "transparency": "opaque"})
    assert (refused.status, refused.fields) == (422, ["end_date"])
