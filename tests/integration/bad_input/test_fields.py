"""Fields that break a rule: 422 that names the field, and nothing written, not even the rest of a bulk."""

from typing import Any

import pytest

from shared.http.fields import MAX_BULK, MAX_DESCRIPTION_BYTES, MAX_LOCATION, MAX_REASON, MAX_TITLE
from tests.harness.samples import new_id
from tests.integration.bad_input.stored_calendar import FREE, StoredCalendar, shown

TEXTS = {"title": MAX_TITLE, "description": MAX_DESCRIPTION_BYTES, "location": MAX_LOCATION}
REQUIRED = ("title", "start", "end")
FIELDS = ("title", "description", "location", "start", "end", "time_zone", "transparency")

NOT_TEXT: list[Any] = [1, 0, -1, 1.5, True, False, [], ["x"], {}, {"title": "x"}, [["x"]]]
CONTROL = ["\0", "a\0b", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f", "a\x80b", "a\x85b", "a\x9fb"]
NONCHARACTERS = ["\ufffe", "a\uffffb", "\ufdd0", "a\U0010ffffb"]
BREAKS = ["a\nb", "a\r\nb", "a\rb", "a\u2028b", "a\u2029b", "a\tb", "a\n"]
BLANK = [" ", "\u00a0\u3000", "\u200b", "\u200b \ufeff\u2060", "\u00ad", "\u3164", "\u2800", "\u202e\u202c", "\ufe0f"]
SURROGATES = ["\ud800", "\udfff", "a\ud800b", "\udc00\ud800"]
NO_TIME: list[Any] = [
    "2027-06-01T09:00:00",  # no offset
    "2027-06-01",
    "2027-06-01T09:00:00.5Z",
    "2027-06-01T09:00:00.000001Z",
    "2027-06-01T09:00:00 01:00",  # what becomes of +01:00 in a form
    1_795_338_000,
    1_795_338_000.5,
    "1795338000",
    "1795338000.0",
    "0",
    "-1",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-01:00",
    "1899-12-31T23:59:59Z",
    "2027-06-01T24:00:00Z",
    "2027-06-01T09:00+01:00[Europe/Berlin]",
    "20270601T090000Z",
    "2027-W22-2T09:00:00Z",
    "2027-02-30T09:00:00Z",
    "2027-06-01T25:00:00Z",
    "2027-06-01T09:00:60Z",
    "2027-06-01T09:00:00+99:99",
    "10000-01-01T00:00:00Z",
    "P1D",
    "now",
    "",
    "2027-06-01T09:00:00Z\0",
    *NOT_TEXT,
    *SURROGATES,
]
BAD: list[tuple[str, Any]] = [
    *((name, value) for name in TEXTS for value in (*NOT_TEXT, *CONTROL, *NONCHARACTERS, *SURROGATES)),
    *((name, value) for name in ("title", "location") for value in BREAKS),
    *((name, value) for name in TEXTS for value in BLANK),
    *((name, "x" * (most + 1)) for name, most in TEXTS.items()),
    ("description", "\u00e4" * (MAX_DESCRIPTION_BYTES // 2) + "x"),
    ("description", "\U0001f600" * (MAX_DESCRIPTION_BYTES // 4) + "x"),
    ("title", ""),
    *((name, value) for name in ("start", "end") for value in NO_TIME),
    *(("time_zone", value) for value in ("", "CET ", "Mars/Base", "europe/berlin", "+01:00", "../UTC", "x" * 129)),
    *(("time_zone", value) for value in ("Custom", "GMT+0530", "UTC+15", "tzone://Microsoft/Custom", "/a/b", "/")),
    *(("time_zone", value) for value in (*NOT_TEXT, *CONTROL, *SURROGATES)),
    *(("transparency", value) for value in ("", "OPAQUE", "free", "x" * 10_000, *NOT_TEXT, *CONTROL, *SURROGATES)),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=shown)
def test_a_wrong_value_is_refused_wherever_an_event_is_sent(calendar: StoredCalendar, field: str, value: Any) -> None:
    body = {**FREE, field: value}
    calendar.refused(422, [field], "POST", "/events", body)
    calendar.refused(422, [field], "PUT", "/events/{id}", body)
    calendar.refused(422, [field], "PATCH", "/events/{id}", {field: value})
    events = [FREE] * 7 + [body] + [FREE] * 2
    calendar.refused(422, [f"events[7].{field}"], "POST", "/events/bulk", {"events": events})


@pytest.mark.parametrize("field", FIELDS)
def test_null_is_no_value_for_a_new_event(calendar: StoredCalendar, field: str) -> None:
    calendar.refused(422, [field], "POST", "/events", {**FREE, field: None})
    calendar.refused(422, [field], "PUT", "/events/{id}", {**FREE, field: None})
    calendar.refused(422, [f"events[0].{field}"], "POST", "/events/bulk", {"events": [{**FREE, field: None}]})


@pytest.mark.parametrize("field", REQUIRED)
def test_what_an_event_needs_cannot_be_left_out_nor_patched_away(calendar: StoredCalendar, field: str) -> None:
    body = {name: value for name, value in FREE.items() if name != field}
    calendar.refused(422, [field], "POST", "/events", body)
    calendar.refused(422, [field], "PUT", "/events/{id}", body)
    calendar.refused(422, [f"events[1].{field}"], "POST", "/events/bulk", {"events": [FREE, body]})
    calendar.refused(422, [field], "PATCH", "/events/{id}", {field: None})


def test_every_field_that_is_missing_is_named(calendar: StoredCalendar) -> None:
    calendar.refused(422, [*REQUIRED], "POST", "/events", {})
    calendar.refused(422, [*REQUIRED], "PUT", "/events/{id}", {})
    calendar.refused(422, ["events"], "POST", "/events/bulk", {})
    calendar.refused(422, ["history_id"], "POST", "/events/{id}/rollback", {})


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "Title",
        "id",
        "owner",
        "calendar_id",
        "created_by",
        "version",
        "history_id",
        "time_zone_given",
        "pk",
        "a.b",
        "x[0]",
        "\0",
    ],
)
def test_an_unknown_field_is_refused(calendar: StoredCalendar, name: str) -> None:
    calendar.refused(422, [name], "POST", "/events", {**FREE, name: "x"})
    calendar.refused(422, [name], "PUT", "/events/{id}", {**FREE, name: "x"})
    calendar.refused(422, [name], "PATCH", "/events/{id}", {name: "x"})
    calendar.refused(422, [f"events[0].{name}"], "POST", "/events/bulk", {"events": [{**FREE, name: "x"}]})


@pytest.mark.parametrize("name", ["", "\ud800", "x" * 100_000], ids=shown)
def test_a_name_that_is_none_is_refused(calendar: StoredCalendar, name: str) -> None:
    for method, route in (("POST", "/events"), ("PUT", "/events/{id}"), ("PATCH", "/events/{id}")):
        reply = calendar.refused(422, [], method, route, {**FREE, name: "x"})
        assert len(reply.fields) == 1
        assert len(reply.fields[0]) <= 200
    bulk = calendar.refused(422, [], "POST", "/events/bulk", {"events": [FREE, {**FREE, name: "x"}]})
    assert bulk.fields[0].startswith("events[1]")
    calendar.refused(422, [], "POST", "/events/{id}/rollback", {"history_id": new_id(), name: "x"})


@pytest.mark.parametrize(
    ("end", "days"),
    [
        (FREE["start"], 0),
        ("2027-06-01T09:00Z", 0),
        ("2027-06-01T08:59:59Z", 0),
        ("2027-06-01T09:00:00+01:00", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("2028-06-01T09:00:01Z", 366),
        ("2028-06-02T09:00:00Z", 367),
        ("9999-12-31T23:59:59Z", 367),
    ],
)
def test_an_end_that_is_not_within_366_days_after_the_start(calendar: StoredCalendar, end: str, days: int) -> None:
    body = {**FREE, "end": end}
    reply = calendar.refused(422, ["end"], "POST", "/events", body)
    assert ("366 days" in reply.text) is (days > 0)
    calendar.refused(422, ["end"], "PUT", "/events/{id}", body)
    calendar.refused(422, ["end"], "PATCH", "/events/{id}", {"start": FREE["start"], "end": end})
    calendar.refused(422, ["events[7].end"], "POST", "/events/bulk", {"events": [FREE] * 7 + [body] + [FREE] * 3})


@pytest.mark.parametrize(
    ("events", "field"),
    [
        ([], "events"),
        ([FREE] * (MAX_BULK + 1), "events"),
        (None, "events"),
        ("x", "events"),
        (1, "events"),
        ({}, "events"),
        (FREE, "events"),
        ([[FREE]], "events[0]"),
        ([FREE, [], FREE], "events[1]"),
        ([FREE, "x"], "events[1]"),
        ([FREE, None], "events[1]"),
        ([1], "events[0]"),
        ([[[[]]]], "events[0]"),
    ],
    ids=shown,
)
def test_a_bulk_is_a_list_of_1_to_1000_events(calendar: StoredCalendar, events: Any, field: str) -> None:
    calendar.refused(422, [field], "POST", "/events/bulk", {"events": events})


def test_a_bulk_has_nothing_but_events(calendar: StoredCalendar) -> None:
    calendar.refused(422, ["on_conflict"], "POST", "/events/bulk", {"events": [FREE], "on_conflict": "allow"})


@pytest.mark.parametrize(
    "value", ["x", "", " ", "0" * 32, "{" + new_id() + "}", "\0", "\ud800", "x" * 10_000, *NOT_TEXT, None]
)
def test_a_rollback_names_a_version_by_its_uuid(calendar: StoredCalendar, value: Any) -> None:
    calendar.refused(422, ["history_id"], "POST", "/events/{id}/rollback", {"history_id": value})


@pytest.mark.parametrize(
    "value", ["x" * (MAX_REASON + 1), *BLANK, *CONTROL, *NONCHARACTERS, *SURROGATES, *NOT_TEXT], ids=shown
)
def test_a_reason_is_text(calendar: StoredCalendar, value: Any) -> None:
    back = {"history_id": calendar.event["history_id"], "reason": value}
    calendar.refused(422, ["reason"], "POST", "/events/{id}/rollback", back)
    calendar.refused(422, ["reason"], "POST", "/events", {**FREE, "reason": value})
    calendar.refused(422, ["reason"], "PUT", "/events/{id}", {**FREE, "reason": value})
    calendar.refused(422, ["reason"], "PATCH", "/events/{id}", {"title": "x", "reason": value})
    calendar.refused(422, ["reason"], "POST", "/events/bulk", {"events": [FREE], "reason": value})
    calendar.refused(422, ["events[0].reason"], "POST", "/events/bulk", {"events": [{**FREE, "reason": "x"}]})


@pytest.mark.parametrize("value", ["x" * (MAX_REASON + 1), *CONTROL], ids=shown)
def test_so_is_the_reason_of_a_deletion(calendar: StoredCalendar, value: str) -> None:
    calendar.refused(422, ["reason"], "DELETE", "/events/{id}", reason=value)


def test_nothing_of_what_was_sent_comes_back_in_a_refusal(calendar: StoredCalendar) -> None:
    secret = "s3cr3t-value"
    for field in FIELDS:
        reply = calendar.refused(422, [field], "POST", "/events", {**FREE, field: [secret]})
        assert secret not in reply.text
    reply = calendar.refused(422, ["start"], "POST", "/events", {**FREE, "start": secret})
    assert secret not in reply.text
