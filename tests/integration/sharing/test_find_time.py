"""Searching several calendars for a time: what each role is told, and how much may be asked for."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, Final

import pytest

from shared.runtime import use
from shared.scheduling import find_time
from shared.store.access import GrantsReader
from tests.harness.botocore_faults import Wire
from tests.harness.gateway import Reply
from tests.harness.openapi_document import check
from tests.integration.sharing.people import People

Json = dict[str, Any]
UNKNOWN: Final = "01998f00-0000-7000-8000-00000000000b"
WINDOW: Final = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-03T00:00:00Z"}
EVENT: Final = {"title": "Secret talks", "time_zone": "Europe/Berlin"}
NINE, TEN, NOON = "2027-03-01T09:00:00Z", "2027-03-01T10:00:00Z", "2027-03-01T12:00:00Z"
OPEN: Final = {"between": ["09:00", "17:00"], "time_zone": "Europe/Berlin"}


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def find(people: People, name: str, calendars: list[str] | None, **fields: Any) -> Reply:
    """Asks as the user called `name`; the paths or ids of calendars, unless they are left out."""
    asked = {} if calendars is None else {"calendars": [id_of(each) for each in calendars]}
    reply = people(name)("POST", "/free-busy", {**asked, **fields})
    check("POST", "/free-busy", reply)
    return reply


def busy(people: People, path: str, start: str = NINE, end: str = TEN, owner: str = "ada") -> None:
    made = people(owner)("POST", f"{path}/events", {**EVENT, "start": start, "end": end})
    assert made.status == 201, made


def test_two_calendars_and_when_both_are_free(people: People) -> None:
    room, own = people.calendar("ada"), people.default("ada")
    busy(people, room, NINE, TEN)
    busy(people, own, "2027-03-01T09:30:00Z", NOON)
    found = find(people, "ada", [room, own], **WINDOW, slot_minutes=60, **OPEN)
    assert found.body == {
        "calendars": [
            {"calendar_id": id_of(room), "busy": [{"start": NINE, "end": TEN}]},
            {"calendar_id": id_of(own), "busy": [{"start": "2027-03-01T09:30:00Z", "end": NOON}]},
        ],
        "free": [
            {"start": "2027-03-01T08:00:00Z", "end": NINE},
            {"start": NOON, "end": "2027-03-01T16:00:00Z"},
            {"start": "2027-03-02T08:00:00Z", "end": "2027-03-02T16:00:00Z"},
        ],
        "next_cursor": None,
    }
    longer = find(people, "ada", [room, own], **WINDOW, slot_minutes=61, slots=1, **OPEN)
    assert longer.body["free"] == [{"start": NOON, "end": "2027-03-01T16:00:00Z"}]
    assert find(people, "ada", [room, own], **WINDOW).body["free"] is None


@pytest.mark.parametrize("name", ["Europe/Berlin", "W. Europe Standard Time", "/mozilla.org/2005/Europe/Berlin"])
def test_a_zone_is_called_as_elsewhere(people: People, name: str) -> None:
    asked = {**WINDOW, "slot_minutes": 60, "days": ["TU"], "time_zone": name}
    free = find(people, "ada", [people.default("ada")], **asked).body["free"]
    assert free == [{"start": "2027-03-01T23:00:00Z", "end": "2027-03-02T23:00:00Z"}]


@pytest.mark.parametrize("role", ["free_busy", "viewer", "booker", "editor", "owner"])
def test_each_role_sees_when_a_calendar_is_busy_and_nothing_else(people: People, role: str) -> None:
    path = people.calendar("ada")
    busy(people, path)
    people.admitted(path, "bob", role)
    found = find(people, "bob", [path, people.default("bob")], **WINDOW, slot_minutes=60)
    assert found.body["calendars"][0] == {"calendar_id": id_of(path), "busy": [{"start": NINE, "end": TEN}]}
    assert found.body["free"] is not None
    assert "Secret" not in found.text


def test_everyones_role_is_enough(people: People) -> None:
    path = people.calendar("ada", everyone="free_busy")
    busy(people, path)
    assert find(people, "bob", [path], **WINDOW).body["calendars"][0]["busy"] == [{"start": NINE, "end": TEN}]


def test_what_may_not_be_seen_is_as_what_does_not_exist_and_is_not_read(people: People, wire: Wire) -> None:
    hidden, deleted, room = (people.calendar("ada") for _ in range(3))
    for path in (hidden, deleted, room):
        busy(people, path)
    people.admitted(room, "bob", "free_busy")
    people.admitted(deleted, "bob", "editor")
    assert people("ada")("DELETE", deleted).status == 204
    wire.requests.clear()
    asked = [hidden, deleted, UNKNOWN, people.default("ada"), room]
    found = find(people, "bob", asked, **WINDOW, slot_minutes=60)
    problem = {"type": "/problems/not-found", "title": "Not found", "status": 404, "detail": "no such calendar"}
    assert found.body["calendars"][:4] == [{"calendar_id": id_of(each), "problem": problem} for each in asked[:4]]
    assert found.body["calendars"][4]["busy"] == [{"start": NINE, "end": TEN}]
    assert found.body["free"] is None
    assert len(wire.requests.pop("BatchGetItem")) == 1
    queries = [json.dumps(request) for request in wire.requests.pop("Query")]
    assert len(queries) == 5
    assert all(id_of(room) in each for each in queries)
    assert not wire.requests


def test_a_right_that_was_taken_is_gone(people: People) -> None:
    path = people.calendar("ada")
    busy(people, path)
    people.admitted(path, "bob", "viewer")
    assert "busy" in find(people, "bob", [path], **WINDOW).body["calendars"][0]
    assert people("ada")("DELETE", f"{path}/members/bob").status == 204
    assert find(people, "bob", [path], **WINDOW).body["calendars"][0]["problem"]["status"] == 404


@pytest.fixture
def slow(people: People) -> Iterator[People]:
    """Each look at the clock takes more than a second."""
    clock = count(0.0, 1.5)
    with use(replace(people.deployment.runtime, monotonic=lambda: next(clock))):
        yield people


def test_a_right_is_read_again_if_the_reads_took_long(slow: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is revoked between the read of the rights and the end of the reads."""
    path = slow.calendar("ada")
    busy(slow, path)
    slow.admitted(path, "bob", "viewer")
    read = GrantsReader.refusals
    reads: list[Any] = []

    def then_revoked(grants: GrantsReader) -> Any:
        refused = read(grants)
        if not reads:
            assert slow("ada")("DELETE", f"{path}/members/bob").status == 204
        reads.append(refused)
        return refused

    monkeypatch.setattr(GrantsReader, "refusals", then_revoked)
    found = find(slow, "bob", [path, slow.default("bob")], **WINDOW, slot_minutes=60).body
    assert [set(each) for each in reads] == [set(), {id_of(path)}]
    assert [("busy" in each, "problem" in each) for each in found["calendars"]] == [(False, True), (True, False)]
    assert found["free"] is None


