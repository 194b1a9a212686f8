"""What bookings cost: calls to the database, and the longest chain of them. On N calendars the five reads are 5N."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from shared.ids import CalendarId, default_calendar
from shared.runtime import use
from shared.scheduling.booking_items import MOST_ACTIONS
from tests.harness.botocore_faults import COMMIT
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api
from tests.harness.ledger import Ledger, recording
from tests.integration.sharing.people import People

# From a Monday on: eight weeks, to the second, and one second more.
EIGHT_WEEKS: Final = {"title": "Project", "start": "2027-03-01T00:00:00Z", "end": "2027-04-26T00:00:00Z"}
NINE_WEEKS: Final = {**EIGHT_WEEKS, "end": "2027-04-26T00:00:01Z"}
NUMBERS: Final = (2, 3, 5, 10)


@dataclass
class Scene:
    """Bob, who books rooms of everyone, and Ada, who owns them. The home is Bob's calendar, or Ada's as well."""

    people: People
    role: str | None
    home: CalendarId | None = None
    rooms: list[CalendarId] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.role is not None:
            self.home = room(self.people)
            self.people.put("ada", f"/calendars/{self.home}", "bob", self.role)

    @property
    def bob(self) -> Api:
        """Returns the client of the home's user, for requests to that calendar."""
        return replace(self.people("bob"), calendar=self.home)

    def some_rooms(self, count: int) -> list[CalendarId]:
        """Returns so many rooms."""
        while len(self.rooms) < count:
            self.rooms.append(room(self.people))
        return self.rooms[:count]

    def book(self, calendars: int) -> str:
        """Books an event on so many calendars, its home among them, on a day of its own. Returns its path."""
        made = self.bob("POST", "/events", {**review(calendars), "calendars": self.some_rooms(calendars - 1)})
        assert made.status == 201, made
        return f"/events/{made.body['id']}"


def room(people: People) -> CalendarId:
    """Makes a room that everyone may book, and returns its id."""
    return CalendarId(people.calendar("ada", kind="room", everyone="booker").rpartition("/")[2])


def review(day: int, hour: int = 9) -> dict[str, str]:
    """Returns the body of an event of an hour."""
    start, end = (f"2027-03-{day:02}T{at:02}:00:00Z" for at in (hour, hour + 1))
    return {"title": "Review", "start": start, "end": end}


def cost(people: People, api: Api, *sent: Any) -> tuple[int, int]:
    """Returns how many calls a request makes, which must be served, and how many of them one after another."""
    ledger = recorded(people, api, *sent)
    return len(ledger.calls), ledger.depth


def recorded(people: People, api: Api, *sent: Any) -> Ledger:
    """Returns the ledger of a request, which must be served."""
    with recording(people.deployment.runtime.clients) as ledger:
        reply = api(*sent)
    assert reply.status in (200, 201, 204), reply
    return ledger


@pytest.fixture(params=[None, "booker", "editor"], ids=["own home", "home as booker", "home as editor"])
def scene(request: pytest.FixtureRequest, dynamodb_deployment: Deployment) -> Iterator[Scene]:
    """A scene in which no call takes long: a grant would be read again after one that does."""
    stopped = replace(dynamodb_deployment, runtime=replace(dynamodb_deployment.runtime, monotonic=lambda: 0.0))
    with use(stopped.runtime):
        people = People(stopped)
        for name in ("ada", "bob", "erin"):
            people(name)
        yield Scene(people, request.param)


def test_a_creation(scene: Scene) -> None:
    found = {
        number: cost(
            scene.people, scene.bob, "POST", "/events", {**review(number), "calendars": scene.some_rooms(number - 1)}
        )
        for number in NUMBERS
    }
    assert found == {number: (2 + 5 * number, 3) for number in NUMBERS}


def test_a_creation_on_any_of_several(scene: Scene) -> None:
    found = {
        number: cost(scene.people, scene.bob, "POST", "/events", {**review(number), "any_of": scene.some_rooms(number)})
        for number in (1, 3, 9)
    }
    assert found == {number: (2 + 5 * (1 + number), 3) for number in (1, 3, 9)}


def test_a_move_in_time(scene: Scene) -> None:
    paths = {number: scene.book(number) for number in NUMBERS}
    found = {
        number: cost(scene.people, scene.bob, "PATCH", path, review(number, hour=14)) for number, path in paths.items()
    }
    assert found == {number: (3 + 5 * number, 4) for number in NUMBERS}


def test_another_title(scene: Scene) -> None:
    paths = [scene.book(number) for number in NUMBERS]
    found = [cost(scene.people, scene.bob, "PATCH", path, {"title": "Retrospective"}) for path in paths]
    assert found == [(3, 3)] * len(NUMBERS)


def test_a_cancellation(scene: Scene) -> None:
    paths = [scene.book(number) for number in NUMBERS]
    assert [cost(scene.people, scene.bob, "DELETE", path) for path in paths] == [(3, 3)] * len(NUMBERS)


def test_a_room_that_an_event_is_taken_off(scene: Scene) -> None:
    paths = [scene.book(number) for number in NUMBERS]
    ada = replace(scene.people("ada"), calendar=scene.rooms[0])
    assert [cost(scene.people, ada, "DELETE", path) for path in paths] == [(3, 3)] * len(NUMBERS)


def test_ones_own_calendar_that_an_event_is_taken_off(scene: Scene) -> None:
    erin = scene.people("erin")
    scene.people.put("erin", scene.people.default("erin"), "bob", "booker")
    scene.rooms.append(default_calendar(erin.user_id))
    path = scene.book(2)
    assert cost(scene.people, erin, "DELETE", path) == (3, 3)


def test_another_home(scene: Scene) -> None:
    made = scene.bob("POST", "/events", review(1)).body
    to = scene.some_rooms(1)[0]
    assert cost(scene.people, scene.bob, "POST", f"/events/{made['id']}/move", {"to": to}) == (7, 3)


def test_eight_weeks_on_ten_calendars_are_as_much_as_a_transaction_holds(scene: Scene) -> None:
    wanted = {**EIGHT_WEEKS, "calendars": scene.some_rooms(9)}
    ledger = recorded(scene.people, scene.bob, "POST", "/events", wanted)
    # Eight fences, the event, and the right in each calendar; but in one's own calendar there is no right to hold to.
    (transaction,) = [call for call in ledger.calls if call.operation == COMMIT]
    assert transaction.written == MOST_ACTIONS - (scene.home is None)
    # More than a hundred keys are read first.
    assert (len(ledger.calls), ledger.depth) == (2 + 50 + 1, 4)


def test_a_second_more_is_refused(scene: Scene) -> None:
    refused = scene.bob("POST", "/events", {**NINE_WEEKS, "calendars": scene.some_rooms(9)})
    assert refused.status == 422, refused
    assert [each["field"] for each in refused.body["errors"]] == ["calendars"]
    fewer = scene.bob("POST", "/events", {**NINE_WEEKS, "calendars": scene.some_rooms(8)})
    assert fewer.status == 201, fewer
