"""Going back to a version of a series: whole, or one of its occurrences alone; and restoring it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, tag
from tests.integration.series.occurrences import MOVED, SECOND, THIRD, cancel, change, made, occurrences, single

Json = dict[str, Any]


def back(series: Json, history_id: str, query: str = "", headers: dict[str, str] | None = None, **body: Any) -> Reply:
    reply = ADA("POST", f"/events/{series['id']}/rollback{query}", {"history_id": history_id, **body}, headers=headers)
    check("POST", "/events/{event_id}/rollback", reply)
    return reply


def starts(series: Json) -> list[tuple[str, str]]:
    return [(each["start"], each["title"]) for each in occurrences(series)]


@pytest.fixture
def versions(deployment: Deployment) -> list[Json]:
    """A series as it was: new; with the second occurrence moved; also renamed; with the third cancelled; moved back."""
    series = made()
    found = [series]
    acts: tuple[Callable[[], Reply], ...] = (
        lambda: change(series, MOVED),
        lambda: change(series, {"title": "Guests"}),
        lambda: cancel(series, THIRD),
        lambda: change(series, {"start": None, "end": None, "title": None}),
    )
    for act in acts:
        deployment.clock.forward(seconds=1)
        assert act().status < 300
        found.append(ADA("GET", f"/events/{series['id']}").body)
    deployment.record()
    deployment.clock.forward(seconds=1)
    return found


def test_a_series_goes_back_with_its_rule_and_its_exceptions(versions: list[Json]) -> None:
    series = versions[-1]
    for version in (*versions, versions[2]):
        item = back(series, version["history_id"]).body
        for name in ("rule", "dates", "excluded", "changed", "ends"):
            assert item["recurrence"][name] == version["recurrence"][name]


def test_one_occurrence_goes_back_alone(versions: list[Json], deployment: Deployment) -> None:
    series = versions[-1]
    ADA("PATCH", f"/events/{series['id']}", {"description": "New", "recurrence": {"rule": "FREQ=WEEKLY;COUNT=4"}})
    deployment.clock.forward(seconds=1)
    planned = back(series, versions[2]["history_id"], f"?occurrence={SECOND}&dry_run=true").body
    assert [each["field"] for each in planned["changes"]] == [
        f"recurrence.changed.{SECOND}.{name}" for name in ("end", "start", "title")
    ]
    done = back(series, versions[2]["history_id"], f"?occurrence={SECOND}").body
    assert (done["changed"], done["description"]) == (True, "New")
    assert done["recurrence"] | {"ends": None, "checked_until": None} == {
        "rule": "FREQ=WEEKLY;COUNT=4",
        "dates": [],
        "excluded": [THIRD],
        "changed": {SECOND: {**MOVED, "title": "Guests"}},
        "ends": None,
        "checked_until": None,
    }
    newest = ADA("GET", f"/events/{series['id']}/history").body["items"][0]
    assert (newest["type"], newest["occurrence"], newest["rolled_back_to"]) == (
        "rollback", SECOND, versions[2]["history_id"],
    )  # fmt: skip
    assert back(series, versions[2]["history_id"], f"?occurrence={SECOND}").body["changed"] is False


def test_a_cancelled_one_comes_back_and_is_cancelled_again(versions: list[Json]) -> None:
    series = versions[-1]
    back(series, versions[0]["history_id"], f"?occurrence={THIRD}")
    assert len(starts(series)) == 4
    back(series, versions[3]["history_id"], f"?occurrence={THIRD}")
    assert len(starts(series)) == 3


def test_its_time_is_checked_and_nothing_else(versions: list[Json]) -> None:
    series = versions[-1]
    assert single(MOVED["start"], MOVED["end"]).status == 201
    refused = back(series, versions[2]["history_id"], f"?occurrence={SECOND}")
    assert (refused.status, [each["start"] for each in refused.body["conflicts"]]) == (409, [MOVED["start"]])
    assert back(series, versions[2]["history_id"], f"?occurrence={SECOND}&dry_run=true").body["conflicts"]
    assert back(series, versions[2]["history_id"]).status == 409
    assert back(series, versions[3]["history_id"], f"?occurrence={THIRD}").status == 200, "where nothing is in its way"
    assert back(series, versions[2]["history_id"], f"?occurrence={SECOND}&on_conflict=allow").status == 200


@pytest.mark.parametrize("occurrence", ["20270323T090000", "20270322", "19700101T000000", "20271332T990000"])
def test_a_version_without_that_occurrence_is_named(versions: list[Json], occurrence: str) -> None:
    refused = back(versions[0], versions[1]["history_id"], f"?occurrence={occurrence}")
    assert (refused.status, refused.body["detail"]) == (404, "no such occurrence at that version")


@pytest.mark.parametrize("occurrence", ["tomorrow", "", "20270322T090000Z", "\u0662\u0660270322"])
def test_what_is_no_recurrence_id_is_named(versions: list[Json], occurrence: str) -> None:
    refused = back(versions[0], versions[1]["history_id"], f"?occurrence={occurrence}")
    assert (refused.status, refused.fields) == (422, ["occurrence"])


def test_what_the_series_does_not_have_any_more_stays_away(versions: list[Json]) -> None:
    series = versions[-1]
    rule = {"recurrence": {"rule": "FREQ=WEEKLY;COUNT=1"}}
    assert ADA("PATCH", f"/events/{series['id']}?exceptions=drop", rule).status == 200
    refused = back(series, versions[2]["history_id"], f"?occurrence={SECOND}")
    assert (refused.status, refused.body["detail"]) == (404, "no such occurrence of this event")


def test_calendars_and_conditions_are_those_of_the_series(versions: list[Json]) -> None:
    series, target = versions[-1], versions[2]["history_id"]
    assert back(series, target, f"?occurrence={SECOND}", calendars=[]).fields == ["calendars"]
    stale = {"If-Match": tag(versions[0])}
    assert back(series, target, f"?occurrence={SECOND}", stale).status == 412
    assert back(series, target, f"?occurrence={SECOND}", {"If-Match": tag(series)}).status == 200


def test_a_deleted_series_is_listed_and_restored_within_its_time(versions: list[Json], deployment: Deployment) -> None:
    series = versions[-1]
    before = starts(series)
    assert ADA("DELETE", f"/events/{series['id']}").status == 204
    (deleted,) = ADA("GET", "/events/deleted").body["items"]
    assert deleted["recurrence"] == series["recurrence"]
    assert back(series, versions[2]["history_id"], f"?occurrence={SECOND}").status == 404
    deployment.record()
    deployment.clock.forward(seconds=1)
    assert back(series, deleted["history_id"]).body["recurrence"]["excluded"] == [THIRD]
    assert starts(series) == before
    ADA("DELETE", f"/events/{series['id']}")
    deployment.clock.forward(seconds=31 * 24 * 3600)
    assert back(series, versions[2]["history_id"]).status == 404
