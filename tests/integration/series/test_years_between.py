"""Series with occurrences in 1970 and in the year 9999: no request goes through the years between."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.harness.work import counted

pytestmark = pytest.mark.usefixtures("deployment")

# A request that goes through the days of eight thousand years makes millions. Most are made for rules that move along
# with an occurrence: they are held side by side over eight years.
MOST_CALLS = 400_000
Json = dict[str, Any]
TIMED = {"start": "2027-03-01T09:00:00", "end": "2027-03-01T10:00:00", "time_zone": "Europe/Berlin"}
WHOLE = {"all_day": True, "start_date": "2027-03-01", "end_date": "2027-03-02", "time_zone": "Europe/Berlin"}
SERIES: dict[str, Json] = {
    "daily": {**TIMED, "recurrence": {"rule": "FREQ=DAILY"}},
    "count": {**TIMED, "recurrence": {"rule": "FREQ=DAILY;COUNT=9"}},
    "until": {**TIMED, "recurrence": {"rule": "FREQ=DAILY;UNTIL=99981231T235959Z"}},
    "positions": {
        **TIMED,
        "recurrence": {"rule": "FREQ=YEARLY;BYMONTH=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,2,3,4,5,6,7,8"},
    },
    "transparent": {**TIMED, "transparency": "transparent", "recurrence": {"rule": "FREQ=DAILY"}},
    "whole days": {
        **WHOLE,
        "transparency": "opaque",
        "recurrence": {"rule": "FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,15"},
    },
}
WINDOWS = [
    "from=1969-12-20T00:00:00Z&to=1970-02-01T00:00:00Z",
    "from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z",
    "from=9999-11-30T00:00:00Z&to=9999-12-31T23:59:59Z",
]
EVER = "from=1900-01-01T00:00:00Z&to=9999-12-31T23:59:59Z"


def _id(day: str, series: Json) -> str:
    return day if series["all_day"] else f"{day}T090000"


def _far(name: str) -> Json:
    """Creates the series, adds an occurrence of 1970 and one of 9999, and moves one to each of these years."""
    dates = ["19700110", "99991210"] if name == "whole days" else ["19700110T090000", "99991210T090000"]
    recurrence = {**SERIES[name]["recurrence"], "dates": dates}
    reply = ADA("POST", "/events", {"title": "Far", **SERIES[name], "recurrence": recurrence})
    assert reply.status == 201, reply
    series: Json = reply.body
    for day, to in (("20270302", "1970-01-20"), ("20270303", "9999-12-20")):
        times = {"start": f"{to}T03:00:00Z", "end": f"{to}T04:00:00Z"}
        if series["all_day"]:
            times = {"start_date": to, "end_date": f"{to[:-1]}1"}
        moved = ADA("PATCH", f"/events/{series['id']}_{_id(day, series)}", times, on_conflict="allow")
        assert moved.status == 200, moved
    found: Json = ADA("GET", f"/events/{series['id']}").body
    return found


# A method, a path and a body.
Ask = tuple[str, str, Json | None]


def _reads(series: Json) -> Iterator[Ask]:
    path = f"/events/{series['id']}"
    for window in WINDOWS:
        yield "GET", f"/free-busy?{window}", None
        start, end = (part.partition("=")[2] for part in window.split("&"))
        yield "POST", "/free-busy", {"calendars": [series["calendar_id"]], "from": start, "to": end, "slot_minutes": 30}
    for window in (*WINDOWS, EVER):
        yield "GET", f"/events?{window}", None
        yield "GET", f"/events?{window}&expand=false", None
        yield "GET", f"{path}/occurrences?{window}", None
        yield "GET", f"/events?{window}&as_of=2026-11-22T09:00:00Z", None
    for way in ("", "/history", "/diff"):
        yield "GET", f"{path}{way}", None


def _new_ones() -> Iterator[Ask]:
    """Yields requests for what is compared with the series."""
    days = ("1970-01-20", "2027-03-10", "9999-12-20")
    singles: list[Json] = [{"start": f"{day}T03:30:00Z", "end": f"{day}T05:00:00Z"} for day in days]
    far: Json = {**TIMED, "recurrence": {"rule": "FREQ=DAILY", "dates": ["19700110T093000", "99991210T093000"]}}
    for body in (*singles, far, {**WHOLE, "recurrence": {"rule": "FREQ=WEEKLY"}, "transparency": "opaque"}):
        yield "POST", "/events?dry_run=true", {"title": "New", **body}
    bulk = [{"title": "New", **body} for body in (*singles, far)]
    yield "POST", "/events/bulk?conflicts=report", {"events": bulk}


def _changes(series: Json) -> Iterator[Ask]:
    """Yields changes of the series and of its occurrences, none of which is made."""
    path, dry = f"/events/{series['id']}", "dry_run=true&on_conflict=allow"
    times = {name: series[name] for name in ("start", "end", "time_zone")}
    yield "PUT", f"{path}?exceptions=drop&{dry}", {"title": "x", **times, "recurrence": {"rule": "FREQ=WEEKLY"}}
    fields: list[Json] = [{"time_zone": "Asia/Tokyo"}, {"recurrence": {"rule": "FREQ=WEEKLY"}}, {"recurrence": None}]
    for each in fields:
        yield "PATCH", f"{path}?exceptions=drop&{dry}", each
    yield "DELETE", f"{path}?dry_run=true", None
    for day in ("20270302", "20270303", "20270305", "19700110", "99991210", "99981215"):
        one = f"{path}_{_id(day, series)}"
        now = ADA("GET", one)
        for scope in ("this", "following", "all"):
            yield "PATCH", f"{one}?scope={scope}&{dry}", {"title": "x"}
            yield "DELETE", f"{one}?scope={scope}&dry_run=true", None
            if now.status == 200 and not series["all_day"]:
                start = now.body["start"]
                moved = {"start": f"{start[:14]}40:00Z", "end": f"{start[:14]}50:00Z"}
                yield "PATCH", f"{one}?scope={scope}&{dry}", moved


@pytest.mark.parametrize("name", SERIES)
def test_no_request_goes_through_the_years_between(name: str, deployment: Deployment) -> None:
    with counted() as work:
        series = _far(name)
    assert work.calls < MOST_CALLS
    deployment.record()
    for ask in (*_reads(series), *_changes(series), *_new_ones()):
        with counted() as work:
            reply = ADA(*ask)
        assert reply.status < 500, (ask, reply)
        assert work.calls < MOST_CALLS, (ask, reply, work.calls)
    # What a change comes to, and the way back.
    rest = ADA("PATCH", f"/events/{series['id']}_{_id('20270305', series)}", {"title": "x"}, scope="following")
    assert rest.status == 200, rest
    deployment.record()
    undone = ADA("GET", f"/events/{series['id']}/history").body["items"][0]["operation_id"]
    with counted() as work:
        reply = ADA("POST", f"/operations/{undone}/undo")
    assert reply.status == 200, reply
    assert work.calls < MOST_CALLS
