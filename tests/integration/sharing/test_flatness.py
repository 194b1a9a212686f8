"""A request makes the same calls, and they read and write as much, with ten members as with a thousand."""

from collections import Counter
from dataclasses import replace

import pytest

from shared.ids import CalendarId, UserId
from shared.runtime import use
from shared.sharing.calendars import Member
from shared.store.access_items import member_attributes
from shared.store.access_keys import member_key
from shared.store.batches import batch_write
from tests.harness.dataset import Dataset
from tests.harness.gateway import Context, invoke
from tests.harness.ledger import Ledger, recording
from tests.harness.routes import Route
from tests.harness.sharing_requests import SHARING_ROUTES, made_before
from tests.integration.sharing.people import People


def fill(data: Dataset, calendar_id: CalendarId, count: int) -> None:
    """Stores so many members more."""
    items = []
    for number in range(count):
        user_id = UserId(made_before(data))
        member = Member(user_id, f"m{number}", "viewer", accepted=True, granted_by=data.user_id, granted_at=0)
        items.append({**member_key(calendar_id, user_id), **member_attributes(member)})
    settings, client = data.runtime.settings, data.runtime.clients.dynamodb
    for at in range(0, count, 25):
        assert batch_write(client, settings.access_table, items[at : at + 25]) == []


def ledger_with(people: People, route: Route, members: int) -> Ledger:
    """Returns the calls of a request about a calendar with so many members."""
    data = Dataset(people.deployment.runtime)
    event = route.prepare(data, 0)
    calendar_id = (event["pathParameters"] or {}).get("calendar_id")
    if calendar_id is not None:
        fill(data, CalendarId(calendar_id), members)
    # On a clock that stands no time passes in which a grant would have to be read again.
    with use(replace(data.runtime, monotonic=lambda: 0.0)), recording(data.runtime.clients) as ledger:
        route.check(invoke(route.function, event, Context(milliseconds=28_000)))
    return ledger


@pytest.mark.parametrize("route", SHARING_ROUTES, ids=lambda route: route.name)
def test_the_number_of_members_costs_no_call(people: People, route: Route) -> None:
    few, many = (ledger_with(people, route, members) for members in (10, 1_000))
    assert Counter(call.operation for call in many.calls) == Counter(call.operation for call in few.calls)
    if route.name != "list members":  # whose page is full
        assert sum(call.received for call in many.calls) <= sum(call.received for call in few.calls) + 100