def test_one_to_twenty_calendars(people: People) -> None:
    others = [people.calendar("ada") for _ in range(20)]
    busy(people, others[19])
    found = find(people, "ada", others, **WINDOW, slot_minutes=60).body
    assert [each["calendar_id"] for each in found["calendars"]] == [id_of(each) for each in others]
    assert [each["busy"] for each in found["calendars"]] == [[]] * 19 + [[{"start": NINE, "end": TEN}]]
    assert [slot["start"] for slot in found["free"]] == [WINDOW["from"], TEN]
    for wrong in ([*others, UNKNOWN], [], [others[0], others[1], others[0]], [others[0], others[0].upper()]):
        refused = find(people, "ada", wrong, **WINDOW)
        assert (refused.status, refused.fields) == (422, ["calendars"]), wrong


SLOTS: Final = {"slot_minutes": 60}
BAD: list[tuple[Json, list[str]]] = [
    ({"calendars": None}, ["calendars"]),
    ({"calendars": "x"}, ["calendars"]),
    ({"calendars": ["x"]}, ["calendars[0]"]),
    ({"calendars": [7]}, ["calendars[0]"]),
    ({"from": None}, ["from"]),
    ({"from": "2027-03-01"}, ["from"]),
    ({"from": 7}, ["from"]),
    ({"to": None}, ["to"]),
    ({"to": WINDOW["from"]}, ["to"]),
    ({"to": "2027-05-02T00:00:01Z"}, ["to"]),
    ({"to": "2027-05-02T00:00:00.5Z"}, ["to"]),
    ({"slot_minutes": 0}, ["slot_minutes"]),
    ({"slot_minutes": 1441}, ["slot_minutes"]),
    ({"slot_minutes": 1.5}, ["slot_minutes"]),
    ({"slot_minutes": "60"}, ["slot_minutes"]),
    ({"slot_minutes": True}, ["slot_minutes"]),
    ({**SLOTS, "slots": 0}, ["slots"]),
    ({**SLOTS, "slots": 51}, ["slots"]),
    ({"slots": 5}, ["slots"]),
    ({**OPEN}, ["between", "time_zone"]),
    ({"days": ["MO"]}, ["days"]),
    ({**SLOTS, "between": ["09:00", "17:00"]}, ["time_zone"]),
    ({**SLOTS, "days": ["MO"]}, ["time_zone"]),
    ({**SLOTS, "time_zone": "UTC"}, ["time_zone"]),
    ({**SLOTS, **OPEN, "time_zone": "Mars/Olympus"}, ["time_zone"]),
    ({**SLOTS, **OPEN, "time_zone": "../../etc/passwd"}, ["time_zone"]),
    ({**SLOTS, **OPEN, "between": ["17:00", "09:00"]}, ["between"]),
    ({**SLOTS, **OPEN, "between": ["09:00", "09:00"]}, ["between"]),
    ({**SLOTS, **OPEN, "between": ["24:00", "24:00"]}, ["between"]),
    ({**SLOTS, **OPEN, "between": ["09:00"]}, ["between"]),
    ({**SLOTS, **OPEN, "between": ["09:00", "12:00", "17:00"]}, ["between"]),
    ({**SLOTS, **OPEN, "between": ["9:00", "17:00"]}, ["between[0]"]),
    ({**SLOTS, **OPEN, "between": ["09:00", "24:01"]}, ["between[1]"]),
    ({**SLOTS, **OPEN, "between": ["09:00\n", "17:00"]}, ["between[0]"]),
    ({**SLOTS, **OPEN, "between": ["09:00:00", "17:00"]}, ["between[0]"]),
    ({**SLOTS, **OPEN, "between": [9, 17]}, ["between[0]", "between[1]"]),
    ({**SLOTS, **OPEN, "days": []}, ["days"]),
    ({**SLOTS, **OPEN, "days": ["MO", "MO"]}, ["days"]),
    ({**SLOTS, **OPEN, "days": ["mo"]}, ["days[0]"]),
    ({**SLOTS, **OPEN, "days": [1]}, ["days[0]"]),
    ({"from_": WINDOW["from"]}, ["from_"]),
    ({"limit": 10}, ["limit"]),
    ({"cursor": "x"}, ["cursor"]),
    ({"cursor": "x" * 4001}, ["cursor"]),
    ({"cursor": 7}, ["cursor"]),
]


