"""What a calendar holds of series: what their occurrences say counts as well."""

from typing import Any, Final

import pytest

from shared.scheduling.quotas import Usage
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.harness.samples import OWNER
from tests.integration.series.occurrences import SECOND, THIRD, cancel, change, made
from tests.integration.series.test_series import WEEKLY
from tests.integration.test_quotas import LONG, checked, exceeded, limited, record

OWN: Final = {"title": "Gäste", "description": LONG, "location": "Room 4"}
BYTES: Final = len("Standup") + len("Gäste".encode()) + len(LONG) + len("Room 4")


SINGLE: Final = {"title": "Single", "start": "2027-03-17T08:00:00Z", "end": "2027-03-17T09:00:00Z"}
FREE: Final = {**WEEKLY, "transparency": "transparent"}


# The requests that make a series more, beside an event and a series with these ids.
GROWING: Final = {
    "checked": ("POST", "/events", {**WEEKLY, "start": "2027-03-15T10:00:00Z", "end": "2027-03-15T11:00:00Z"}),
    "allowed": ("POST", "/events?on_conflict=allow", WEEKLY),
    "transparent": ("POST", "/events", FREE),
    "bulk": ("POST", "/events/bulk", {"events": [FREE]}),
    "split": ("PATCH", f"/events/{{series}}_{SECOND}?scope=following", {"title": "Split off"}),
    "a rule for an event": (
        "PATCH",
        "/events/{single}",
        {"time_zone": "Europe/Berlin", "recurrence": WEEKLY["recurrence"]},
    ),
}


@pytest.mark.parametrize("growing", GROWING.values(), ids=GROWING)
def test_a_calendar_holds_so_many_series(
    dynamodb_deployment: Deployment, growing: tuple[str, str, dict[str, Any]]
) -> None:
    method, path, body = growing
    with limited(dynamodb_deployment, series=2) as deployment:
        series, other = made(), made(title="Other", transparency="transparent")
        single = ADA("POST", "/events?on_conflict=allow", SINGLE).body
        record(deployment)
        stored = deployment.calendars()
        path = path.format(series=series["id"], single=single["id"])
        assert exceeded(ADA(method, path, body)) == ("series", 2, 2)
        assert deployment.calendars() == stored
        # What makes no series more is not refused, and what is deleted leaves room.
        assert change(series, {"title": "Planning"}).status == 200
        assert ADA("POST", "/events", {**SINGLE, "transparency": "transparent"}).status == 201
        assert ADA("DELETE", f"/events/{other['id']}").status == 204
        record(deployment)
        assert ADA(method, path, body).status in (200, 201)
        record(deployment)
        assert deployment.usage()[OWNER].series == 2


def test_what_an_occurrence_says_is_counted_and_checked(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, text=BYTES + 1000) as deployment:
        series = made()
        assert change(series, OWN).status == 200
        record(deployment)
        assert deployment.usage() == {OWNER: Usage(1, BYTES, 1)}
        # With no room left the next one is refused, and what takes none is not.
        assert exceeded(change(series, OWN, THIRD)) == ("text_bytes", BYTES + 1000, BYTES)
        assert cancel(series).status == 204
        record(deployment)
        assert deployment.usage() == {OWNER: Usage(1, BYTES, 1)}, "it is kept for when the occurrence comes back"
        assert change(series, {"cancelled": False, "title": None, "description": None, "location": None}).status == 200
        record(deployment)
        assert deployment.usage() == {OWNER: Usage(1, len("Standup"), 1)}


def test_the_correction_counts_alike(dynamodb_deployment: Deployment) -> None:
    series = made()
    assert change(series, OWN).status == 200
    record(dynamodb_deployment)
    assert checked()["corrected"] == 0
    table = dynamodb_deployment.runtime.settings.history_table
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(
        TableName=table, Key={"pk": {"S": f"CAL#{OWNER}#USAGE"}, "sk": {"S": "USAGE"}}
    )
    assert checked()["corrected"] == 1
    assert dynamodb_deployment.usage() == {OWNER: Usage(1, BYTES, 1)}


def test_a_restoration_counts_what_occurrences_say(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, text=BYTES + 1000) as deployment:
        series = made()
        change(series, OWN)
        record(deployment)
        deleted = ADA("GET", f"/events/{series['id']}").body["history_id"]
        ADA("DELETE", f"/events/{series['id']}")
        record(deployment)
        assert deployment.usage() == {OWNER: Usage(0, 0, 0)}
        ADA("POST", "/events", {"title": "Other", "description": LONG, "start": series["end"], "end": series["end"],
                                "transparency": "transparent"})  # fmt: skip
        record(deployment)
        refused = ADA("POST", f"/events/{series['id']}/rollback", {"history_id": deleted})
        assert exceeded(refused)[0] == "text_bytes"
        assert SECOND in ADA("GET", "/events/deleted").body["items"][0]["recurrence"]["changed"]
