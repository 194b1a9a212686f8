"""The body of a search for a time at which several calendars are free."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from shared import cursors
from shared.errors import EmptyWindow, FieldError, InvalidCursor, InvalidRequest, WindowTooLong
from shared.http.base_models import RequestBody
from shared.http.document_types import ID
from shared.http.fields import CalendarIdField, TimeZone, WindowEnd, WindowStart, distinct
from shared.ids import CalendarId
from shared.scheduling.find_time import (
    DEFAULT_SLOTS,
    MAX_CALENDARS,
    MAX_SLOTS,
    PROGRESS_FACTS,
    QUERY,
    Progress,
    Search,
    SlotRules,
)
from shared.scheduling.free_time import MAX_FREE_BUSY_DAYS, MAX_FREE_BUSY_SECONDS
from shared.scheduling.intervals import Interval
from shared.scheduling.time_zones import iana_name
from shared.scheduling.working_hours import WEEKDAYS, Weekday, WorkingHours

MAX_SLOT_MINUTES: Final = 24 * 60
# A cursor repeats what was asked for, of up to 20 calendars.
MAX_CURSOR: Final = 4000
MIDNIGHT: Final = "00:00"


def _in_order(between: list[str]) -> list[str]:
    if between[0] >= between[1]:
        raise PydanticCustomError("between", "must have a start before its end")
    return between


ClockTime = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


class FindTime(RequestBody):
    """Which calendars are asked about, for when, and which free times are wanted.

    With a `cursor` everything else may be left out: it is as on the page before.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "calendars": [ID],
                    "from": "2027-03-01T00:00:00+01:00",
                    "to": "2027-03-06T00:00:00+01:00",
                    "slot_minutes": 60,
                    "between": ["09:00", "17:00"],
                    "days": ["MO", "TU", "WE", "TH", "FR"],
                    "time_zone": "Europe/Berlin",
                }
            ]
        }
    )

    calendars: Annotated[
        list[CalendarIdField] | None,
        Field(
            description="The ids of the calendars, none of them twice.",
            min_length=1,
            max_length=MAX_CALENDARS,
            examples=[[ID]],
        ),
        AfterValidator(lambda ids: ids and distinct(ids)),
    ] = None
    from_: Annotated[
        WindowStart | None,
        Field(alias="from", description="Where the window begins; a fraction of a second is rounded down."),
    ] = None
    to: Annotated[
        WindowEnd | None,
        Field(
            description=f"Where the window ends, at most {MAX_FREE_BUSY_DAYS} days later; a fraction of a second is "
            "rounded up."
        ),
    ] = None
    slot_minutes: Annotated[
        int | None,
        Field(ge=1, le=MAX_SLOT_MINUTES, description="Look for times of at least so many minutes when all are free."),
    ] = None
    slots: Annotated[
        int | None,
        Field(ge=1, le=MAX_SLOTS, description=f"How many free slots to tell at most, on all pages: {DEFAULT_SLOTS}."),
    ] = None
    between: Annotated[
        list[ClockTime] | None,
        Field(
            description="The working hours, by the clock in `time_zone`: a start before its end, which may be `24:00`. "
            "Without them: the whole day.",
            min_length=2,
            max_length=2,
        ),
        AfterValidator(lambda between: between and _in_order(between)),
    ] = None
    days: Annotated[
        list[Weekday] | None,
        Field(
            description="The working days in `time_zone`. Without them: all.", min_length=1, max_length=len(WEEKDAYS)
        ),
        AfterValidator(lambda days: days and distinct(days)),
    ] = None
    time_zone: Annotated[
        TimeZone | None,
        Field(description="The zone of `between` and `days`: an IANA name, or what Windows and other calendars say."),
    ] = None
    cursor: Annotated[str | None, Field(max_length=MAX_CURSOR, description="The `next_cursor` of the page before.")] = (
        None
    )

    def query(self, calendar_id: CalendarId) -> "FindTimeQuery":
        """Returns the page that is asked for. `calendar_id` is the default calendar of the user, who alone may go on.

        Raises:
            InvalidRequest, EmptyWindow, WindowTooLong, InvalidCursor.
        """
        name = cursors.in_calendar(QUERY, calendar_id)
        if self.cursor is None:
            search = self._search()
            return FindTimeQuery(name, self._asked(), search, Progress.start(search))
        facts = cursors.decode(name, self.cursor, ("asked", *PROGRESS_FACTS))
        try:
            asked = FindTime.model_validate_json(facts["asked"])
            search = asked._search()  # noqa: SLF001 its own class
        except (ValidationError, InvalidRequest, EmptyWindow, WindowTooLong):
            raise InvalidCursor from None
        if asked.cursor is not None:
            raise InvalidCursor
        known, repeated = asked._fields(), self._fields()
        if any(known.get(field) != value for field, value in repeated.items()):
            raise InvalidCursor(InvalidCursor.OTHER_QUERY)
        return FindTimeQuery(name, asked._asked(), search, Progress.of(facts, search))  # noqa: SLF001

    def _fields(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"cursor"})

    def _asked(self) -> str:
        return json.dumps(self._fields(), separators=(",", ":"))

    def _search(self) -> Search:
        if self.calendars is None or self.from_ is None or self.to is None:
            missing = {"calendars": self.calendars, "from": self.from_, "to": self.to}
            why = "must be there where there is no cursor"
            raise InvalidRequest([FieldError(name, why) for name, value in missing.items() if value is None])
        window = Interval(self.from_, self.to)
        if window.end <= window.start:
            raise EmptyWindow
        if window.length > MAX_FREE_BUSY_SECONDS:
            raise WindowTooLong(MAX_FREE_BUSY_DAYS)
        return Search(tuple(self.calendars), window, self._slots())

    def _slots(self) -> SlotRules | None:
        of_slots = {"slots": self.slots, "between": self.between, "days": self.days, "time_zone": self.time_zone}
        if self.slot_minutes is None:
            faults = [FieldError(name, "must come with slot_minutes") for name, value in of_slots.items() if value]
            if faults:
                raise InvalidRequest(faults)
            return None
        return SlotRules(self.slot_minutes * 60, self.slots or DEFAULT_SLOTS, self._hours())

    def _hours(self) -> WorkingHours | None:
        if self.between is None and self.days is None:
            if self.time_zone is not None:
                raise InvalidRequest.of("time_zone", "must come with between or days")
            return None
        if self.time_zone is None:
            raise InvalidRequest.of("time_zone", "must be there with between and days")
        start, end = (_seconds(each) for each in self.between or (MIDNIGHT, "24:00"))
        zone = ZoneInfo(iana_name(self.time_zone) or self.time_zone)
        return WorkingHours(zone, start, end, frozenset(self.days or WEEKDAYS))


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


@dataclass(frozen=True, slots=True)
class FindTimeQuery:
    """A page of a search. `asked` is what was asked for, as JSON, and `name` binds the cursors to the user."""

    name: str
    asked: str
    search: Search
    progress: Progress

    def cursor(self, following: Progress | None) -> str | None:
        """Returns the cursor of the page that begins at `following`; None without one."""
        if following is None:
            return None
        return cursors.encode(self.name, {"asked": self.asked, **following.facts(self.search)})