@pytest.mark.parametrize(("change", "fields"), BAD, ids=[json.dumps(each[0])[:70] for each in BAD])
def test_what_breaks_a_rule_is_refused_by_its_name(people: People, change: Json, fields: list[str]) -> None:
    body = {"calendars": [id_of(people.default("ada"))], **WINDOW, **change}
    refused = people("ada")("POST", "/free-busy", body)
    assert (refused.status, refused.fields) == (422, fields)
    check("POST", "/free-busy", refused)


def test_a_window_of_62_days_and_the_last_day_that_there_is(people: People) -> None:
    own = [people.default("ada")]
    asked = {**SLOTS, **OPEN, "between": ["00:00", "24:00"]}
    whole = find(people, "ada", own, **{"from": WINDOW["from"], "to": "2027-05-02T00:00:00Z"}, **asked, slots=50)
    assert (whole.status, len(whole.body["free"])) == (200, 50)
    last = find(people, "ada", own, **{"from": "9999-12-31T00:00:00Z", "to": "9999-12-31T23:59:59Z"}, **asked)
    assert last.body["free"] == [{"start": "9999-12-31T00:00:00Z", "end": "9999-12-31T23:00:00Z"}]


def test_a_body_that_says_nothing_is_told_what_is_missing(people: People) -> None:
    refused = people("ada")("POST", "/free-busy", {})
    assert (refused.status, refused.fields) == (422, ["calendars", "from", "to"])


