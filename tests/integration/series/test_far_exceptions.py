"""Series meet where they take place, however long ago they began, and however far away one occurrence was put."""

from typing import Any, Final

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.integration.series.occurrences import cancel, change, made, recurrence, single
from tests.integration.series.test_series import WEEKLY

pytestmark = pytest.mark.usefixtures("deployment")

# Nine and twelve o'clock on Mondays in Berlin, since more than five years ago.
LONG_AGO: Final = {"start": "2020-03-02T08:00:00Z", "end": "2020-03-02T09:00:00Z"}
NOON: Final = {"start": "2020-03-02T11:00:00Z", "end": "2020-03-02T12:00:00Z"}
# One of their Mondays, for each of both.
AT_NINE: Final = "20270308T090000"
AT_NOON: Final = "20270308T120000"
NINE: Final = {"start": "2027-03-08T08:00:00Z", "end": "2027-03-08T09:00:00Z"}


def refused(reply: Any, *ids: str) -> None:
    assert reply.status == 409, reply
    assert {each["id"] for each in reply.body["conflicts"]} == set(ids)


@pytest.mark.parametrize("early", ["19520107T090000", "20190101T090000"])
def test_an_early_date_hides_nothing(early: str) -> None:
    there = made(recurrence=recurrence(dates=["20190107T120000"]))
    reply = ADA("POST", "/events", {**WEEKLY, "recurrence": recurrence(dates=[early])})
    refused(reply, f"{there['id']}_20270315T090000")


def test_an_early_date_hides_no_event_of_a_full_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.scheduling.series_conflicts.PAGE", 2)
    for year in (2020, 2021, 2022, 2023):
        assert single(f"{year}-01-02T09:00:00Z", f"{year}-01-02T10:00:00Z").status == 201
    there = single("2027-06-14T07:30:00Z", "2027-06-14T08:30:00Z").body
    reply = ADA("POST", "/events", {**WEEKLY, "recurrence": recurrence(dates=["20190101T090000"])})
    refused(reply, there["id"])


def test_a_late_date_is_looked_at_in_a_full_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.scheduling.series_conflicts.PAGE", 2)
    for year in (2028, 2032, 2033, 2034, 2035):
        assert single(f"{year}-01-02T09:00:00Z", f"{year}-01-02T10:00:00Z").status == 201
    there = single("2040-06-14T07:30:00Z", "2040-06-14T08:30:00Z").body
    body = {**WEEKLY, "recurrence": {"rule": "FREQ=WEEKLY;COUNT=2", "dates": ["20400614T090000"]}}
    refused(ADA("POST", "/events", body), there["id"])


def test_a_series_that_began_long_ago_is_compared_from_now_on(monkeypatch: pytest.MonkeyPatch) -> None:
    series = made(**NOON)
    for year in (2020, 2021, 2022, 2023):
        assert single(f"{year}-01-02T09:00:00Z", f"{year}-01-02T10:00:00Z").status == 201
    there = single(**NINE).body
    monkeypatch.setattr("shared.scheduling.series_conflicts.PAGE", 2)
    refused(ADA("PATCH", f"/events/{series['id']}", LONG_AGO), there["id"])


def test_occurrences_that_come_back_meet_what_was_moved_there(deployment: Deployment) -> None:
    one, other = made(**LONG_AGO), made(**NOON)
    assert cancel(one, AT_NINE).status == cancel(one, "20270315T090000").status == 204
    assert change(other, NINE, AT_NOON).status == 200
    meets = f"{other['id']}_{AT_NOON}"
    refused(ADA("PATCH", f"/events/{one['id']}", {"recurrence": {"excluded": []}}), meets)
    refused(change(one, {"cancelled": False}, AT_NINE), meets)
    deployment.record()
    refused(ADA("POST", f"/events/{one['id']}/rollback", {"history_id": one["history_id"]}), meets)


def test_a_series_comes_back_beside_what_was_moved_there() -> None:
    one, other = made(**LONG_AGO), made(**NOON)
    assert ADA("DELETE", f"/events/{one['id']}").status == 204
    assert change(other, NINE, AT_NOON).status == 200
    deleted = ADA("GET", "/events/deleted").body["items"][0]
    restored = ADA("POST", f"/events/{one['id']}/rollback", {"history_id": deleted["history_id"]})
    refused(restored, f"{other['id']}_{AT_NOON}")


def test_further_dates_meet_a_rule_that_began_long_ago() -> None:
    one, other = made(**LONG_AGO), made(**NOON)
    reply = ADA("PATCH", f"/events/{other['id']}", {"recurrence": {"dates": ["20270308T093000", "20450306T093000"]}})
    refused(reply, f"{one['id']}_{AT_NINE}")
    later = ADA("PATCH", f"/events/{other['id']}", {"recurrence": {"dates": ["20450306T093000", "20450313T093000"]}})
    refused(later, f"{one['id']}_20450306T090000")


def test_an_undo_finds_them_too(deployment: Deployment) -> None:
    one, other = made(**LONG_AGO), made(**NOON)
    excluded = {"excluded": [AT_NINE, "20270315T090000"]}
    assert ADA("PATCH", f"/events/{one['id']}", {"recurrence": excluded}).status == 200
    deployment.record()
    operation_id = ADA("GET", f"/events/{one['id']}/history").body["items"][0]["operation_id"]
    assert change(other, NINE, AT_NOON).status == 200
    undone = ADA("POST", f"/operations/{operation_id}/undo", {}).body
    assert undone["undone"] == []
    assert f"its time is taken by event {other['id']}_{AT_NOON}" in undone["left"][0]["detail"]
