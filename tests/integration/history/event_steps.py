"""Steps of random histories that concern events as a whole, of which each has its expected result."""

from tests.integration.history.series_of_days import Days, at_time, settled, timed, utc, written
from tests.integration.history.version_model import HOURS, TITLES, Json, KeptEvent, VersionModel

TIMED: Json = {"all_day": None, "start_date": None, "end_date": None}
RULES = ["FREQ=DAILY", "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY", None]


def create(model: VersionModel, value: int) -> None:
    body: Json = {"title": TITLES[value % 3], "start": HOURS[value % 23], "end": HOURS[value % 23 + 1]}
    rule = RULES[value % len(RULES)]
    body |= {"time_zone": "UTC", "recurrence": None if rule is None else {"rule": rule}}
    if rule is not None and value % 3:
        # The second occurrence is cancelled.
        body["recurrence"]["excluded"] = [written(utc(body["start"]) + Days.of(rule).step)]
    reply = model.api("POST", "/events", body, on_conflict="allow")
    assert reply.status == 201
    event = KeptEvent(reply.body["id"])
    model.events.append(event)
    model.add((event, reply.body))


def edit(model: VersionModel, event: KeptEvent, value: int) -> None:
    fields: Json = {"title": TITLES[value % 3], "description": "line\n" * (value % 4)}
    reply = model.api("PATCH", f"/events/{event.event_id}", fields)
    model.expect(event, reply, event.content() | fields)


def move(model: VersionModel, event: KeptEvent, value: int) -> None:
    fields: Json = {"start": HOURS[value % 23], "end": HOURS[value % 23 + 1]}
    exceptions = "keep" if value % 2 else "drop"
    path = f"/events/{event.event_id}"
    reply = model.api("PATCH", path, fields | TIMED, on_conflict="allow", exceptions=exceptions)
    after = at_time(event.content(), utc(fields["start"]), utc(fields["end"]))
    model.expect(event, reply, settled(after, drop=exceptions == "drop"))


def whole_days(model: VersionModel, event: KeptEvent, value: int) -> None:
    if event.is_series:
        return
    days = {"start_date": f"2027-03-{value % 9 + 1:02d}", "end_date": f"2027-03-{value % 7 + 11}"}
    reply = model.api("PATCH", f"/events/{event.event_id}", days | {"all_day": True}, on_conflict="allow")
    times = {name: f"{days[f'{name}_date']}T00:00:00Z" for name in ("start", "end")}
    model.expect(event, reply, event.content() | days | times | {"start_local": None})


def replace(model: VersionModel, event: KeptEvent, value: int) -> None:
    fields: Json = {"title": TITLES[value % 3], "start": HOURS[value % 20], "end": HOURS[value % 20 + 2]}
    reply = model.api("PUT", f"/events/{event.event_id}", fields, on_conflict="allow")
    rest = {"description": "", "recurrence": None, **timed(fields["start"])}
    model.expect(event, reply, event.content() | fields | rest)


def recur(model: VersionModel, event: KeptEvent, value: int) -> None:
    """The event gets another rule, or becomes a single one."""
    expected = event.content()
    if event.deleted or expected["start_date"] is not None:
        return
    rule, exceptions = RULES[value % len(RULES)], "keep" if value // len(RULES) % 2 else "drop"
    body = {"recurrence": None if rule is None else {"rule": rule}}
    reply = model.api("PATCH", f"/events/{event.event_id}", body, on_conflict="allow", exceptions=exceptions)
    if rule is None:
        expected["recurrence"] = None
    else:
        was = expected["recurrence"] or {"dates": [], "excluded": [], "changed": {}}
        expected["recurrence"] = {**was, "rule": rule}
    model.expect(event, reply, settled(expected, drop=exceptions == "drop"))


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