@pytest.fixture
def crowded(people: People, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two calendars; a page of the search reads at most five times two events of a class."""
    monkeypatch.setattr(find_time, "LARGEST_PAGE", 4)
    crowd, other = people.calendar("ada"), people.calendar("ada")
    events = [
        {**EVENT, "start": f"2027-03-01T{at:02d}:00:00Z", "end": f"2027-03-01T{at:02d}:30:00Z"} for at in range(24)
    ]
    assert people("ada")("POST", f"{crowd}/events/bulk", {"events": events}).status == 201
    busy(people, other, "2027-03-01T20:15:00Z", "2027-03-01T21:15:00Z")
    return [crowd, other]


def test_pages_tell_together_what_one_would(
    people: People, crowded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {**WINDOW, "slot_minutes": 30, "slots": 22}
    pages = [find(people, "ada", crowded, **asked).body]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        # What was asked for may be left out, or said again.
        again: Json = {} if len(pages) % 2 else asked
        pages.append(find(people, "ada", crowded if again else None, **again, cursor=cursor).body)
    assert len(pages) == 3
    monkeypatch.undo()
    whole = find(people, "ada", crowded, **asked).body
    assert whole["next_cursor"] is None
    for at, path in enumerate(crowded):
        assert [one for page in pages for one in page["calendars"][at]["busy"]] == whole["calendars"][at]["busy"], path
    assert [slot for page in pages for slot in page["free"]] == whole["free"]
    assert len(whole["free"]) == 22


def changed(cursor: str, **facts: Any) -> str:
    said = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return urlsafe_b64encode(json.dumps({**said, **facts}).encode()).decode().rstrip("=")


def test_a_cursor_is_for_its_search_and_its_user(people: People, crowded: list[str]) -> None:
    asked = {**WINDOW, "slot_minutes": 30}
    cursor = find(people, "ada", crowded, **asked).body["next_cursor"]
    others: list[Json] = [
        {"calendars": [id_of(crowded[0])]},
        {"calendars": [id_of(each) for each in reversed(crowded)]},
        {"from": "2027-03-01T00:00:01Z"},
        {"to": "2027-03-03T00:00:01Z"},
        {"slot_minutes": 31},
        {"slots": 10},
        {"days": ["MO"]},
        {"between": ["09:00", "17:00"]},
        {"time_zone": "UTC"},
    ]
    for other in others:
        refused = people("ada")("POST", "/free-busy", {**other, "cursor": cursor})
        assert (refused.status, refused.fields) == (422, ["cursor"]), other
    assert find(people, "bob", None, cursor=cursor).fields == ["cursor"]
    assert people("ada")("GET", "/free-busy", cursor=cursor).status == 422


def test_a_forged_cursor_is_refused_or_shows_what_may_be_seen(people: People, crowded: list[str]) -> None:
    cursor = find(people, "ada", crowded, **WINDOW, slot_minutes=30).body["next_cursor"]
    good = json.loads(json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))["asked"])
    hidden = people.calendar("carol")
    wrong: list[Json] = [
        {"asked": ""},
        {"asked": "null"},
        {"asked": "[" * 10_000},
        {"asked": json.dumps({**good, "cursor": cursor})},
        {"asked": json.dumps({**good, "to": "2028-01-01T00:00:00Z"})},
        {"asked": json.dumps({**good, "to": good["from"]})},
        {"asked": json.dumps({**good, "calendars": good["calendars"] * 2})},
        {"asked": json.dumps({**good, "calendars": [UNKNOWN]})},
        {"asked": json.dumps({**good, "days": ["MO"]})},
        {"busy": "-"},
        {"found": "51"},
        {"id": "x" * 3000},
        {"id": "\x00" * 65},
    ]
    for facts in wrong:
        refused = people("ada")("POST", "/free-busy", {"cursor": changed(cursor, **facts)[:4000]})
        assert (refused.status, refused.fields) == (422, ["cursor"]), facts
    for facts in ({"start": "1900-01-01T00:00:00Z"}, {"start": "9999-12-31T23:59:59Z"}, {"id": "\x00"}, {"id": ""}):
        assert find(people, "ada", None, cursor=changed(cursor, **facts)).status == 200, facts
    asked = json.dumps({**good, "calendars": [id_of(hidden)]})
    elsewhere = find(people, "ada", None, cursor=changed(cursor, asked=asked, busy=""))
    assert [set(each) for each in elsewhere.body["calendars"]] == [{"calendar_id", "problem"}]
