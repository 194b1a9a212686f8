"""Shared calendars: what a member's request takes beside the same one to a calendar of one's own, and what bookings do.

The same requests go to the user's own calendar and, by an editor, to a shared one with as many events. A shared
calendar of a thousand times as many events, and one of a hundred times as many members, must cost the same.
"""

import json
from typing import Any, Final

from benchmarks.flatness import DAY, MINUTES_BETWEEN, load
from benchmarks.report import Part, milliseconds
from benchmarks.timing import Candidate, Handler, alternate, few, handler_of
from shared.ids import CalendarId
from shared.runtime import current
from tests.harness.dataset import Dataset, GatewayEvent, at, body
from tests.harness.shared_calendar_requests import SharedDataset
from tests.harness.sharing import SharedCalendar

SMALL: Final = 100
LARGE: Final = 100_000
MEMBERS: Final = 1000
GOAL: Final = 1.1
WARM_UP: Final = 20
ROUNDS: Final = 100
BOOKED: Final = (1, 2, 5, 10)
SEARCHED: Final = (1, 5, 20)
# The events of each calendar in which a time is looked for, in 31 days.
BUSY: Final = 40
STATUS: Final = {"GET": 200, "POST": 201}


def measure() -> Part:
    """Times all candidates of a row in turn, in one process."""
    columns = ("request", "own ms", "editor's ms", f"of {LARGE:,} events", f"of {MEMBERS:,} members", "editor : own")
    part = Part("Shared calendars, and events on several", (*columns, "large : small"))
    handler = handler_of("events")
    large, members = few(LARGE, 2 * SMALL), few(MEMBERS, 2)
    datasets = {
        "own": load(Dataset(current()), SMALL),
        "editor": load(SharedDataset(current(), role="editor"), SMALL),
        "large": load(SharedDataset(current(), role="editor"), large),
        "members": load(_with_members(members), SMALL),
    }
    sizes = {"own": SMALL, "editor": SMALL, "large": large, "members": SMALL}
    for name, method in (("create, with its conflict check", "POST"), ("list 31 days", "GET"), ("get", "GET")):
        candidates = [_candidate(name, method, each, data, sizes[each], handler) for each, data in datasets.items()]
        spreads = {each: milliseconds(one.wall) for each, one in alternate(candidates, ROUNDS, WARM_UP).items()}
        medians = {each: spread.median for each, spread in spreads.items()}
        flat = part.compare(name, medians["large"] / medians["editor"], GOAL, f"a shared calendar of {SMALL} events")
        part.times[name] = medians["editor"]
        part.data[name] = medians
        ratio = f"{medians['editor'] / medians['own']:.2f}"
        part.rows.append([name, *(spread.show() for spread in spreads.values()), ratio, flat])
    _add_bookings(part, handler)
    _add_searches(part)
    part.notes.append(f"Median (quartiles) of {ROUNDS} calls in turn, after {WARM_UP} that are not counted.")
    return part


def _with_members(count: int) -> SharedDataset:
    data = SharedDataset(current(), role="editor")
    for _ in range(count):
        data.calendar.member("viewer")
    return data


def _candidate(name: str, method: str, of: str, data: Dataset, size: int, handler: Handler) -> Candidate:
    end = size * MINUTES_BETWEEN
    known = data.version(end + 200 * DAY)
    data.store(known)

    def prepare(index: int) -> GatewayEvent:
        if name == "get":
            return data.request("GET", "/events/{event_id}", event_id=known.id)
        if method == "GET":
            return data.request("GET", "/events", query={"from": at(end - 31 * DAY), "to": at(end)})
        return data.request("POST", "/events", body(end + 100 * DAY + 60 * (index % 100)))

    def check(response: Any) -> None:
        if response["statusCode"] != STATUS[method]:
            raise RuntimeError(str(response))
        if method == "POST":
            data.remove(json.loads(response["body"])["id"])

    return Candidate(of, prepare, handler, check)


def _rooms(count: int) -> list[SharedCalendar]:
    rooms = [SharedCalendar(current()) for _ in range(count)]
    for room in rooms:
        room.set_state("booker")
    return rooms


def _add_bookings(part: Part, handler: Handler) -> None:
    """Adds a row for events on each number of calendars: the user's own, and rooms."""
    candidates = []
    for number, count in enumerate(BOOKED):
        data, rooms = Dataset(current()), _rooms(count - 1)
        candidates.append(_booking(data, [room.calendar_id for room in rooms], number, handler))
    for name, samples in alternate(candidates, ROUNDS, WARM_UP).items():
        spread = milliseconds(samples.wall)
        label = f"create, on {name} in all"
        part.times[label] = spread.median
        part.rows.append([label, spread.show(), "-", "-", "-", "-", "-"])


def _booking(data: Dataset, rooms: list[CalendarId], number: int, handler: Handler) -> Candidate:
    def prepare(index: int) -> GatewayEvent:
        return data.request("POST", "/events", {**body(60 * (1000 * number + index)), "calendars": rooms})

    def check(response: Any) -> None:
        if response["statusCode"] != STATUS["POST"]:
            raise RuntimeError(str(response))

    return Candidate(str(len(rooms) + 1), prepare, handler, check)


def _add_searches(part: Part) -> None:
    """Adds a row for a search for a time in each number of calendars, of which the user owns none."""
    handler = handler_of("find_time")
    data = Dataset(current())
    rooms = [_load_busy() for _ in range(few(SEARCHED[-1], 2))]
    candidates = [_search(data, rooms[:count], count, handler) for count in SEARCHED]
    for name, samples in alternate(candidates, ROUNDS, WARM_UP).items():
        spread = milliseconds(samples.wall)
        label = f"find a time in {name}, with {BUSY} events each in 31 days"
        part.times[label] = spread.median
        part.rows.append([label, "-", spread.show(), "-", "-", "-", "-"])


def _load_busy() -> CalendarId:
    data = SharedDataset(current(), everyone="free_busy")
    data.store(*(data.version(index * 31 * DAY / BUSY, 90) for index in range(BUSY)))
    return data.calendar_id


def _search(data: Dataset, rooms: list[CalendarId], count: int, handler: Handler) -> Candidate:
    wanted = {"calendars": rooms, "from": at(0), "to": at(31 * DAY), "slot_minutes": 60}

    def check(response: Any) -> None:
        if response["statusCode"] != STATUS["GET"] or not json.loads(response["body"])["free"]:
            raise RuntimeError(str(response))

    return Candidate(str(count), lambda _: data.request("POST", "/free-busy", wanted), handler, check)
