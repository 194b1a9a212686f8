"""What a calendar holds of series: what their occurrences say counts as well."""

from typing import Final

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.harness.samples import OWNER
from tests.integration.series.occurrences import SECOND, THIRD, cancel, change, made
from tests.integration.test_quotas import LONG, checked, exceeded, limited, record

OWN: Final = {"title": "Gäste", "description": LONG, "location": "Room 4"}
BYTES: Final = len("Standup") + len("Gäste".encode()) + len(LONG) + len("Room 4")


def test_what_an_occurrence_says_is_counted_and_checked(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, text=BYTES + 1000) as deployment:
        series = made()
        assert change(series, OWN).status == 200
        record(deployment)
        assert deployment.usage() == {OWNER: (1, BYTES)}
        # With no room left the next one is refused, and what takes none is not.
        assert exceeded(change(series, OWN, THIRD)) == ("text_bytes", BYTES + 1000, BYTES)
        assert cancel(series).status == 204
        record(deployment)
        assert deployment.usage() == {OWNER: (1, BYTES)}, "it is kept for when the occurrence comes back"
        assert change(series, {"cancelled": False, "title": None, "description": None, "location": None}).status == 200
        record(deployment)
        assert deployment.usage() == {OWNER: (1, len("Standup"))}


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
    assert dynamodb_deployment.usage() == {OWNER: (1, BYTES)}


def test_a_restoration_counts_what_occurrences_say(dynamodb_deployment: Deployment) -> None:
    with limited(dynamodb_deployment, text=BYTES + 1000) as deployment:
        series = made()
        change(series, OWN)
        record(deployment)
        deleted = ADA("GET", f"/events/{series['id']}").body["history_id"]
        ADA("DELETE", f"/events/{series['id']}")
        record(deployment)
        assert deployment.usage() == {OWNER: (0, 0)}
        ADA("POST", "/events", {"title": "Other", "description": LONG, "start": series["end"], "end": series["end"],
                                "transparency": "transparent"})  # fmt: skip
        record(deployment)
        refused = ADA("POST", f"/events/{series['id']}/rollback", {"history_id": deleted})
        assert exceeded(refused)[0] == "text_bytes"
        assert SECOND in ADA("GET", "/events/deleted").body["items"][0]["recurrence"]["changed"]
