"""What a calendar grants, as its items say it: what is missing or not understood grants nothing."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.ids import CalendarId
from shared.scheduling.roles import Role
from shared.store import access_keys
from tests.harness.botocore_faults import READ, refused
from tests.harness.gateway import Api
from tests.harness.payloads import ALLOW, REVIEW
from tests.harness.sharing import new_user
from tests.integration.sharing.shared_scene import NIGHT, WAYS, WINDOW, SharedScene

MEMBERS: dict[str, dict[str, Any] | None] = {
    "no item": None,
    "no role": {},
    "an unknown role": {"role": {"S": "admin"}},
    "a role in capitals": {"role": {"S": "Owner"}},
    "an empty role": {"role": {"S": ""}},
    "a role that is a number": {"role": {"N": "1"}},
    "a role that is a set": {"role": {"SS": ["owner"]}},
}
STATES: dict[str, dict[str, Any] | None] = {
    "no item": None,
    "deleted": {"strict": {"BOOL": False}, "deleted_at": {"N": "1"}},
    "deleted by a script": {"strict": {"BOOL": False}, "deleted_at": {"NULL": True}},
}


def write(scene: SharedScene, key: dict[str, Any], attributes: dict[str, Any] | None) -> None:
    """Writes an item as a script might; without attributes it is removed."""
    client, table = scene.direct.clients.dynamodb, scene.calendar.table
    if attributes is None:
        client.delete_item(TableName=table, Key=key)
    else:
        client.put_item(TableName=table, Item={**key, **attributes})


def is_refused(scene: SharedScene, api: Api) -> None:
    """Asserts that the calendar does not exist for a caller: for no read and no write."""
    before, elsewhere = scene.stored(), scene.stranger()
    for path in (scene.path, f"/events?{WINDOW}", "/events/deleted", f"/free-busy?{WINDOW}", f"{scene.path}/history"):
        reply = api("GET", path)
        assert (reply.status, reply.text) == (404, elsewhere("GET", path).text), path
    for name, way in WAYS.items():
        assert way(scene, api).status == 404, name
    assert api("POST", "/events/bulk", {"events": [NIGHT]}).status == 404
    assert scene.stored() == before


@pytest.mark.parametrize("name", MEMBERS)
def test_a_membership_that_is_not_understood_grants_nothing(scene: SharedScene, name: str) -> None:
    editor = scene.member("editor")
    write(scene, access_keys.member_key(scene.calendar.calendar_id, editor.user_id), MEMBERS[name])
    is_refused(scene, editor)


@pytest.mark.parametrize("name", STATES)
def test_without_a_state_that_says_so_there_is_no_calendar(scene: SharedScene, name: str) -> None:
    owner = scene.api(scene.calendar.owner)
    write(scene, access_keys.state_key(scene.calendar.calendar_id, owner.user_id), STATES[name])
    assert owner("GET", scene.path).status == 404
    write_first = owner("POST", "/events", NIGHT)
    assert write_first.status == 404
    assert owner("PATCH", scene.path, {"title": "x"}).status == 404


@pytest.mark.parametrize("everyone", ["editor", "owner", "admin", "", "VIEWER"])
def test_a_role_that_everyone_cannot_have_grants_nothing(scene: SharedScene, everyone: str) -> None:
    state = {"strict": {"BOOL": False}, "everyone": {"S": everyone}}
    for key in access_keys.state_keys(scene.calendar.calendar_id):
        write(scene, key, state)
    is_refused(scene, scene.stranger())


@pytest.mark.parametrize("strict", [{}, {"strict": {"S": "false"}}, {"strict": {"N": "0"}}, {"strict": {"BOOL": True}}])
@pytest.mark.parametrize("role", ["editor", "owner"])
def test_a_calendar_that_does_not_say_it_is_lax_is_strict(
    scene: SharedScene, strict: dict[str, Any], role: Role
) -> None:
    member, before = scene.member(role), scene.stored()
    for key in access_keys.state_keys(scene.calendar.calendar_id):
        write(scene, key, strict)
    for query in (ALLOW, f"{ALLOW}&dry_run=true"):
        reply = member("POST", f"/events{query}", NIGHT)
        assert (reply.status, reply.fields) == (422, ["on_conflict"])
        reply = member("PATCH", f"{scene.path}{query}", {"title": "x"})
        assert (reply.status, reply.fields) == (422, ["on_conflict"])
    reply = member("POST", "/events/bulk", {"events": [NIGHT]})
    assert (reply.status, reply.fields) == (422, ["events"])
    assert scene.stored() == before
    assert member("POST", "/events", NIGHT).status == 201


@pytest.mark.parametrize("role", ["booker", "viewer", "free_busy"])
def test_who_may_not_allow_conflicts_learns_nothing_of_a_strict_calendar(scene: SharedScene, role: Role) -> None:
    scene.calendar.set_state(strict=True)
    reply = scene.member(role)("POST", f"/events{ALLOW}", NIGHT)
    assert (reply.status, reply.body["needs"]) == (403, "write")


def test_the_rights_of_a_member_and_of_everyone_are_added(scene: SharedScene) -> None:
    scene.calendar.set_state("viewer")
    booker = scene.member("booker")
    assert booker("GET", scene.path).status == 200
    assert booker("PATCH", scene.path, {"title": "x"}).status == 404
    mine = booker("POST", "/events", NIGHT).body
    assert booker("DELETE", f"/events/{mine['id']}").status == 204


def test_a_right_of_everyone_is_held_to_as_that_of_a_member_is(scene: SharedScene) -> None:
    scene.calendar.set_state("booker")
    booker = scene.stranger()
    mine = booker("POST", "/events", NIGHT).body
    before = scene.stored()
    scene.wire.before("TransactWriteItems", lambda: scene.calendar.set_state("free_busy"))
    reply = booker("PATCH", f"/events/{mine['id']}", {"title": "x"})
    assert (reply.status, reply.body["role"], reply.body["needs"]) == (403, "free_busy", "book")
    assert scene.stored() == before


def test_a_conflict_tells_a_booker_when_and_not_what(scene: SharedScene) -> None:
    booker = scene.member("booker")
    clash = {"title": "Mine", "start": scene.event["start"], "end": scene.event["end"]}
    for query in ("", "?dry_run=true"):
        body = booker("POST", f"/events{query}", clash).body
        (conflict,) = body["conflicts"]
        assert conflict == {
            "calendar_id": scene.calendar.calendar_id,
            "id": None,
            "title": None,
            "start": scene.event["start"],
            "end": scene.event["end"],
        }
    (conflict,) = scene.member("editor")("POST", "/events", clash).body["conflicts"]
    assert (conflict["id"], conflict["title"]) == (scene.event["id"], scene.event["title"])


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_the_uid_of_an_event_that_one_may_not_read_is_taken_and_no_more_is_said(scene: SharedScene, query: str) -> None:
    editor, booker = scene.member("editor"), scene.member("booker")
    named = {**NIGHT, "uid": "4711@example.com"}
    event = editor("POST", "/events", named).body
    reply = booker("POST", f"/events{query}", named)
    assert (reply.status, reply.fields) == (422, ["uid"])
    assert event["id"] not in reply.text
    assert event["history_id"] not in reply.text
    assert booker("GET", "/events?uid=4711@example.com").body["items"] == []
    # Who may read it is told that it is there already.
    assert scene.member("editor")("POST", "/events", named).body == event


def test_an_idempotency_key_is_the_callers_own(scene: SharedScene) -> None:
    key = {"Idempotency-Key": "1"}
    one, other = scene.member("editor"), scene.member("booker")
    first = one("POST", "/events", NIGHT, headers=key)
    second = other("POST", "/events", {**REVIEW, "title": "Other"}, headers=key)
    assert (first.status, second.status) == (201, 201)
    assert one("POST", "/events", NIGHT, headers=key).body["id"] == first.body["id"] != second.body["id"]


def test_an_idempotency_key_of_a_bulk_is_the_callers_own(scene: SharedScene) -> None:
    key = {"Idempotency-Key": "1"}
    bulks = [{"events": [{**NIGHT, "title": title}]} for title in ("One", "Other")]
    made = [scene.member("editor")("POST", "/events/bulk", bulk, headers=key) for bulk in bulks]
    assert [each.status for each in made] == [201, 201]
    assert made[0].body["operation_id"] != made[1].body["operation_id"]


def test_a_cursor_belongs_to_its_calendar(scene: SharedScene) -> None:
    viewer, elsewhere = scene.member("editor"), SharedScene(scene.direct, scene.clock, scene.wire)
    elsewhere.calendar.grant(viewer.user_id, "editor")
    other = elsewhere.api(viewer.user_id)
    viewer("POST", "/events", NIGHT)
    listing = f"/events?{WINDOW}&limit=1"
    cursor = viewer("GET", listing).body["next_cursor"]
    assert viewer("GET", listing, cursor=cursor).status == 200
    for api, path in ((other, listing), (Api(viewer.user_id), listing)):
        reply = api("GET", path, cursor=cursor)
        assert (reply.status, reply.fields) == (422, ["cursor"])
        assert reply.body["errors"][0]["message"] == "belongs to another query"


def test_the_id_of_a_calendar_is_folded(scene: SharedScene) -> None:
    owner = Api(scene.calendar.owner, calendar=CalendarId(scene.calendar.calendar_id.upper()))
    assert owner("GET", scene.path).body["calendar_id"] == scene.calendar.calendar_id
    assert owner("POST", "/events", NIGHT).body["calendar_id"] == scene.calendar.calendar_id


def test_the_callers_own_calendar_is_theirs_under_its_id_in_any_case(scene: SharedScene) -> None:
    user_id = new_user()
    event = Api(user_id)("POST", "/events", REVIEW).body
    for calendar in (user_id, user_id.upper()):
        api = Api(user_id, calendar=CalendarId(calendar))
        assert api("GET", f"/events/{event['id']}").body == event
    assert READ not in [*scene.wire.order[-2:]]


@pytest.mark.parametrize("calendar", ["x", "me", "01998f00-0000-7000-8000-00000000000", "%00", "ALL"])
def test_an_id_that_is_none_is_refused(scene: SharedScene, calendar: str) -> None:
    reply = Api(scene.calendar.owner, calendar=CalendarId(calendar))("GET", f"/events?{WINDOW}")
    assert (reply.status, reply.fields) == (422, ["calendar_id"])


def test_a_request_that_breaks_off_leaves_no_calendar_to_the_next_one(scene: SharedScene) -> None:
    """A defect of the deployment is raised: the process lives on, and what it serves next is another request."""
    owner = scene.api(scene.calendar.owner)
    mine = Api(scene.calendar.owner)("POST", "/events", NIGHT).body
    scene.wire.then(READ, refused("ResourceNotFoundException"))
    with pytest.raises(ClientError):
        owner("GET", scene.path)
    assert Api(scene.calendar.owner)("GET", f"/events/{mine['id']}").body == mine
    assert Api(scene.calendar.owner)("GET", scene.path).status == 404
