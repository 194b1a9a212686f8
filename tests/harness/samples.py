"""Events for tests to work with."""

from itertools import count

from shared import ids
from shared.scheduling.events import ChangeType, Content, Event, Stamp, Transparency

OWNER = "01998f00-0000-7000-8000-000000000001"
START = "2027-03-01T09:00:00Z"
END = "2027-03-01T10:00:00Z"
NOW_NS = 1_795_338_000 * 1_000_000_000  # 2026-11-22T09:00:00Z

_milliseconds = count(NOW_NS // 1_000_000)


def new_id() -> str:
    """An id later than every one that was made before it."""
    return ids.derived_id(next(_milliseconds), 7)


def content(
    start: str = START, end: str = END, *, title: str = "Review", transparency: Transparency = "opaque"
) -> Content:
    """What an owner says of an event."""
    return Content(title, start, end, transparency=transparency)


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
    """An event at one of its versions."""
    stamp = Stamp(history_id or new_id(), version, kind, calendar_id, operation_id=new_id())
    said = content(start, end, title=title, transparency=transparency)
    return Event(event_id or new_id(), calendar_id, ids.made_at(stamp.history_id), said, stamp)
