"""Steps of random histories that concern events as a whole, of which each has its expected result."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from tests.integration.history.moved_days import at_time
from tests.integration.history.series_of_days import (
    DAY,
    Refused,
    clock,
    instant,
    occurrence_ids,
    placed,
    settled,
    times,
    utc,
    with_parts,
    written,
)
from tests.integration.history.version_model import TITLES, Json, KeptEvent, VersionModel

TIMED: Json = {"all_day": None, "start_date": None, "end_date": None}
RULES = ["FREQ=DAILY", "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY", None]
# Further dates: so long after the start of a series, by the clock.
DATES = [(), (timedelta(hours=3),), (-2 * DAY, 3 * DAY + timedelta(hours=2)), (8 * DAY, DAY / 2)]


def unless_refused(made: Callable[[], Json]) -> Json | None:
    """Returns what a change makes; None if it is refused."""
    try:
        return made()
    except Refused:
        return None


def dates_of(start: datetime, zone: str, value: int) -> list[str]:
    """Returns further dates for a series that begins at `start`."""
    return [written(clock(start, zone) + each) for each in DATES[value % len(DATES)]]


def create(model: VersionModel, value: int) -> None:
    start, zone = model.at(value), model.zone
    body: Json = {"title": TITLES[value % 3], **times(start, model.at(value, 1)), "time_zone": zone}
    rule = RULES[value % len(RULES)]
    body |= {"recurrence": None if rule is None else {"rule": rule, "dates": dates_of(start, zone, value // 4)}}
    if rule is not None and value % 3:
        # The second occurrence is cancelled.
        body["recurrence"]["excluded"] = [occurrence_ids(body)[1]]
    reply = model.api("POST", "/events", body, on_conflict="allow")
    if unless_refused(lambda: settled(_complete(body), drop=False)) is None:
        assert reply.status == 422, reply
        return
    assert reply.status == 201, reply
    event = KeptEvent(reply.body["id"])
    model.events.append(event)
    model.add((event, reply.body))


def _complete(body: Json) -> Json:
    """Returns the body of a new event with what is left out of its recurrence."""
    recurrence = body["recurrence"]
    return body if recurrence is None else with_parts(body, **{"excluded": [], "changed": {}, **recurrence})


def edit(model: VersionModel, event: KeptEvent, value: int) -> None:
    fields: Json = {"title": TITLES[value % 3], "description": "line\n" * (value % 4)}
    reply = model.api("PATCH", f"/events/{event.event_id}", fields)
    model.expect(event, reply, event.content() | fields)


def move(model: VersionModel, event: KeptEvent, value: int) -> None:
    start, end = model.at(value), model.at(value, 1)
    exceptions = "keep" if value % 2 or not event.is_series else "drop"
    path = f"/events/{event.event_id}"
    reply = model.api("PATCH", path, times(start, end) | TIMED, on_conflict="allow", exceptions=exceptions)
    before, drop = event.content(), exceptions == "drop"
    model.expect(event, reply, unless_refused(lambda: at_time(before, start, end, before["time_zone"], drop=drop)))


def move_to_zone(model: VersionModel, event: KeptEvent, value: int) -> None:
    """The event is where it was, by another clock; if it is of whole days, on the same days."""
    zone, exceptions = (
        (model.zone, "UTC", "Pacific/Auckland")[value % 3],
        "keep" if value % 2 or not event.is_series else "drop",
    )
    path, before = f"/events/{event.event_id}", event.content()
    reply = model.api("PATCH", path, {"time_zone": zone}, on_conflict="allow", exceptions=exceptions)
    if before["start_date"] is not None:
        days = (instant(datetime.fromisoformat(before[f"{name}_date"]), zone) for name in ("start", "end"))
        model.expect(event, reply, before | times(*days) | {"time_zone": zone})
        return
    start, end, drop = utc(before["start"]), utc(before["end"]), exceptions == "drop"
    model.expect(event, reply, unless_refused(lambda: at_time(before, start, end, zone, drop=drop)))


def whole_days(model: VersionModel, event: KeptEvent, value: int) -> None:
    if event.is_series:
        return
    midnight = datetime.combine(model.first.date(), time())
    first, behind = (midnight + number * DAY for number in (value % 9, value % 7 + 10))
    days = {"start_date": f"{first:%Y-%m-%d}", "end_date": f"{behind:%Y-%m-%d}"}
    reply = model.api("PATCH", f"/events/{event.event_id}", days | {"all_day": True}, on_conflict="allow")
    before = event.content()
    at = times(instant(first, before["time_zone"]), instant(behind, before["time_zone"]))
    model.expect(event, reply, before | days | at | {"start_local": None})


def replace(model: VersionModel, event: KeptEvent, value: int) -> None:
    start, end = model.at(value), model.at(value, 2)
    fields: Json = {"title": TITLES[value % 3], "time_zone": model.zone}
    reply = model.api("PUT", f"/events/{event.event_id}", fields | times(start, end), on_conflict="allow")
    rest = {"description": "", "recurrence": None}
    model.expect(event, reply, placed(event.content() | fields | rest, start, end))


def recur(model: VersionModel, event: KeptEvent, value: int) -> None:
    """The event gets another rule or other further dates, or becomes a single one."""
    expected = event.content()
    if event.deleted or expected["start_date"] is not None:
        return
    if event.is_series and value % 3 == 0:
        _date(model, event, value // 3)
        return
    rule, exceptions = RULES[value % len(RULES)], "keep" if value // len(RULES) % 2 or not event.is_series else "drop"
    body = {"recurrence": None if rule is None else {"rule": rule}, "time_zone": expected["time_zone"]}
    reply = model.api("PATCH", f"/events/{event.event_id}", body, on_conflict="allow", exceptions=exceptions)
    if rule is None:
        expected["recurrence"] = None
    else:
        was = expected["recurrence"] or {"dates": [], "excluded": [], "changed": {}}
        expected["recurrence"] = {**was, "rule": rule}
    model.expect(event, reply, unless_refused(lambda: settled(expected, drop=exceptions == "drop")))


def _date(model: VersionModel, event: KeptEvent, value: int) -> None:
    before, exceptions = event.content(), "keep" if value % 2 else "drop"
    dates = dates_of(utc(before["start"]), before["time_zone"], value // 2)
    body = {"recurrence": {"dates": dates}}
    reply = model.api("PATCH", f"/events/{event.event_id}", body, on_conflict="allow", exceptions=exceptions)
    after = with_parts(before, dates=dates)
    model.expect(event, reply, unless_refused(lambda: settled(after, drop=exceptions == "drop")))


def delete(model: VersionModel, event: KeptEvent, value: int) -> None:
    del value
    assert model.api("DELETE", f"/events/{event.event_id}").status == 204
    model.add((event, None))


def roll_back(model: VersionModel, event: KeptEvent, value: int) -> None:
    """The event is what it was at one of its versions; a deleted one is restored."""
    number = value % len(event.documents)
    body = {"history_id": model.versions(event)[number]["history_id"]}
    reply = model.api("POST", f"/events/{event.event_id}/rollback", body, on_conflict="allow")
    document = reply.body
    assert document.pop("changed") == (event.deleted or event.content() != event.content(number))
    expected = event.content(number)
    if event.deleted:
        model.add((event, document))
    model.expect(event, reply, expected, document)


def undo(model: VersionModel, event: KeptEvent, value: int) -> None:
    """What one operation made goes back to the versions before; mostly that of the latest version.

    Another one has changed since, and is left: with both parts of a series, if it has split that.
    """
    number = max(0, event.latest - value // 90)
    made = event.operations[number]
    operation_id = model.versions(event)[number]["operation_id"]
    for other, _ in made:
        assert model.versions(other)[-1]["version"] == len(other.documents)
    goes_back = all(each == one.latest for one, each in made)
    kinds = {one.event_id: _type_of_undo(one) for one, _ in made}
    for dry_run in ("true", "false"):
        reply = model.api("POST", f"/operations/{operation_id}/undo", dry_run=dry_run, on_conflict="allow")
        assert reply.status == 200
        undone = {each["id"]: each["type"] for each in reply.body["undone"]}
        assert undone == ({one.event_id: _type_of_undo(one) for one, _ in made} if goes_back else {})
        assert {each["id"] for each in reply.body["left"]} == (
            set() if goes_back else {one.event_id for one, _ in made}
        )
        assert (reply.body["operation_id"] is not None) == (goes_back and dry_run == "false")
    if not goes_back:
        return
    after: dict[str, Json | None] = {}
    for event_id, kind in kinds.items():
        after[event_id] = None if kind == "delete" else model.api("GET", f"/events/{event_id}").body
        if kind == "delete":
            assert model.api("GET", f"/events/{event_id}").status == 404
    model.add(*((one, after[one.event_id]) for one, _ in made))
    for one, _ in made:
        if not one.deleted:
            assert one.content() == one.content(-3)


def undo_and_redo(model: VersionModel, event: KeptEvent, value: int) -> None:
    """An operation is undone, and then the undo is."""
    undo(model, event, value)
    undo(model, event, value)


def _type_of_undo(event: KeptEvent) -> str:
    """Returns how the latest version of an event is undone."""
    if event.deleted:
        return "restore"
    return "delete" if event.latest == 0 or event.latest - 1 in event.deletions else "rollback"
