"""Bodies that are no request, on every route that takes one: 4xx problem+json, nothing written."""

import json
from base64 import b64encode
from typing import Any

import pytest

from shared.http.bodies import MAX_BODY_BYTES, MAX_MEMBERS, MAX_MORE_MEMBERS
from shared.scheduling.bulk_items import FAULTS_REPORTED
from tests.harness.samples import new_id
from tests.integration.bad_input.stored_calendar import FREE, ROUTES, StoredCalendar, shown

TIMES = '"start": "2027-06-01T09:00:00Z", "end": "2027-06-01T10:00:00Z"'


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "}",
        "{}}",
        '{"title": }',
        '{"title": "x",}',
        "{'title': 'x'}",
        '{"title": "x"',
        '{"title": "x"} {}',
        "title=x",
        "<event/>",
        "\ufeff{}",
        " ",
        "\0",
        '{"title": "a\0b"}',
        '{"title": "a\nb"}',
        "\ud800",
        '{"title": "\\u12"}',
        '{"title": tru}',
        '{"title": 0x10}',
        '{"title": 01}',
        '{"title": +1}',
        '{"title": .5}',
    ],
    ids=shown,
)
def test_what_is_no_json(calendar: StoredCalendar, raw: str) -> None:
    for method, route in ROUTES:
        calendar.refused(400, ["body"], method, route, raw=raw)


@pytest.mark.parametrize("raw", ["[]", '[{"title": "x"}]', "null", "true", "1", '"text"', '"{}"', "1.5", "[[]]"])
def test_what_is_no_object(calendar: StoredCalendar, raw: str) -> None:
    for method, route in ROUTES:
        calendar.refused(400, ["body"], method, route, raw=raw)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_python_takes_for_a_number_and_json_does_not(calendar: StoredCalendar, constant: str) -> None:
    for method, route in ROUTES:
        calendar.refused(400, ["body"], method, route, raw=f'{{"title": {constant}, {TIMES}}}')


@pytest.mark.parametrize("depth", [1_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_nesting_without_end(calendar: StoredCalendar, depth: int, opening: str, closing: str) -> None:
    value = opening * depth + "1" + closing * depth
    for method, route in ROUTES:
        for raw in (opening * depth, value, f'{{"title": {value}}}'):
            calendar.refused(400, ["body"], method, route, raw=raw)


@pytest.mark.parametrize("depth", [*range(1, 40, 13), *range(100, 1_000, 100), *range(950, 1_000, 7)])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_to_just_below_what_the_parser_takes(
    calendar: StoredCalendar, depth: int, opening: str, closing: str
) -> None:
    nested = opening * depth + "1" + closing * depth
    reply = calendar.api("POST", "/events", raw=f'{{"title": {nested}, {TIMES}}}')
    assert (reply.status, reply.fields) in ((422, ["title"]), (400, ["body"]))
    reply = calendar.api("POST", "/events/bulk", raw=f'{{"events": {nested}}}')
    assert reply.status in (422, 400)


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "[1, " + "1" * 100_000 + "]"], ids=shown)
def test_a_number_of_thousands_of_digits(calendar: StoredCalendar, number: str) -> None:
    for method, route in ROUTES:
        calendar.refused(400, ["body"], method, route, raw=f'{{"title": {number}, {TIMES}}}')


@pytest.mark.parametrize("number", ["1e999", "-1e999", "0." + "1" * 5_000, "1" * 4_000, "1e-999", "1E+400"], ids=shown)
def test_a_number_that_is_too_large_is_no_text(calendar: StoredCalendar, number: str) -> None:
    calendar.refused(422, ["title"], "POST", "/events", raw=f'{{"title": {number}, {TIMES}}}')


