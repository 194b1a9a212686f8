"""Events on several calendars in an erasure of their user, as the function runs it, and in an export."""

import json
from contextlib import suppress
from typing import Any

import pytest

from shared.identity.erasures import LATE_SECONDS
from shared.store import erasing
from tests.harness.gateway import Api
from tests.harness.permissions import accesses, allows
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.test_erase import PRIVATE, WORDS, begin, bytes_of, certificate, erase, everything, user
from tests.integration.history.test_export import whole
from tests.integration.sharing.people import People
from tests.integration.sharing.test_bookings import HOUR, booked, room, there
from tests.integration.sharing.test_deletion import KEPT, Interrupted, killed_at, purge

LATER = {"start": "2027-03-01T12:00:00Z", "end": "2027-03-01T13:00:00Z"}


@pytest.fixture
def people(deployment: HistoryDeployment) -> People:
    """Others than the user."""
    return People(deployment)


def story(deployment: HistoryDeployment, ada: Api, *rooms: str) -> list[Record]:
    """Events in rooms, one of them taken off again, and one cancelled: all of it recorded. Returns the records."""
    made = ada("POST", "/events", {**PRIVATE, "calendars": [*rooms], "reason": WORDS[3]})
    assert made.status == 201, made
    off = ada("POST", "/events", {**PRIVATE, **LATER, "uid": None, "calendars": [*rooms]}).body
    deployment.clock.forward(1)
    changed = {"calendars": [], "reason": WORDS[3]}
    assert ada("PATCH", f"/events/{off['id']}", changed).status == 200
    cancelled = ada(
        "POST", "/events", {**PRIVATE, **LATER, "uid": None, "calendars": [rooms[0]], "transparency": "transparent"}
    )
    assert ada("DELETE", f"/events/{cancelled.body['id']}", reason=WORDS[3]).status == 204
    records = deployment.new_records()
    assert deployment.deliver(records) == []
    return records


def test_an_erasure_takes_all_of_it_from_the_calendars_of_others(people: People, deployment: HistoryDeployment) -> None:
    ada, one, two = user(deployment), room(people), room(people)
    kept = booked(people, one, start="2027-03-03T09:00:00Z", end="2027-03-03T10:00:00Z")
    own = deployment.record()
    records = story(deployment, ada, one, two)
    in_rooms = [each for each in records if ada.user_id not in each["dynamodb"]["Keys"]["pk"]["S"]]
    assert len(in_rooms) > 6
    deployment.put_object("unreadable/copy.json", in_rooms[0])
    deployment.put_object("unreadable/kept.json", own[0])
    deployment.put_object("aws/lambda/batch", {"Records": [*own, *in_rooms]})
    assert len(bytes_of(deployment, ada)) > 5
    erasure_id = begin(deployment, ada)
    assert erase()["erased"] == 1
    assert {"events": 3 + 5, "versions": 5 + 8}.items() <= certificate(erasure_id).counts.items()
    left = {key: item for key, item in everything(deployment).items() if key[0] != "users"}
    assert [word for word in (*WORDS[:5], ada.user_id) if word in json.dumps([*left.values()])] == []
    assert deployment.objects() == {"unreadable/kept.json": own[0], "aws/lambda/batch": {"Records": own}}
    deployment.record()
    deployment.clock.forward(LATE_SECONDS + deployment.runtime.settings.access_token_seconds)
    assert erase()["verified"] == 1
    assert bytes_of(deployment, ada) == []
    copy = there(people, one, kept["id"])
    assert copy is not None
    assert copy["title"] == HOUR["title"]


def test_an_erasure_that_is_killed_at_any_call_leaves_no_copy(
    people: People, deployment: HistoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PAGE_ITEMS", 2)
    ada, one, two = user(deployment), room(people), room(people)
    story(deployment, ada, one, two)
    begin(deployment, ada)
    done = False
    for call in range(1, 100):
        with suppress(Interrupted), killed_at(people, call):
            done = erase()["erased"] == 1
        if done:
            break
        deployment.clock.forward(3600)
    assert done
    # While one thread is killed, others go on: how often it takes depends on how far they come.
    assert call > 2
    rest = [item for item in (*deployment.events(), *deployment.versions()) if ada.user_id in str(item)]
    assert rest == []


def test_an_export_tells_on_which_calendars_an_event_is(people: People, deployment: HistoryDeployment) -> None:
    ada, one, two = user(deployment), room(people), room(people)
    story(deployment, ada, one, two)
    exported: dict[str, list[dict[str, Any]]] = whole(ada)
    assert sorted(each["calendars"] for each in exported["events"]) == [[], [one, two]]
    assert [each["calendars"] for each in exported["deleted_events"]] == [[one]]
    told = [each["event"]["calendars"] for each in exported["versions"]]
    assert sorted(told) == [[], [one], [one], [one, two], [one, two]]


def test_who_erases_may_do_what_it_does(people: People, deployment: HistoryDeployment) -> None:
    ada, one, two = user(deployment), room(people), room(people)
    story(deployment, ada, one, two)
    home = people.calendar("ada", kind="team")
    later = {"start": "2027-03-05T09:00:00Z", "end": "2027-03-05T10:00:00Z"}
    assert people("ada")("POST", f"{home}/events", {**PRIVATE, **later, "calendars": [one]}).status == 201
    deployment.record()
    assert people("ada")("DELETE", home).status == 204
    begin(deployment, ada)
    with accesses(deployment.clients) as by_erase:
        assert erase()["erased"] == 1
    deployment.clock.forward(KEPT)
    with accesses(deployment.clients) as by_purge:
        assert purge()["purged"] == 1
    settings = deployment.runtime.settings
    tables = {
        settings.events_table: "EventsTable",
        settings.history_table: "HistoryTable",
        settings.users_table: "UsersTable",
        settings.access_table: "AccessTable",
        settings.directory_table: "DirectoryTable",
    }
    for function, found in (("erase", by_erase), ("purge_calendars", by_purge)):
        assert {access.index for access in found} >= {"by_calendar", "by_home"}
        assert [access for access in found if not allows(function, access, tables)] == []
