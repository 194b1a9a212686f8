"""Free and busy time: merged busy intervals, and the next gap that is long enough."""

from collections.abc import Iterable
from typing import Final

from shared.errors import InvalidRequest
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, seconds_between, shifted
from shared.scheduling.spans import overlap_ranges
from shared.scheduling.windows import Window, WindowStore, merge

Interval = tuple[Instant, Instant]

# A free-busy answer is one document: so its window is bounded.
MAX_FREE_BUSY_SECONDS: Final = 62 * 24 * 3600

# How far after the start asked for a free time is looked for, and how much is read for it: one page a length class.
HORIZON_SECONDS: Final = 31 * 24 * 3600
EVENTS_READ: Final = 200


def free_busy_window(start: Instant | None, end: Instant | None, now: Instant) -> Window:
    """The window that a free-busy request asks for: as of a listing, and at most 62 days. Raises InvalidRequest."""
    window = Window.of(start, end, None, now)
    if seconds_between(window.start, window.end) > MAX_FREE_BUSY_SECONDS:
        raise InvalidRequest.of("to", "must be at most 62 days after from")
    return window


def busy_intervals(events: Iterable[Event], start: Instant, end: Instant) -> list[Interval]:
    """When `events` take time within `[start, end)`: in order, and merged where they overlap or touch."""
    merged: list[Interval] = []
    for event in sorted(events, key=lambda each: each.content.start):
        begins, ends = max(start, event.content.start), min(end, event.content.end)
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged


def next_free(store: WindowStore, owner: str, event_id: str, start: Instant, end: Instant) -> Instant | None:
    """The earliest start after `start` at which `[start, end)` would collide with nothing but event `event_id`.

    Looks up to 31 days ahead and reads one page a length class, side by side. None if nothing is free that far, or if
    those pages do not tell.
    """
    length = seconds_between(start, end)
    horizon = shifted(end, HORIZON_SECONDS)
    pages = store.read_ranges(owner, overlap_ranges(start, horizon), start, EVENTS_READ)
    events, read_up_to = merge(pages, EVENTS_READ)
    # Whatever overlaps an interval starts before its end: so all is known of intervals that end by then.
    known = min(horizon, read_up_to[0]) if read_up_to is not None else horizon
    taken = [event for event in events if event.content.opaque and event.id != event_id]
    candidate = start
    for busy_start, busy_end in busy_intervals(taken, start, known):
        if shifted(candidate, length) <= busy_start:
            break
        candidate = max(candidate, busy_end)
    # Times are held within the year 9999: an interval cut short there is not what was asked for.
    finish = shifted(candidate, length)
    fits = finish <= known and seconds_between(candidate, finish) == length
    return candidate if fits and candidate > start else None
