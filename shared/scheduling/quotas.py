"""Quotas: how many events and series, and how much text, a calendar may hold, and how often a user may create in bulk.

What a calendar holds is counted behind the writes, by the function that records versions (`shared.history.usage`). So
the usage lags as the history does, and a quota is approximate: it can be exceeded by what is written within that lag
and by the requests in progress, at most `EVENTS_PER_SECOND` events a second, which is what the database accepts.

A quota costs no call where a request reads something anyway: the usage is then one more key of that read. Other
requests use the latest reading of their process, for as long as the calendar cannot have used up more than half of
what the reading left; only then do they read the usage, before they write.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from shared.errors import QuotaExceeded, QuotaName
from shared.ids import CalendarId
from shared.request import Request
from shared.scheduling.events import Content, Event

# A calendar is one partition: 1,000 write units a second, of 1 KB each, half of them for the index.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
EVENTS_PER_SECOND: Final = 500
BYTES_PER_SECOND: Final = EVENTS_PER_SECOND * 1024
# How much of each quota others may use up in a second.
PER_SECOND: Final[Mapping[QuotaName, int]] = {
    "events": EVENTS_PER_SECOND,
    "text_bytes": BYTES_PER_SECOND,
    "series": EVENTS_PER_SECOND,
}
READING_SECONDS: Final = 60
READINGS_KEPT: Final = 1000
# Without a reading, an update that cannot add more text than this to its event is not checked.
SMALL_TEXT_BYTES: Final = 1024
# The fields whose text is counted, of events and of occurrences that differ from their series.
TEXTS: Final = ("title", "description", "location")


@dataclass(frozen=True, slots=True)
class Usage:
    """A number of live events, the bytes (UTF-8) of their titles, descriptions, locations and uids, and of series.

    Each is also a quota. Events with a recurrence are series, also if it is one that is not taken.
    """

    events: int = 0
    text_bytes: int = 0
    series: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.events + other.events, self.text_bytes + other.text_bytes, self.series + other.series)

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(self.events - other.events, self.text_bytes - other.text_bytes, self.series - other.series)

    def __bool__(self) -> bool:
        return bool(self.events or self.text_bytes or self.series)


NOTHING: Final = Usage()


@dataclass(frozen=True, slots=True)
class Limits:
    """The quotas of a deployment; 0 is no limit. `bulk_per_minute` counts the requests of a user."""

    events: int = 0
    text_bytes: int = 0
    series: int = 0
    bulk_per_minute: int = 0

    @property
    def stored(self) -> bool:
        """Returns whether what a calendar holds is limited."""
        return bool(self.events or self.text_bytes or self.series)


def bytes_of(value: str | None) -> int:
    """Returns the length of a text in UTF-8; 0 for None. A lone surrogate, as a script may have written, counts 3."""
    if not value:
        return 0
    return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))


def size_of(event: Event | None) -> Usage:
    """Returns what `event` adds to its calendar's usage: nothing if there is none, or if it is deleted."""
    if event is None or event.deleted:
        return NOTHING
    return size_of_new(event.content, event.uid)


def size_of_new(content: Content, uid: str | None) -> Usage:
    """Returns what a new event of `content` and `uid` adds to its calendar's usage: also what its occurrences say."""
    size = sum(bytes_of(getattr(content, name)) for name in TEXTS) + bytes_of(uid)
    for override in content.recurrence.changed if content.recurrence is not None else ():
        size += sum(bytes_of(value) for name, value in override.fields if name in TEXTS)
    return Usage(1, size, int(content.recurrence is not None))


class Readings:
    """The latest readings of the usage of calendars in this process, each with its time in milliseconds since 1970."""

    def __init__(self) -> None:
        self._kept: dict[CalendarId, tuple[Usage, int]] = {}
        self._lock = Lock()

    def keep(self, calendar_id: CalendarId, usage: Usage, now_ms: int) -> None:
        """Keeps a reading made at `now_ms`, in place of an earlier one of the calendar."""
        with self._lock:
            self._kept.pop(calendar_id, None)
            self._kept[calendar_id] = usage, now_ms
            if len(self._kept) > READINGS_KEPT:
                del self._kept[next(iter(self._kept))]

    def latest(self, calendar_id: CalendarId) -> tuple[Usage, int] | None:
        """Returns the latest reading of the calendar and its time; None if there is none."""
        return self._kept.get(calendar_id)


class Quotas:
    """The quotas of the calendar of a request."""

    def __init__(
        self, limits: Limits, request: Request, readings: Readings, read: Callable[[CalendarId], Usage]
    ) -> None:
        """Checks changes by `request` against `limits`; `read` reads the usage of a calendar, with one call."""
        self._limits = limits
        self._calendar_id = request.calendar_id
        self._now_ms = request.now_ms
        self._readings = readings
        self._read = read

    @property
    def bulk_per_minute(self) -> int:
        """Returns how many bulk requests a user may make in a minute; 0: any number."""
        return self._limits.bulk_per_minute

    def check(self, growth: Usage, reading: Usage | None = None) -> None:
        """Raises QuotaExceeded if the calendar has no room for `growth`. What does not grow always has.

        Args:
            growth: What the change adds.
            reading: The usage, if the request has just read it; it is used by later requests of this process as well.

        Raises:
            QuotaExceeded.
            Throttled, AnswerLost: The usage had to be read, and could not be.
        """
        if reading is None:
            if self.ample(growth):
                return
            reading = self._read(self._calendar_id)
        # A count may have drifted below 0.
        reading = Usage(max(0, reading.events), max(0, reading.text_bytes), max(0, reading.series))
        self._readings.keep(self._calendar_id, reading, self._now_ms)
        for name in self._limiting(growth):
            limit, used = getattr(self._limits, name), getattr(reading, name)
            if getattr(growth, name) > limit - used:
                raise QuotaExceeded(name, limit, used)

    def ample(self, growth: Usage) -> bool:
        """Returns whether `growth` certainly has room, as far as this process knows without a call."""
        limiting = self._limiting(growth)
        if not limiting:
            return True
        latest = self._readings.latest(self._calendar_id)
        if latest is None:
            return False
        usage, read_ms = latest
        age = (self._now_ms - read_ms) / 1000
        if not 0 <= age <= READING_SECONDS:
            return False
        # One half of what is left is for others since the reading, the other half for this request.
        return all(
            2 * max(getattr(growth, name), age * PER_SECOND[name]) <= getattr(self._limits, name) - getattr(usage, name)
            for name in limiting
        )

    def _limiting(self, growth: Usage) -> list[QuotaName]:
        """Returns the quotas that there are of what grows."""
        return [name for name in PER_SECOND if getattr(self._limits, name) and getattr(growth, name) > 0]

    def unread(self, fields: Mapping[str, str | None]) -> bool:
        """Returns whether an event may be given `fields` without reading what it and its calendar hold.

        It is if the calendar certainly has room for all of their text, or if that is short and nothing is known.
        """
        growth = Usage(0, sum(bytes_of(fields.get(name)) for name in TEXTS))
        if self.ample(growth):
            return True
        return growth.text_bytes <= SMALL_TEXT_BYTES and self._readings.latest(self._calendar_id) is None
