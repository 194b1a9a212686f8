"""Ids, cursors and items that somebody made up: of the future, of no operation, of no deletion. Never a 500."""

import json
from base64 import urlsafe_b64encode
from itertools import product
from typing import Any

import pytest

from shared import ids
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, ALLOW, REVIEW, created
from tests.harness.samples import NOW_NS, OWNER

Json = dict[str, Any]
SECOND = 1_000_000_000


def made_up(**facts: str) -> str:
    return urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(-10, 404), (-9, 503), (0, 503), (1, 503), (2, 404), (3600, 404), (3600 * 24 * 36500, 404)],
)
def test_an_operation_is_awaited_only_if_it_can_have_been_a_moment_ago(
    dynamodb_deployment: Deployment, seconds: int, status: int
) -> None:
    """Ten seconds back, and ahead as far as clocks may be apart."""
    del dynamodb_deployment
    reply = ADA("POST", f"/operations/{ids.new_id(NOW_NS + seconds * SECOND)}/undo")
    assert reply.status == status
    assert ("Retry-After" in reply.headers) is (status == 503)


FUTURE, JUST_BEFORE = ids.derived_id(NOW_NS // 1_000_000 + 3_600_000, 7), ids.derived_id(NOW_NS // 1_000_000 - 1000, 7)
OF_VERSION_4 = "01998f00-0000-4000-8000-000000000000"
HIGHEST, LOWEST = "ffffffff-ffff-7fff-bfff-ffffffffffff", "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("made", [FUTURE, JUST_BEFORE, OF_VERSION_4, HIGHEST, LOWEST])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_version_of_a_made_up_id_never_was(dynamodb_deployment: Deployment, made: str, recorded: bool) -> None:
    event = created()
    changed = ADA("PATCH", f"/events/{event['id']}", {"title": "Retro"}).body
    if recorded:
        dynamodb_deployment.record()
    path = f"/events/{event['id']}"
    before = dynamodb_deployment.calendars()
    replies = [
        ADA("GET", f"{path}/history/{made}"),
        ADA("GET", f"{path}/diff?from={made}&to={changed['history_id']}"),
        ADA("GET", f"{path}/diff?to={made}"),
        ADA("POST", f"{path}/rollback", {"history_id": made}),
    ]
    # While the first version is on its way, an id from shortly before the latest one may be its.
    expected = 503 if made == JUST_BEFORE and not recorded else 404
    assert [reply.status for reply in replies] == [expected] * 4
    assert dynamodb_deployment.calendars() == before


@pytest.mark.parametrize(
    "facts",
    [
        {"before": ""},
        {"before": "x"},
        {"before": "~"},
        {"before": "\0"},
        {"before": "f" * 700},
        {"before": FUTURE.upper()},
        {"before": f"{FUTURE} "},
        {"before": FUTURE, "more": "x"},
        {},
        {"query": f"history in {OWNER}", "before": FUTURE},
        {"query": f"window in {OWNER}", "before": FUTURE},
    ],
    ids=str,
)
def test_a_cursor_of_deleted_events_that_somebody_made_up_is_refused(deployment: Deployment, facts: Json) -> None:
    del deployment
    reply = ADA("GET", f"/events/deleted?cursor={made_up(**{'query': f'deleted in {OWNER}', **facts})}")
    assert (reply.status, reply.fields) == (422, ["cursor"])


@pytest.mark.parametrize("before", [FUTURE, OF_VERSION_4, HIGHEST, LOWEST])
def test_a_cursor_that_could_be_one_lists_the_callers_own(dynamodb_deployment: Deployment, before: str) -> None:
    del dynamodb_deployment
    event = created()
    ADA("DELETE", f"/events/{event['id']}")
    listed = ADA("GET", f"/events/deleted?cursor={made_up(query=f'deleted in {OWNER}', before=before)}")
    assert listed.status == 200
    assert [each["id"] for each in listed.body["items"]] == ([event["id"]] if before in (FUTURE, HIGHEST) else [])


# Where a listing goes on: before its window, within, at its end, behind it, at either end of time.
BEHIND = ["1900-01-01T00:00:00Z", "2027-03-01T09:00:00Z", "2027-03-02T00:00:00Z", "2028-01-01T00:00:00Z"]


@pytest.mark.parametrize("listing", ["window", "as of", "free-busy"])
def test_a_listing_goes_on_from_wherever_it_is_told_to(dynamodb_deployment: Deployment, listing: str) -> None:
    """The database refuses a range that ends before it begins: none is asked for."""
    event = created()
    dynamodb_deployment.record()
    moment = NOW_NS // 1_000_000
    for start, event_id in product([*BEHIND, "9999-12-31T23:59:59Z"], [LOWEST, HIGHEST, "~"]):
        facts = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z", "start": start, "id": event_id}
        if listing == "free-busy":
            cursor = made_up(query=f"free-busy in {OWNER}", **facts, busy_from="", busy_to="")
            reply = ADA("GET", f"/free-busy?cursor={cursor}")
        elif listing == "as of":
            cursor = made_up(query=f"window as of {moment} in {OWNER}", **facts)
            reply = ADA("GET", f"/events?cursor={cursor}&as_of=2026-11-22T09:00:00Z")
        else:
            reply = ADA("GET", f"/events?cursor={made_up(query=f'window in {OWNER}', **facts)}")
        assert reply.status == 200, (start, event_id, reply)
        found = reply.body["busy" if listing == "free-busy" else "items"]
        assert len(found) == ((start, event_id) < (event["start"], event["id"])), (start, event_id)
        assert reply.body["next_cursor"] is None, (start, event_id)


def put(deployment: Deployment, **attributes: str) -> None:
    """Put an item of an event around the API, as a script might."""
    item = {"pk": f"CAL#{OWNER}", "sk": f"EVENT#{attributes['id']}", "calendar_id": OWNER, **REVIEW, **attributes}
    deployment.runtime.clients.dynamodb.put_item(
        TableName=deployment.runtime.settings.events_table,
        Item={name: {"S": value} for name, value in item.items()},
    )


def test_a_deletion_of_a_script_without_a_term_is_gone_for_callers(dynamodb_deployment: Deployment) -> None:
    span = f"deleted#{FUTURE}"
    put(dynamodb_deployment, id=LOWEST, history_id=FUTURE, change_type="delete", span=span)
    assert ADA("GET", "/events/deleted").body == {"items": [], "next_cursor": None}
    assert ADA("GET", f"/events/{LOWEST}").status == 404
    assert ADA("PATCH", f"/events/{LOWEST}", {"title": "x"}).status == 404
    assert ADA("POST", f"/events{ALLOW}", REVIEW).status == 201
