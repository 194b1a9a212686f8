"""Finding a time: when several calendars are busy, and when all of them are free for long enough.

A page covers the time up to which all of the calendars have been read. What unread events could still change is told on
the next one: the cursor carries the busy interval of each calendar that is open there, and where the free time that is
open there begins. So neither an interval nor a free slot is split between pages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Final, Protocol

from shared.errors import InvalidCursor, NotAllowed, NotFound
from shared.ids import CalendarId, EventId
from shared.scheduling.free_time import read_busy
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval, gaps
from shared.scheduling.length_classes import Position
from shared.scheduling.range_reader import LARGEST_PAGE
from shared.scheduling.window_reader import WindowStore
from shared.scheduling.windows import Window, instant_in
from shared.scheduling.working_hours import WorkingHours

MAX_CALENDARS: Final = 20
MAX_SLOTS: Final = 50
DEFAULT_SLOTS: Final = 10

QUERY: Final = "find-time"
# What a cursor says of where its page begins.
PROGRESS_FACTS: Final = ("start", "id", "busy", "free_from", "found")
# In such a cursor: a calendar that could not be seen.
_UNSEEN: Final = "-"
_MAX_ID: Final = 64

CalendarProblem = NotFound | NotAllowed


@dataclass(frozen=True, slots=True)
class SlotRules:
    """Which free times are wanted: the first `most` of at least `seconds`, within `hours` if there are any."""

    seconds: int
    most: int
    hours: WorkingHours | None = None

    def among(self, free: Iterable[Interval]) -> Iterator[Interval]:
        """Yields the parts of the free times `free` that are wanted."""
        parts = chain.from_iterable(self.hours.within(each) for each in free) if self.hours else free
        return (each for each in parts if each.length >= self.seconds)


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: when the calendars are busy in a window, and free slots unless `slots` is None."""

    calendar_ids: tuple[CalendarId, ...]
    window: Interval
    slots: SlotRules | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a page of a search begins.

    Attributes:
        open: The calendars that could be seen on every page before, and the busy interval of each that is told later
            than where it began: unread events may extend it.
        free_from: Where the free time begins that has not been told.
        found: How many free slots the pages before have.
        after: The position up to which all of `open` have been read; None: nothing has been read.
    """

    open: Mapping[CalendarId, Interval | None]
    free_from: Instant
    found: int = 0
    after: Position | None = None

    @classmethod
    def start(cls, search: Search) -> "Progress":
        """Returns where the first page of a search begins."""
        return cls(dict.fromkeys(search.calendar_ids), search.window.start)

    @classmethod
    def of(cls, facts: Mapping[str, str], search: Search) -> "Progress":
        """Returns where the page of a cursor with the PROGRESS_FACTS `facts` begins. Raises InvalidCursor."""
        said = facts["busy"].split(",")
        found, event_id = facts["found"], facts["id"]
        if len(said) != len(search.calendar_ids) or found not in map(str, range(MAX_SLOTS + 1)):
            raise InvalidCursor
        if not event_id.isascii() or len(event_id) > _MAX_ID:
            raise InvalidCursor
        states = zip(search.calendar_ids, said, strict=True)
        return cls(
            {each: _open_in(state, search.window) for each, state in states if state != _UNSEEN},
            instant_in(facts, "free_from"),
            int(found),
            (instant_in(facts, "start"), EventId(event_id)),
        )

    def facts(self, search: Search) -> dict[str, str]:
        """Returns the PROGRESS_FACTS of the cursor of this page."""
        start, event_id = self.after or ("", "")
        busy = ",".join(
            "/".join(self.open[each] or ()) if each in self.open else _UNSEEN for each in search.calendar_ids
        )
        return {"start": start, "id": event_id, "busy": busy, "free_from": self.free_from, "found": str(self.found)}


def _open_in(state: str, window: Interval) -> Interval | None:
    if not state:
        return None
    start, _, end = state.partition("/")
    times = {"start": start, "end": end}
    interval = Interval(instant_in(times, "start"), instant_in(times, "end"))
    if interval.start >= interval.end or not window.contains(interval):
        raise InvalidCursor
    return interval


@dataclass(frozen=True, slots=True)
class TimesFound:
    """A page of a search.

    Attributes:
        busy: The busy intervals of each calendar that the user may see, merged.
        refused: Why the user may not see the others.
        free: The free slots, in order; None if none were asked for, or if a calendar is refused.
        following: Where the next page begins; None on the last one.
    """

    busy: Mapping[CalendarId, Sequence[Interval]]
    refused: Mapping[CalendarId, CalendarProblem]
    free: Sequence[Interval] | None
    following: Progress | None


class SearchGrants(Protocol):
    """What the calendars of a search grant the user."""

    def refusals(self) -> Mapping[CalendarId, CalendarProblem]:
        """Returns why calendars may not be seen, for those that may not, as it was at most a second ago."""


class TimeFinder:
    """Searches calendars: first the rights, then what may be seen."""

    def __init__(
        self,
        store: WindowStore,
        grants_of: Callable[[Sequence[CalendarId]], SearchGrants],
        side_by_side: Callable[..., Iterable[tuple[list[Interval], Position | None]]],
    ) -> None:
        """Reads `store`, several calendars at once by `side_by_side`, a concurrent `map`."""
        self._store = store
        self._grants_of = grants_of
        self._side_by_side = side_by_side

    def find(self, search: Search, progress: Progress) -> TimesFound:
        """Returns the page of `search` that begins at `progress`.

        All calendars together are read like one: no round reads more events of a class than a listing's. A calendar
        that could not be seen on a page before is not seen on this one: what it holds from before is not known.

        Raises:
            Throttled, AnswerLost.
        """
        grants = self._grants_of(search.calendar_ids)
        refused = dict(grants.refusals())
        refused.update({each: NotFound("calendar") for each in search.calendar_ids if each not in progress.open})
        seen = [each for each in search.calendar_ids if each not in refused]
        window = Window(search.window, progress.after)
        largest = LARGEST_PAGE // max(1, len(seen))

        def read(calendar_id: CalendarId) -> tuple[list[Interval], Position | None]:
            return read_busy(self._store, calendar_id, window, progress.open[calendar_id], largest)

        found = dict(zip(seen, self._side_by_side(read, seen), strict=True))
        # The rights may have ended since. One that began since is of no use: nothing was read by it.
        refused = {**grants.refusals(), **refused}
        read_of = {each: what for each, what in found.items() if each not in refused}
        horizon = min((up_to for _, up_to in read_of.values() if up_to is not None), default=None)
        busy = {each: intervals for each, (intervals, _) in read_of.items()}
        return _page(search, progress, busy, refused, horizon)


def _page(
    search: Search,
    progress: Progress,
    busy: Mapping[CalendarId, Sequence[Interval]],
    refused: Mapping[CalendarId, CalendarProblem],
    horizon: Position | None,
) -> TimesFound:
    """Returns the page of what was read: all of it, or up to the `horizon`."""
    slots = None if refused else search.slots
    everything = chain.from_iterable(busy.values())
    free_in = partial(gaps, list(everything))
    most = slots.most - progress.found if slots else 0
    if horizon is None:
        free = free_in(Interval(progress.free_from, search.window.end))
        return TimesFound(busy, refused, list(islice(slots.among(free), most)) if slots else None, None)
    # All events are known that begin before this, and all unread ones begin then or later.
    known = max(horizon[0], search.window.start)
    told = {each: [one for one in intervals if one.end < known] for each, intervals in busy.items()}
    left_open = {
        each: next((one for one in intervals if one.start <= known <= one.end), None)
        for each, intervals in busy.items()
    }
    times = list(free_in(Interval(progress.free_from, known)))
    free_from = times.pop().start if times and times[-1].end == known else known
    found = list(islice(slots.among(times), most)) if slots else None
    following = Progress(left_open, free_from, progress.found + len(found or ()), horizon)
    return TimesFound(told, refused, found, following)
