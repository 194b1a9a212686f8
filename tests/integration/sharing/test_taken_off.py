"""Who may take an event that is managed elsewhere off a calendar: the row of the matrix of roles for just that."""

from typing import Final
from uuid import uuid4

import pytest

from shared import ids
from shared.ids import CalendarId, default_calendar
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api
from tests.harness.openapi_document import check
from tests.harness.payloads import REVIEW
from tests.harness.samples import NOW_NS
from tests.harness.sharing import SharedCalendar, new_user
from tests.integration.every_route import PREFIX
from tests.integration.sharing.matrix import KINDS, Kind, told
from tests.integration.sharing.rules import CHANGE, YES, Allowed, Denied, Line, NoCalendar, NoEvent
from tests.integration.sharing.test_booking_bad_input import DRY

# A change of an event that takes the right to write, whoever has created it.
TAKE_OFF: Final = Line(CHANGE.none, CHANGE.free_busy, CHANGE.viewer, CHANGE.booker, Denied("write"), YES, YES)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_caller_takes_an_event_off_as_the_rules_say(whole_deployment: Deployment, kind: Kind) -> None:
    whole_deployment.clock.nanoseconds = NOW_NS
    room, other = (SharedCalendar(whole_deployment.runtime) for _ in range(2))
    room.set_state(kind.everyone)
    other.set_state("booker")
    user_id = new_user()
    if kind.member is not None:
        room.grant(user_id, kind.member)
    creator = Api(user_id if kind.own else room.owner)
    made = creator("POST", "/events", {**REVIEW, "calendars": [room.calendar_id, other.calendar_id]}).body
    home, path = f"/events/{made['id']}", f"/calendars/{room.calendar_id}/events/{made['id']}"
    caller, before = Api(user_id), whole_deployment.calendars()
    expected = getattr(TAKE_OFF, kind.column)

    for query in (DRY, ""):
        reply = caller("DELETE", f"{path}{query}")
        check("DELETE", f"{PREFIX}/events/{{event_id}}", reply)
        if isinstance(expected, Allowed):
            assert reply.status == (200 if query else 204), reply
            continue
        assert whole_deployment.calendars() == before
        assert made["title"] not in reply.text
        if isinstance(expected, Denied):
            facts = {"role": kind.member or kind.everyone, "needs": expected.needs}
            assert (reply.status, reply.body["type"]) == (403, "/problems/not-allowed")
            assert {name: reply.body[name] for name in facts} == facts
        unknown = caller("DELETE", f"/calendars/{room.calendar_id}/events/{uuid4()}{query}")
        if expected == TAKE_OFF.booker_own:
            assert (unknown.status, unknown.body["detail"]) == (404, "no such event")
        else:
            assert told(reply) == told(unknown)
        if isinstance(expected, NoCalendar):
            nowhere = CalendarId(ids.new_id(NOW_NS))
            assert told(reply) == told(caller("DELETE", f"/calendars/{nowhere}/events/{made['id']}{query}"))
        if isinstance(expected, NoEvent | NoCalendar):
            assert reply.status == 404

    left = [other.calendar_id] if isinstance(expected, Allowed) else [room.calendar_id, other.calendar_id]
    assert creator("GET", home).body["calendars"] == left
    in_room = Api(room.owner)("GET", path)
    assert in_room.status == (404 if isinstance(expected, Allowed) else 200)
    assert Api(other.owner)("GET", path.replace(room.calendar_id, other.calendar_id)).status == 200
    assert made["calendar_id"] == default_calendar(creator.user_id)
    again = Api(room.owner)("POST", f"/calendars/{room.calendar_id}/events", REVIEW)
    assert again.status == (201 if isinstance(expected, Allowed) else 409)
