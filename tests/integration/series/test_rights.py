"""Who may change occurrences in a calendar of others: a booker, those of their own series."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.ids import CalendarId
from shared.runtime import use
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api
from tests.harness.payloads import ADA, GRACE
from tests.integration.series.occurrences import MOVED, SECOND, THIRD
from tests.integration.series.test_series import WEEKLY


@pytest.fixture
def room(dynamodb_deployment: Deployment) -> Iterator[CalendarId]:
    """A calendar of Ada's that everyone may book."""
    with use(dynamodb_deployment.runtime):
        yield CalendarId(ADA("POST", "/calendars", {"name": "Room", "kind": "room", "everyone": "booker"}).body["id"])


def in_room(api: Api, room: CalendarId) -> Api:
    return Api(user_id=api.user_id, username=api.username, calendar=room)


def path(series: dict[str, Any], recurrence_id: str) -> str:
    return f"/events/{series['id']}_{recurrence_id}"


def test_a_booker_changes_occurrences_of_their_own_series(room: CalendarId) -> None:
    grace = in_room(GRACE, room)
    series = grace("POST", "/events", WEEKLY).body
    assert grace("GET", path(series, SECOND)).body["series_id"] == series["id"]
    assert len(grace("GET", f"/events/{series['id']}/occurrences?from=2027-03-15T00:00:00Z").body["items"]) == 5
    assert grace("PATCH", path(series, SECOND), MOVED).body["start"] == MOVED["start"]
    assert grace("DELETE", path(series, SECOND)).status == 204
    assert grace("PATCH", path(series, SECOND), {"cancelled": False}).status == 200
    tail = grace("PATCH", f"{path(series, THIRD)}?scope=following", {"title": "x"}).body
    assert (tail["split_from"], tail["created_by"]) == (series["id"], GRACE.user_id)
    # What an editor splits off from it is still the booker's.
    owners = in_room(ADA, room)("PATCH", f"{path(tail, '20270405T090000')}?scope=following", {"title": "y"}).body
    assert (owners["created_by"], owners["updated_by"]) == (GRACE.user_id, ADA.user_id)
    assert grace("PATCH", f"{path(owners, '20270412T090000')}?scope=all", {"title": "z"}).body["title"] == "z"
    assert grace("DELETE", f"{path(owners, '20270419T090000')}?scope=following").status == 204
    assert grace("DELETE", f"{path(owners, '20270412T090000')}?scope=all").status == 204


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_those_of_others_do_not_exist_for_a_booker(room: CalendarId, scope: str) -> None:
    series = in_room(ADA, room)("POST", "/events", WEEKLY).body
    grace = in_room(GRACE, room)
    assert grace("GET", path(series, SECOND)).status == 404
    assert grace("GET", f"/events/{series['id']}/occurrences").status == 404
    for method, body in (("PATCH", {"title": "x"}), ("PATCH", MOVED), ("DELETE", None)):
        for dry_run in ("false", "true"):
            refused = grace(method, f"{path(series, SECOND)}?scope={scope}&dry_run={dry_run}", body)
            assert (refused.status, refused.body["detail"]) == (404, "no such event"), (method, body, dry_run)
    assert in_room(ADA, room)("GET", f"/events/{series['id']}").body == series


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_a_copy_is_changed_in_its_home_and_taken_off_as_a_whole(room: CalendarId, scope: str) -> None:
    series = ADA("POST", "/events", {**WEEKLY, "calendars": [room]}).body
    owner = in_room(ADA, room)
    assert owner("GET", path(series, SECOND)).body["id"] == f"{series['id']}_{SECOND}"
    assert owner("PATCH", f"{path(series, SECOND)}?scope={scope}", {"title": "x"}).status == 403
    removed = owner("DELETE", f"{path(series, SECOND)}?scope={scope}")
    assert removed.status == (204 if scope == "all" else 403)
    assert ADA("GET", f"/events/{series['id']}").body["calendars"] == ([] if scope == "all" else [room])
