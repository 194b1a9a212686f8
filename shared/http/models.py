"""The bodies of requests about events. Their JSON schema is the API's reference."""

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.http.base_models import Request
from shared.http.fields import (
    Description,
    HistoryId,
    Instant,
    Location,
    Reason,
    TimeZone,
    Title,
    Transparency,
    Uid,
)
from shared.http.read_only import READ_ONLY
from shared.scheduling import instants
from shared.scheduling.events import CONTENT_FIELDS, Content
from shared.scheduling.intervals import Interval
from shared.scheduling.time_zones import iana_name


def _zone_fields(name: str) -> dict[str, Any]:
    """What an event holds of the zone that a request calls `name`."""
    zone = iana_name(name) or name
    return {"time_zone": zone, "time_zone_given": None if zone == name else name}


def _check_order(end: instants.Instant, info: ValidationInfo) -> instants.Instant:
    # Of a patch that does not say "opaque" only the stored event tells whether it is: then that is checked later.
    start, opaque = info.data.get("start"), info.data.get("transparency") == "opaque"
    fault = Interval(start, end).fault(opaque=opaque) if start and end else None
    if fault is not None:
        raise PydanticCustomError("interval", "{fault}", {"fault": fault})
    return end


class NewEvent(Request):
    """An event as its owner describes it."""

    title: Title
    start: Instant
    transparency: Transparency = "opaque"
    end: Annotated[Instant, AfterValidator(_check_order)]  # behind what it is checked with
    description: Description = ""
    location: Location = ""
    time_zone: TimeZone = "UTC"

    def content(self) -> Content:
        """The content of the event to be."""
        return Content(
            title=self.title,
            start=self.start,
            end=self.end,
            description=self.description,
            location=self.location,
            transparency=self.transparency,
            **_zone_fields(self.time_zone),
        )


class SentBack(Request):
    """A body that may hold, beside what it changes, fields of the event that only the API sets, as GET has given them.

    They are set aside unread, for the domain to compare with the stored event. An unknown field stays one.
    """

    _read_only: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _set_aside(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        given = {name: data[name] for name in READ_ONLY & data.keys()} if isinstance(data, dict) else {}
        if not given:
            return handler(data)
        made = handler({name: value for name, value in data.items() if name not in given})
        made._read_only = given
        return made

    def read_only(self) -> dict[str, Any]:
        """The fields that were set aside, with the values sent."""
        return self._read_only


class NamedEvent(NewEvent):
    """An event to create. One with a `uid` is created once, however often that is asked for."""

    uid: Uid | None = None


class CreateEvent(NamedEvent):
    """An event to create, and why."""

    reason: Reason | None = None


class ReplaceEvent(NewEvent, SentBack):
    """What an event is to be from now on, and why. What GET gave may be sent back as a whole."""

    reason: Reason | None = None


class EventPatch(SentBack):
    """A JSON merge patch (RFC 7396) of an event: only the fields that change; null puts a field back to its default."""

    title: Title = ""
    start: Instant = instants.Instant("")
    transparency: Transparency | None = None
    end: Annotated[Instant, AfterValidator(_check_order)] = instants.Instant("")
    description: Description | None = None
    location: Location | None = None
    time_zone: TimeZone | None = None
    reason: Reason | None = None

    def fields(self) -> dict[str, Any]:
        """The fields of the event that the patch names, null as the default it stands for."""
        named = {
            name: getattr(self, name) if getattr(self, name) is not None else str(NewEvent.model_fields[name].default)
            for name in self.model_fields_set
            if name in CONTENT_FIELDS
        }
        return {**named, **_zone_fields(named["time_zone"])} if "time_zone" in named else named


class Rollback(Request):
    """Which version to go back to, and why."""

    history_id: Annotated[HistoryId, Field(description="The version to go back to.")]
    reason: Reason | None = None


class Undo(Request):
    """Why an operation is undone."""

    reason: Reason | None = None
