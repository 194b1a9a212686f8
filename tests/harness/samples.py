"""Sample events and requests for tests."""

import random
import time
from functools import partial
from itertools import count
from typing import Final

from shared import ids
from shared.ids import CalendarId, EventId, HistoryId, OperationId, UserId
from shared.request import Request
from shared.retries import Deadline
from shared.scheduling.access import CalendarAccess
from shared.scheduling.booking_changes import Bookings
from shared.scheduling.events import ChangeType, Content, Event, Stamp, Transparency
from shared.scheduling.instants import Instant

OWNER: Final = CalendarId("01998f00-0000-7000-8000-000000000001")
ANOTHER: Final = CalendarId("another")  # somebody else's
START: Final = Instant("2027-03-01T09:00:00Z")
END: Final = Instant("2027-03-01T10:00:00Z")
NOW_NS = 1_795_338_000 * 1_000_000_000  # 2026-11-22T09:00:00Z

_milliseconds = count(NOW_NS // 1_000_000)


def no_bookings(request: Request) -> Bookings:
    """Stands for the bookings of a calendar whose events are on one calendar alone."""
    raise AssertionError(f"an event in {request.calendar_id} is on several calendars")


def new_id() -> HistoryId:
    """Returns an id that is later than every id it has returned before."""
    return ids.derived_id(next(_milliseconds), 7)


def content(
    start: str = START, end: str = END, *, title: str = "Review", transparency: Transparency = "opaque"
) -> Content:
    """Returns the content of an event."""
    return Content(title=title, start=Instant(start), end=Instant(end), transparency=transparency)


def event(
    start: str = START,
    end: str = END,
    *,
    title: str = "Review",
    transparency: Transparency = "opaque",
    event_id: str | None = None,
    history_id: str | None = None,
    version: int = 1,
    kind: ChangeType = "create",
    calendar_id: str = OWNER,
) -> Event:
    """Returns an event at one of its versions."""
    stamp = Stamp(
        type=kind,
        changed_by=calendar_id,
        operation_id=OperationId(new_id()),
        history_id=HistoryId(history_id) if history_id else new_id(),
        version=version,
    )
    event_content = content(start, end, title=title, transparency=transparency)
    return Event(
        id=EventId(event_id or new_id()),
        calendar_id=CalendarId(calendar_id),
        created_at=ids.made_at(stamp.history_id),
        content=event_content,
        stamp=stamp,
        created_by=calendar_id,
    )


def request(
    calendar_id: str = OWNER,
    *,
    now_ns: int = NOW_NS,
    operation_id: str | None = None,
    deadline: Deadline | None = None,
    access: CalendarAccess | None = None,
) -> Request:
    """Returns a request of the user whose default calendar is `calendar_id`; without `deadline` it has 8 s.

    With `access` it is to another calendar than that.
    """
    jitter = partial(random.uniform, 0)  # a delay, not a secret
    return Request(
        access=access or CalendarAccess.to_own(UserId(calendar_id)),
        username="ada",
        session="01998f00-0000-7000-8000-0000000000aa",
        operation_id=OperationId(operation_id or ids.new_id(now_ns)),
        now_ns=now_ns,
        deadline=deadline or Deadline(8.0, time.monotonic, time.sleep, jitter),
    )