@pytest.mark.parametrize(
    "raw",
    [
        '{"title": "' + "x" * MAX_BODY_BYTES + '"}',
        '{"title": "' + "\u00e9" * (MAX_BODY_BYTES // 2) + '"}',
        "[" * (MAX_BODY_BYTES + 1),
        " " * MAX_BODY_BYTES + "{}",
    ],
    ids=["ascii", "two bytes each", "brackets", "spaces"],
)
def test_a_body_over_the_limit(calendar: StoredCalendar, raw: str) -> None:
    for method, route in ROUTES:
        calendar.refused(413, ["body"], method, route, raw=raw)


def test_a_body_over_the_limit_in_base64(calendar: StoredCalendar) -> None:
    event = sent_in_base64(calendar, b'{"title": "' + b"x" * MAX_BODY_BYTES + b'"}')
    assert (event.status, event.fields) == (413, ["body"])


def test_a_body_of_just_the_limit_is_read(calendar: StoredCalendar) -> None:
    raw = json.dumps({"title": "x" * MAX_BODY_BYTES})
    raw = raw.replace("x" * (len(raw) - MAX_BODY_BYTES), "", 1)
    assert len(raw) == MAX_BODY_BYTES
    calendar.refused(422, ["title", "start", "end"], "POST", "/events", raw=raw)


def test_an_object_of_many_members_is_not_read_through(calendar: StoredCalendar) -> None:
    raw = '{"events":[{' + ",".join(f'"member {number}":1' for number in range(200_000)) + "}]}"
    for method, route in ROUTES:
        calendar.refused(400, ["body"], method, route, raw=raw)


def test_fields_by_the_dozen_are_unknown_ones_and_named(calendar: StoredCalendar) -> None:
    unknown = [f"unknown {number}" for number in range(100)]
    item = {**FREE, **dict.fromkeys(unknown)}
    for method, route in (("POST", "/events"), ("PUT", "/events/{id}"), ("PATCH", "/events/{id}")):
        refused = calendar.refused(422, unknown[:50], method, route, item)
        assert refused.body["detail"] == "100 field(s) of the request are invalid"
    calendar.refused(
        422, [f"events[1].{name}" for name in unknown[:50]], "POST", "/events/bulk", {"events": [FREE, item]}
    )
    body = {"history_id": new_id(), **dict.fromkeys(unknown)}
    calendar.refused(422, unknown[:50], "POST", "/events/{id}/rollback", body)


def test_what_unknown_fields_cost_is_bounded(calendar: StoredCalendar) -> None:
    items = MAX_MORE_MEMBERS // 100
    item = dict.fromkeys(f"unknown {number}" for number in range(MAX_MEMBERS + 100))
    reply = calendar.refused(422, [], "POST", "/events/bulk", {"events": [item] * items})
    assert len(reply.fields) == items * FAULTS_REPORTED
    calendar.refused(400, ["body"], "POST", "/events/bulk", {"events": [item] * (items + 1)})


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (f'{{"title": "a", {TIMES}, "title": "b"}}', "title"),
        (f'{{"title": "a", {TIMES}, "title": "a"}}', "title"),
        (f'{{"title": "a", {TIMES}, "\\u0074itle": "b"}}', "title"),
        ('{"x": {"deep": [{"a": 1, "b": 2, "a": 3}]}}', "a"),
        ('{"events": [{"b": 1, "b": 1}]}', "b"),
        ('{"": 1, "": 2}', ""),
        ('{"\\ud800": 1, "\\ud800": 2}', "\\ud800"),
    ],
    ids=shown,
)
def test_a_name_that_comes_twice(calendar: StoredCalendar, raw: str, name: str) -> None:
    for method, route in ROUTES:
        refused = calendar.refused(400, ["body"], method, route, raw=raw)
        assert f"has '{name}' twice" in refused.body["detail"]


def test_a_million_items_are_not_read_through(calendar: StoredCalendar) -> None:
    raw = '{"events":[' + "{}," * 1_000_000 + "{}]}"
    calendar.refused(422, ["events"], "POST", "/events/bulk", raw=raw)


def test_as_many_faults_as_a_request_can_have_are_told_in_short(calendar: StoredCalendar) -> None:
    item = {f"unknown {number}": None for number in range(MAX_MEMBERS)}
    reply = calendar.refused(422, [], "POST", "/events/bulk", {"events": [item] * 1_000})
    assert len(reply.fields) == 1_000 * FAULTS_REPORTED
    assert len(reply.text) < 500_000


@pytest.mark.parametrize("body", [None, ""])
def test_no_body(calendar: StoredCalendar, body: str | None) -> None:
    for method, route in ROUTES:
        for content_type in ("application/json", "text/plain", "application/x-www-form-urlencoded", "0", ""):
            calendar.refused(422, ["body"], method, route, raw=body, headers={"Content-Type": content_type})


def sent_in_base64(calendar: StoredCalendar, body: bytes | str) -> Any:
    encoded = b64encode(body).decode() if isinstance(body, bytes) else body
    return calendar.api("POST", "/events", raw=encoded, base64=True)


@pytest.mark.parametrize(
    "body",
    [
        "%%%",
        "a",
        "e30",
        "\u00e9",
        "\ud800",
        '{"title": "x"}',
        b"\xff\xfe{}",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\0",
        json.dumps(FREE).encode("utf-16"),
        b"[]",
    ],
    ids=shown,
)
def test_a_body_in_base64_that_is_none_or_no_json(calendar: StoredCalendar, body: bytes | str) -> None:
    reply = sent_in_base64(calendar, body)
    assert (reply.status, reply.fields) == (400, ["body"])


def test_a_body_in_base64_is_read(calendar: StoredCalendar) -> None:
    reply = sent_in_base64(calendar, json.dumps({**FREE, "title": ""}).encode())
    assert (reply.status, reply.fields) == (422, ["title"])
