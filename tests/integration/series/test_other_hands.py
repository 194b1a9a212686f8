"""Series that another hand wrote, around the API, so that they cannot be read: they take place once, as they begin."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.harness.deployment import Deployment, Item
from tests.harness.payloads import ADA
from tests.integration.history.test_other_hands import put
from tests.integration.series.occurrences import SECOND, WINDOW
from tests.integration.series.test_series import WEEKLY, made
from tests.integration.store.stored import item_of

Json = dict[str, Any]


def recurring(**more: Any) -> Item:
    return {"recurrence": {"M": {"rule": {"S": "FREQ=WEEKLY"}, **more}}}


def override(recurrence_id: str, **fields: str) -> Item:
    return {"changed": {"M": {recurrence_id: {"M": {name: {"S": value} for name, value in fields.items()}}}}}


UNREADABLE: Final[dict[str, Item]] = {
    "a rule that is not taken": recurring(rule={"S": "FREQ=HOURLY"}),
    "another day": recurring(rule={"S": "FREQ=WEEKLY;BYDAY=TU"}),
    "no rule": recurring(rule={"S": ""}),
    "an exclusion": recurring(excluded={"L": [{"S": "tomorrow"}]}),
    "a date": recurring(dates={"L": [{"S": "20270322"}]}),
    "the id of a change": recurring(**override("tomorrow", title="Guests")),
    "the time of a change": recurring(**override(SECOND, start="tomorrow", end="later")),
    "a zone": {"time_zone": {"S": "Nowhere/Land"}},
}


@pytest.fixture(params=UNREADABLE)
def broken(request: pytest.FixtureRequest, deployment: Deployment) -> Json:
    """A series as it was before a script changed it."""
    return changed_by_a_script(deployment, request.param)


def changed_by_a_script(deployment: Deployment, name: str) -> Json:
    series = made()
    deployment.record()
    deployment.clock.forward(seconds=1)
    put(deployment, item_of(deployment, series["id"]) | UNREADABLE[name])
    deployment.record()
    deployment.clock.forward(seconds=1)
    return series


def test_it_is_listed_once_as_it_is(broken: Json) -> None:
    for query in ("", "&expand=false", "&as_of=2030-01-01T00:00:00Z"):
        (item,) = ADA("GET", f"/events?{WINDOW}{query}").body["items"]
        assert (item["id"], item["start"], item["series_id"]) == (broken["id"], broken["start"], None)
        assert item["recurrence"]["rule"] is not None
    assert ADA("GET", f"/events?{WINDOW}&as_of=2026-11-22T09:00:00Z").body["items"][1]["series_id"] == broken["id"]
    (item,) = ADA("GET", f"/events/{broken['id']}/occurrences?{WINDOW}").body["items"]
    assert item["id"] == broken["id"]
    assert ADA("GET", f"/events/{broken['id']}_{SECOND}").status == 404
    assert ADA("GET", f"/events/{broken['id']}").status == 200


def test_it_takes_its_first_time_and_no_other(broken: Json) -> None:
    taken = {name: broken[name] for name in ("start", "end")}
    assert ADA("GET", f"/free-busy?{WINDOW}").body["busy"] == [taken]
    assert ADA("POST", "/events", {"title": "Single", **taken}).status == 409
    assert ADA("POST", "/events", WEEKLY).status == 409
    later = {"start": "2027-03-22T08:00:00Z", "end": "2027-03-22T09:00:00Z"}
    assert ADA("POST", "/events", {**WEEKLY, **later}).status == 201
    report = ADA("POST", "/events/bulk?conflicts=report", {"events": [{"title": "Single", **taken}]}).body["conflicts"]
    assert [each["id"] for each in report["calendar"]] == [broken["id"]]


def test_its_versions_are_told_and_it_goes_back(broken: Json, deployment: Deployment) -> None:
    versions = ADA("GET", f"/events/{broken['id']}/history").body["items"]
    assert [each["changed_by"] for each in versions] == ["external", ADA.user_id]
    assert ADA("GET", f"/events/{broken['id']}/diff").status == 200
    assert ADA("GET", f"/events/{broken['id']}/history/{versions[0]['history_id']}").status == 200
    back = ADA("POST", f"/events/{broken['id']}/rollback", {"history_id": broken["history_id"]})
    assert back.status == 200
    deployment.record()
    deployment.clock.forward(seconds=1)
    assert len(ADA("GET", f"/events?{WINDOW}").body["items"]) == 4
    # And to what cannot be read: as it was.
    again = ADA("POST", f"/events/{broken['id']}/rollback", {"history_id": versions[0]["history_id"]})
    assert again.status == 200
    assert len(ADA("GET", f"/events?{WINDOW}").body["items"]) == 1
    refused = ADA("POST", f"/events/{broken['id']}/rollback?occurrence={SECOND}", {"history_id": broken["history_id"]})
    assert refused.status == 404


LISTS: Final[Json] = {"dates": [], "excluded": []}
CHANGES: Final[dict[str, Callable[[str], Any]]] = {
    "title": lambda path: ADA("PATCH", path, {"title": "Renamed"}),
    "rule": lambda path: ADA(
        "PATCH", path, {"recurrence": {**LISTS, "rule": "FREQ=DAILY"}, "time_zone": "Europe/Berlin"}
    ),
    "single": lambda path: ADA("PATCH", path, {"recurrence": None, "time_zone": "Europe/Berlin"}),
    "all": lambda path: ADA("PUT", path, WEEKLY),
    "one": lambda path: ADA("PATCH", f"{path}_{SECOND}", {"title": "Guests"}),
    "delete one": lambda path: ADA("DELETE", f"{path}_{SECOND}"),
    "delete": lambda path: ADA("DELETE", path),
}


@pytest.mark.parametrize("name", ["a rule that is not taken", "an exclusion", "a zone"])
@pytest.mark.parametrize("change", CHANGES)
def test_it_can_be_mended_and_removed(deployment: Deployment, name: str, change: str) -> None:
    broken = changed_by_a_script(deployment, name)
    reply = CHANGES[change](f"/events/{broken['id']}")
    assert reply.status in (200, 204) if change not in {"one", "delete one"} else reply.status == 404, reply
    deployment.record()
    deleted = ADA("GET", "/events/deleted").body["items"]
    assert [each["id"] for each in deleted] == ([broken["id"]] if change == "delete" else [])
