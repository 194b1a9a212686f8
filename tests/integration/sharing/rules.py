"""Who may do what in a shared calendar: one line for each route about events. A route without a line fails."""

from dataclasses import dataclass
from typing import Final, Literal

from shared.scheduling.roles import Right

# Answers to a request that names an event, which the caller has created ("own") or not ("other").
Whose = Literal["own", "other"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """It is served like the owner's request. `own_only`: and shows only what the caller has created."""

    own_only: bool = False


@dataclass(frozen=True, slots=True)
class NoCalendar:
    """404, the same as for a calendar that does not exist."""


@dataclass(frozen=True, slots=True)
class NoEvent:
    """404, the same as for an event, or an operation, that does not exist."""


@dataclass(frozen=True, slots=True)
class Denied:
    """403, the same for an event that exists and for one that does not: the caller lacks the right `needs`."""

    needs: Right


Answer = Allowed | NoCalendar | NoEvent | Denied


@dataclass(frozen=True, slots=True)
class Line:
    """The answers of a route, by role. `booker_own` is the answer of one that concerns what the booker has created."""

    none: Answer
    free_busy: Answer
    viewer: Answer
    booker: Answer
    booker_own: Answer
    editor: Answer
    owner: Answer


YES, OWN, NONE, GONE = Allowed(), Allowed(own_only=True), NoCalendar(), NoEvent()

#                none  free_busy        viewer           booker           booker_own       editor  owner
BUSY: Final = Line(NONE, YES, YES, YES, YES, YES, YES)
LIST: Final = Line(NONE, Denied("read"), YES, OWN, OWN, YES, YES)
READ: Final = Line(NONE, Denied("read"), YES, GONE, YES, YES, YES)
CREATE: Final = Line(NONE, Denied("book"), Denied("book"), YES, YES, YES, YES)
CHANGE: Final = Line(NONE, Denied("book"), Denied("book"), GONE, YES, YES, YES)
# Also each request that allows conflicts, whatever its route is.
WRITE: Final = Line(NONE, Denied("write"), Denied("write"), Denied("write"), Denied("write"), YES, YES)

PREFIX: Final = "/calendars/{calendar_id}"
RULES: Final[dict[tuple[str, str], Line]] = {
    ("GET", f"{PREFIX}/free-busy"): BUSY,
    ("GET", f"{PREFIX}/events"): LIST,
    ("GET", f"{PREFIX}/events/deleted"): LIST,
    ("GET", f"{PREFIX}/events/{{event_id}}"): READ,
    ("GET", f"{PREFIX}/events/{{event_id}}/occurrences"): READ,
    ("GET", f"{PREFIX}/events/{{event_id}}/history"): READ,
    ("GET", f"{PREFIX}/events/{{event_id}}/history/{{history_id}}"): READ,
    ("GET", f"{PREFIX}/events/{{event_id}}/diff"): READ,
    ("POST", f"{PREFIX}/events"): CREATE,
    ("PUT", f"{PREFIX}/events/{{event_id}}"): CHANGE,
    ("PATCH", f"{PREFIX}/events/{{event_id}}"): CHANGE,
    ("DELETE", f"{PREFIX}/events/{{event_id}}"): CHANGE,
    # And the right to book the calendar to which it is moved.
    ("POST", f"{PREFIX}/events/{{event_id}}/move"): CHANGE,
    ("POST", f"{PREFIX}/events/{{event_id}}/rollback"): CHANGE,
    ("POST", f"{PREFIX}/operations/{{operation_id}}/undo"): CHANGE,
    ("POST", f"{PREFIX}/events/bulk"): WRITE,
}
# How the paths begin of the routes about what is in a calendar.
CONCERNED: Final = (f"{PREFIX}/events", f"{PREFIX}/free-busy", f"{PREFIX}/operations")
