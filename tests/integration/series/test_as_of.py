"""A calendar with series as of each moment: what its listing was then, page by page."""

from random import Random
from typing import Any, Final

import pytest

from shared.ids import UserId
from shared.store import keys
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api
from tests.harness.ledger import recording
from tests.harness.payloads import ADA
from tests.harness.permissions import accesses, allows
from tests.harness.samples import OWNER
from tests.harness.sharing import SharedCalendar
from tests.harness.template import resources
from tests.integration.series.test_series import WEEKLY, made

Json = dict[str, Any]
WINDOWS: Final = (
    "from=2027-03-15T00:00:00Z&to=2027-04-12T00:00:00Z",
    "from=2027-03-22T08:30:00Z&to=2027-03-22T08:45:00Z",
    "from=2027-05-01T00:00:00Z&to=2027-05-08T00:00:00Z",
)
LATER: Final = {"start": "2027-03-15T10:00:00Z", "end": "2027-03-15T10:30:00Z"}
EXCLUDED: Final = {"recurrence": {"excluded": ["20270329T090000"]}}
CHANGES: Final[list[Json]] = [
    {"title": "Renamed"},
    LATER,
    {"start": WEEKLY["start"], "end": WEEKLY["end"]},
    EXCLUDED,
    {"recurrence": {"excluded": None}},
    {"recurrence": {"rule": "FREQ=WEEKLY;COUNT=2"}},
    {"recurrence": {"rule": "FREQ=DAILY"}},
    {"recurrence": None},
]


def page_by_page(query: str, limit: int) -> list[Json]:
    """What a listing has, from page to page."""
    found: list[Json] = []
    cursor = ""
    while True:
        reply = ADA("GET", f"/events?{query}&limit={limit}{cursor}")
        assert reply.status == 200, reply
        found += reply.body["items"]
        if reply.body["next_cursor"] is None:
            return found
        cursor = f"&cursor={reply.body['next_cursor']}"


def act(random: Random, ids: list[str], first: dict[str, str]) -> None:
    """Makes one change of the calendar: of a series, of a single event, or of one that becomes the other."""
    kind = random.choice(["create", "single", "change", "change", "change", "delete", "back"])
    if kind in {"create", "single"} or not ids:
        fields = {**WEEKLY, "title": f"{kind} {len(ids)}"}
        if kind == "single":
            fields["recurrence"] = None
        event = ADA("POST", "/events?on_conflict=allow", fields).body
        ids.append(event["id"])
        first[event["id"]] = event["history_id"]
        return
    event_id = random.choice(ids)
    if kind == "change":
        ADA("PATCH", f"/events/{event_id}?on_conflict=allow&exceptions=drop", random.choice(CHANGES))
    elif kind == "delete":
        ADA("DELETE", f"/events/{event_id}")
    else:
        ADA("POST", f"/events/{event_id}/rollback?on_conflict=allow", {"history_id": first[event_id]})


@pytest.mark.parametrize("seed", range(3))
def test_a_past_listing_is_what_it_was(deployment: Deployment, seed: int) -> None:
    random = Random(seed)  # noqa: S311 the same for the same seed
    ids: list[str] = []
    first: dict[str, str] = {}
    seen: list[tuple[str, list[list[Json]]]] = []
    for second in range(16):
        act(random, ids, first)
        deployment.record()
        seen.append((f"2026-11-22T09:00:{second:02d}Z", [page_by_page(window, 100) for window in WINDOWS]))
        deployment.clock.forward(seconds=1)
    assert any("_" in item["id"] for _, lists in seen for items in lists for item in items)
    for moment, lists in seen:
        for window, items in zip(WINDOWS, lists, strict=True):
            limit = random.choice([3, 10, 100])
            assert page_by_page(f"{window}&as_of={moment}", limit) == items, (moment, window)


