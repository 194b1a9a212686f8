"""The items that one call reads are no snapshot: the home may be read before a change that a room shows already."""

from dataclasses import replace

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.ids import CalendarId
from shared.runtime import Runtime
from shared.scheduling.events import Event
from shared.store.client import Clients
from tests.harness.botocore_faults import READ, Wire, document, reply
from tests.harness.samples import content
from tests.harness.sharing import new_user
from tests.integration.conflicts.contended_calendar import event_items
from tests.integration.sharing.bookers import Booker, rooms


def only(runtime: Runtime, calendar_id: CalendarId) -> Event:
    """Returns the one event of a calendar."""
    (event,) = event_items(runtime, calendar_id)
    return event


def test_a_room_is_not_taken_off_by_what_its_home_was_before(tables: tuple[Runtime, Clients]) -> None:
    direct, wired = tables
    ada, bob = Booker(replace(direct, clients=wired), new_user()), Booker(direct, new_user())
    (room,) = rooms(direct, 1, editor=ada.user_id)
    made = bob.calendar(bob.request(bob.default)).create(replace(content(), calendars=(room,)))

    def change(*calendars: CalendarId) -> None:
        bob.calendar(bob.request(bob.default)).patch(made.id, {"calendars": calendars})

    with Wire(wired) as wire:

        def torn(request: AWSPreparedRequest) -> AWSResponse:
            """The home as it was while the event was not in the room, and the room as it is since it is there again."""
            change()
            before = document(wire.send(request).content)
            change(room)
            after = document(wire.send(request).content)
            table = direct.settings.events_table
            items = [
                *(item for item in before["Responses"][table] if item["pk"]["S"] == f"CAL#{bob.default}"),
                *(item for item in after["Responses"][table] if item["pk"]["S"] != f"CAL#{bob.default}"),
            ]
            after["Responses"][table] = items
            return reply(200, after)

        wire.then(READ, torn)
        ada.calendar(ada.request(room)).remove(made.id)

    assert only(direct, room).deleted
    home = only(direct, bob.default)
    assert (home.deleted, home.content.calendars) == (False, ())
    assert wire.calls[READ] == 2
