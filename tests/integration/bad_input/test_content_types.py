"""Content types and codings that no route takes, on every route that takes a body."""

import pytest

from tests.integration.bad_input.stored_calendar import FREE, ROUTES, StoredCalendar, shown


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/html; charset=utf-8",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json-patch+json",
        "application/json,application/json",
        "json",
        "*/*",
        ";",
        "",
        "application/json; charset=iso-8859-1",
        "application/json;charset=latin1",
        "application/json; charset=UTF-16",
        'application/json; charset="windows-1252"',
        "application/json; charset=",
        'application/json; charset=""',
        "application/json; charset",
        "application/json; charset=utf-8; charset=latin1",
        'application/json; charset="utf-8',
        "application/json; charset='utf-8'",
        "application/json; charset = utf-8",
        "application/json; charset=utf-8 latin1",
        "application/json charset=utf-8",
        "application/json; odata=verbose",
        "application/json; IEEE754Compatible=true",
        "application/json; charset=utf-8; profile=x",
        "application/json; =",
        "application/json, text/plain",
        "application/json\n",
        "application/json; charset=utf-8\n",
        "\ud800",
        "a" * 10_000,
    ],
    ids=shown,
)
def test_another_content_type(calendar: StoredCalendar, content_type: str) -> None:
    for method, route in ROUTES:
        calendar.refused(415, ["Content-Type"], method, route, FREE, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'Application/JSON ; Charset="Utf-8"',
        'application/json; charset="\\utf-8"',
        "application/json; charset=utf8",
        "application/json; charset=US-ASCII",
        "application/json;",
        " application/json ; ; charset=utf-8 ; ",
    ],
)
def test_a_content_type_that_says_utf_8(calendar: StoredCalendar, content_type: str) -> None:
    body = {**FREE, "title": ""}
    calendar.refused(422, ["title"], "POST", "/events", body, headers={"Content-Type": content_type})


def test_a_content_type_that_is_sent_twice(calendar: StoredCalendar) -> None:
    for second in ("application/json", "text/plain"):
        headers = {"Content-Type": ["application/json", second, "application/json"]}
        calendar.refused(415, ["Content-Type"], "POST", "/events", FREE, headers=headers)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate", "gzip, identity", "", "x"])
def test_a_body_in_a_coding(calendar: StoredCalendar, coding: str) -> None:
    for method, route in ROUTES:
        calendar.refused(415, ["Content-Encoding"], method, route, FREE, headers={"Content-Encoding": coding})


def test_no_coding_is_one(calendar: StoredCalendar) -> None:
    headers = {"Content-Encoding": "Identity"}
    calendar.refused(422, ["title"], "POST", "/events", {**FREE, "title": ""}, headers=headers)


def test_a_merge_patch_is_for_patch_alone(calendar: StoredCalendar) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    for method, route in ROUTES:
        if method != "PATCH":
            calendar.refused(415, ["Content-Type"], method, route, FREE, headers=headers)