def test_one_that_is_gone_for_good_is_listed_as_it_was(deployment: Deployment) -> None:
    """As TTL does in the end, but for the content, which outlives it for a moment."""
    series = made()
    deployment.record()
    (window, *_) = WINDOWS
    before = page_by_page(window, 100)
    deployment.clock.forward(seconds=10)
    ADA("DELETE", f"/events/{series['id']}")
    deployment.record()
    deployment.runtime.clients.dynamodb.delete_item(
        TableName=deployment.runtime.settings.events_table, Key=keys.event_key(OWNER, series["id"])
    )
    assert page_by_page(f"{window}&as_of=2026-11-22T09:00:05Z", 1) == before
    assert page_by_page(f"{window}&as_of=2026-11-22T09:00:15Z", 1) == []


def test_one_that_a_script_has_made_a_single_event_was_a_series(deployment: Deployment) -> None:
    series = made()
    deployment.record()
    (window, *_) = WINDOWS
    before = page_by_page(window, 100)
    client, table = deployment.runtime.clients.dynamodb, deployment.runtime.settings.events_table
    client.update_item(
        TableName=table,
        Key=keys.event_key(OWNER, series["id"]),
        UpdateExpression="SET span = :span REMOVE recurrence",
        ExpressionAttributeValues={":span": {"S": f"a#{series['start']}#{series['id']}"}},
    )
    deployment.record()
    assert [each["id"] for each in page_by_page(window, 100)] == [series["id"]]
    assert page_by_page(f"{window}&as_of=2026-11-22T09:00:00Z", 100) == before


def test_it_costs_a_query_and_two_calls_for_each_series_that_has_changed(deployment: Deployment) -> None:
    series: list[str] = []
    for _ in range(4):
        series.append(made(transparency="transparent")["id"])
        deployment.clock.forward(seconds=1)  # so that ids are in this order
    deployment.record()
    deployment.clock.forward(seconds=10)
    for event_id in series[2:]:
        ADA("PATCH", f"/events/{event_id}", {"title": "Renamed"})
    deployment.record()
    query = f"/events?{WINDOWS[0]}&as_of=2026-11-22T09:00:05Z"
    clients = deployment.runtime.clients
    with recording(clients) as whole, accesses(clients) as found:
        assert ADA("GET", query).status == 200
    # The classes and the series; what is stored of the series; the versions of those that have changed.
    assert whole.operations == {"Query": 5 + 2, "BatchGetItem": 1 + 1, "GetItem": 2}
    assert whole.depth == 4
    tables = {name: name for name in resources("AWS::DynamoDB::Table")}
    assert [each for each in found if not allows("events", each, tables)] == []
    with recording(clients) as first:
        ADA("GET", f"{query}&limit=1")
    # The first two are as they were, and show that there is a next page.
    assert first.operations == {"Query": 5, "BatchGetItem": 1 + 1}


def test_whoever_may_read_a_calendar_sees_its_series_as_they_were(deployment: Deployment) -> None:
    calendar = SharedCalendar(deployment.runtime)

    def client(user_id: UserId) -> Api:
        return Api(user_id, calendar=calendar.calendar_id)

    owner, booker = client(calendar.owner), client(calendar.member("booker"))
    by_owner, by_booker = (
        api("POST", "/events", {**WEEKLY, "title": title, "transparency": "transparent"}).body
        for api, title in ((owner, "The owner's"), (booker, "The booker's"))
    )
    deployment.record()
    deployment.clock.forward(seconds=10)
    for event in (by_owner, by_booker):
        owner("PATCH", f"/events/{event['id']}", {"title": "Renamed"})
    deployment.record()
    query = f"/events?{WINDOWS[1]}&as_of=2026-11-22T09:00:05Z"
    told = [client(calendar.member("viewer"))("GET", query).body["items"], booker("GET", query).body["items"]]
    titles = [{each["title"] for each in items} for items in told]
    assert titles == [{"The owner's", "The booker's"}, {"The booker's"}]
