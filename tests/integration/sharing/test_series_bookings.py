"""Series on several calendars: their fences, how far each was checked, and how many calendars there may be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest

from shared.errors import EventConflict, InvalidRequest
from shared.ids import CalendarId
from shared.runtime import Runtime
from shared.scheduling.events import Content, Event
from shared.scheduling.fences import RECENT
from shared.scheduling.instants import Instant
from tests.harness.botocore_faults import COMMIT, QUERY, READ, Document, Wire
from tests.harness.samples import content
from tests.harness.series_contents import content_recurrence, double_booked, override, series
from tests.harness.sharing import new_user
from tests.integration.conflicts.contended_calendar import event_items
from tests.integration.sharing.bookers import rooms
from tests.integration.sharing.broken_series_stores import SplitUnfenced
from tests.integration.sharing.series_races import HORIZON, SeriesBooker, rewritten

WEEKLY: Final = series("2027-03-01T09:00:00", "FREQ=WEEKLY")
BUSY: Final = content("2027-03-15T09:30:00Z", "2027-03-15T09:45:00Z")


@pytest.fixture
def on_wire(dynamodb_runtime: Runtime) -> Iterator[Wire]:
    with Wire(dynamodb_runtime.clients) as made:
        yield made


class Scene:
    """A user, and rooms that everyone may book."""

    def __init__(self, runtime: Runtime, count: int) -> None:
        self.runtime = runtime
        self.booker = SeriesBooker(runtime, new_user())
        self.rooms = rooms(runtime, count)

    @property
    def default(self) -> CalendarId:
        return self.booker.default

    def create(self, wanted: Content, count: int, calendar_id: CalendarId | None = None) -> Event:
        calendar = self.booker.calendar(self.booker.request(calendar_id or self.default))
        return calendar.create(replace(wanted, calendars=tuple(self.rooms[:count])))

    def rewrite(self, event: Event, wanted: Content) -> Event:
        calendar = self.booker.calendar(self.booker.request(event.calendar_id))
        return rewritten(calendar, event.id, replace(wanted, calendars=event.content.calendars))

    def held(self, calendar_id: CalendarId) -> Event:
        (event,) = event_items(self.runtime, calendar_id)
        return event


def _fences(on_wire: Wire) -> list[int]:
    return [
        sum(action.get("Update", {}).get("Key", {}).get("sk", {}).get("S", "").startswith("FENCE#") for action in each)
        for each in (request["TransactItems"] for request in on_wire.requests[COMMIT])
    ]


def test_a_series_moves_all_fences_of_five_calendars_in_one_transaction(
    dynamodb_runtime: Runtime, on_wire: Wire
) -> None:
    scene = Scene(dynamodb_runtime, 5)
    made = scene.create(WEEKLY, 4)
    assert _fences(on_wire) == [16 * 5]
    assert (on_wire.calls[QUERY], on_wire.calls[READ]) == (5 * 5, 1)
    assert {scene.held(each).id for each in scene.rooms[:4]} == {made.id}
    with pytest.raises(InvalidRequest) as refused:
        scene.create(WEEKLY, 5)
    assert [(each.field, each.message) for each in refused.value.errors] == [
        ("calendars", "must be at most 4 for a series")
    ]


def test_what_is_in_the_way_on_one_calendar_refuses_the_series(dynamodb_runtime: Runtime) -> None:
    scene = Scene(dynamodb_runtime, 2)
    busy = scene.create(BUSY, 0, scene.rooms[1])
    with pytest.raises(EventConflict) as refused:
        scene.create(WEEKLY, 2)
    assert [(each.calendar_id, each.start) for each in refused.value.collisions] == [(scene.rooms[1], BUSY.start)]
    assert busy.content.start == BUSY.start
    made = scene.create(WEEKLY, 1)
    with pytest.raises(EventConflict) as refused:
        scene.create(BUSY, 0, scene.rooms[0])
    (collision,) = refused.value.collisions
    assert (collision.calendar_id, collision.start) == (scene.rooms[0], "2027-03-15T09:00:00Z")
    assert collision.id in (None, f"{made.id}_20270315T090000")


def test_each_calendar_says_how_far_it_was_checked(dynamodb_runtime: Runtime) -> None:
    scene = Scene(dynamodb_runtime, 2)
    scene.create(series("2027-03-02T09:00:00", "FREQ=WEEKLY"), 0, scene.rooms[1])
    made = scene.create(WEEKLY, 1)
    assert (made.checked_until, scene.held(scene.rooms[0]).checked_until) == ("9999-12-31T23:59:59Z",) * 2
    calendar = scene.booker.calendar(scene.booker.request(scene.default))
    on_both = calendar.patch(made.id, {"calendars": tuple(scene.rooms)})
    checked = {
        each.calendar_id: each.checked_until
        for room in scene.rooms
        for each in event_items(dynamodb_runtime, room)
        if each.id == made.id
    }
    # Where there is another series that does not end, they were compared for five years.
    assert checked == {scene.rooms[0]: "9999-12-31T23:59:59Z", scene.rooms[1]: "2032-03-05T09:00:00Z"}
    assert on_both.checked_until == "9999-12-31T23:59:59Z"


def test_an_occurrence_moves_the_fences_of_its_weeks_on_each_calendar(dynamodb_runtime: Runtime, on_wire: Wire) -> None:
    scene = Scene(dynamodb_runtime, 2)
    made = scene.create(WEEKLY, 2)
    moved = override("20270315T090000", Instant("2027-03-16T12:00:00Z"))
    recurrence = replace(content_recurrence(WEEKLY), changed=(moved,))
    written = scene.rewrite(made, replace(WEEKLY, recurrence=recurrence))
    assert _fences(on_wire) == [16 * 3, 3]
    assert scene.held(scene.rooms[0]).content.recurrence == written.content.recurrence == recurrence


def test_a_series_on_several_calendars_may_become_one_event(dynamodb_runtime: Runtime, on_wire: Wire) -> None:
    scene = Scene(dynamodb_runtime, 2)
    made = scene.create(WEEKLY, 2)
    one = scene.rewrite(made, BUSY)
    assert (one.content.interval, one.checked_until) == (BUSY.interval, None)
    assert [scene.held(each).content.recurrence for each in scene.rooms] == [None, None]
    # The place of a series in the index changes: all fences move, as if it took more time.
    assert _fences(on_wire) == [16 * 3, 16 * 3]


@pytest.mark.parametrize("fenced", [True, False], ids=["fences moved", "no fence moved"])
def test_a_split_moves_fences_though_no_time_is_new(dynamodb_runtime: Runtime, on_wire: Wire, fenced: bool) -> None:
    scene = Scene(dynamodb_runtime, 1)
    if not fenced:
        scene.booker.store = SplitUnfenced
    made = scene.create(WEEKLY, 0)
    # So much is written meanwhile that the fences do not remember how the series was created.
    for number in range(RECENT):
        scene.create(content(f"2027-03-13T{number:02}:00:00Z", f"2027-03-13T{number:02}:30:00Z"), 0)
    calendar = scene.booker.calendar(scene.booker.request(scene.default))
    tail = calendar.patch_following(made.id, "20270308T090000", {"title": "The rest"})
    assert tail.split_from == made.id

    def show_one_half(answer: Document) -> None:
        answer["Items"] = [item for item in answer["Items"] if item["id"]["S"] != tail.id]

    on_wire.edit(QUERY, show_one_half, always=True)
    wanted = content("2027-03-15T09:30:00Z", "2027-03-15T09:45:00Z")
    if fenced:
        with pytest.raises(EventConflict):
            scene.create(wanted, 0)
    else:
        scene.create(wanted, 0)
    del on_wire.always[QUERY]
    found = double_booked(event_items(dynamodb_runtime, scene.default), HORIZON)
    assert len(found) == (0 if fenced else 1)
