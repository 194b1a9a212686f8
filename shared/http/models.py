"""The bodies of requests about events."""

from dataclasses import MISSING
from typing import Annotated, Any, Self

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from shared.errors import FieldError, InvalidRequest
from shared.http.base_models import RequestBody
from shared.http.content_fields import DEFAULTS, ON_ONE, ON_SEVERAL, TIMES, stored, with_content
from shared.http.fields import AnyOf, CalendarIdField, HistoryIdField, OtherCalendars, Reason, Uid
from shared.http.read_only import READ_ONLY
from shared.http.recurrence_models import READ_ONLY_RECURRENCE
from shared.scheduling.events import Content
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import ZONE_NEEDED
from shared.scheduling.settled_content import settled
from shared.scheduling.wall_times import applied


@with_content(*ON_ONE)
class NewEvent(RequestBody):
    """An event as its client describes it, on one calendar."""

    def content(self) -> Content:
        """Returns the content of the event. Raises InvalidRequest if its fields do not fit together."""
        if getattr(self, "recurrence", None) is not None and "time_zone" not in self.model_fields_set:
            raise InvalidRequest.of("time_zone", ZONE_NEEDED)
        content = applied(None, self._fields())
        fault = content.interval.fault(opaque=content.opaque)
        if fault is not None:
            raise InvalidRequest.of("end", fault)
        return content

    def _fields(self) -> dict[str, Any]:
        declared = type(self).model_fields  # pydantic looks it up each time, and a bulk has 1,000 events
        values = {name: getattr(self, name) for name in DEFAULTS if name in declared}
        if "time_zone" not in self.model_fields_set:
            del values["time_zone"]
        return stored(values)


@with_content(*ON_SEVERAL)
class BookedEvent(NewEvent):
    """An event that may be on several calendars."""


class SentBack(RequestBody):
    """A body that may contain read-only fields of the event, as returned by GET, in addition to what it changes.

    They are set aside without validation, for the domain to compare with the stored event. Unknown fields are still
    rejected.
    """

    _read_only: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _set_aside(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        read_only = READ_ONLY - cls.model_fields.keys()
        given = {name: data[name] for name in read_only & data.keys()} if isinstance(data, dict) else {}
        recurring = data.get("recurrence") if isinstance(data, dict) else None
        aside: dict[str, Any] = {}
        if isinstance(recurring, dict):
            aside = {name: recurring[name] for name in READ_ONLY_RECURRENCE & recurring.keys()}
        if not given and not aside:
            return handler(data)
        rest = {name: value for name, value in data.items() if name not in given}
        if isinstance(recurring, dict):
            rest["recurrence"] = {name: value for name, value in recurring.items() if name not in aside}
        made = handler(rest)
        made._read_only = given | {f"recurrence.{name}": value for name, value in aside.items()}  # noqa: SLF001 own
        return made

    def read_only(self) -> dict[str, Any]:
        """Returns the read-only fields of the request, with the values sent."""
        return self._read_only


class NamedEvent(NewEvent):
    """An event to create. One with a `uid` is created once, however often that is asked for."""

    uid: Uid | None = None

    def content(self) -> Content:
        """Returns the content of the event. Raises InvalidRequest if it recurs in a way that is not taken."""
        return settled(super().content())


class CreateEvent(BookedEvent, NamedEvent):
    """An event to create, and why. It also takes one of the calendars of `any_of`, one that is free."""

    any_of: Annotated[
        AnyOf | None,
        Field(
            description="Calendars of which it takes one that is free as well: `calendars` then tells which.",
            examples=[None],
        ),
    ] = None
    reason: Reason | None = None


class ReplaceEvent(BookedEvent, SentBack):
    """What an event is to be from now on, and why. What GET gave may be sent back as a whole."""

    reason: Reason | None = None

    def read_only(self) -> dict[str, Any]:
        """Returns the read-only fields of the request, with the values sent.

        Where whole days begin is one of them, unless it is where those of the request do.
        """
        content = self.content()
        times = super()._fields() if content.all_day else {}
        sent = {name: times[name] for name in TIMES if name in times}
        return {**super().read_only(), **{name: at for name, at in sent.items() if at != getattr(content, name)}}

    def _fields(self) -> dict[str, Any]:
        found = super()._fields()
        return {name: each for name, each in found.items() if not (found["all_day"] and name in TIMES)}


@with_content(*DEFAULTS, partial=True)
class ContentPatch(SentBack):
    """Some fields of an event's content."""


class EventPatch(ContentPatch):
    """A JSON merge patch (RFC 7396) of an event: only the fields that change; null puts a field back to its default.

    Of an occurrence, null puts a field back to what the series has.
    """

    cancelled: Annotated[
        bool | None,
        Field(description="Of an occurrence: whether it does not take place. `false` brings it back as it was."),
    ] = None
    reason: Reason | None = None

    def fields(self) -> dict[str, Any]:
        """Returns what the patch changes, as `wall_times.applied` takes it, with defaults in place of null.

        Raises InvalidRequest: a field without a default is null, or one is of occurrences only; it has a local time
        without a zone, or ends before it begins.
        """
        if self.cancelled is not None:
            raise InvalidRequest.of("cancelled", "is read-only: it is null")  # of what is no occurrence
        return self._named()

    def _named(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in DEFAULTS if name in self.model_fields_set}
        errors = [
            FieldError(name, "must not be null")
            for name, value in named.items()
            if value is None and DEFAULTS[name] is MISSING
        ]
        if errors:
            raise InvalidRequest(errors)
        found = stored({name: DEFAULTS[name] if value is None else value for name, value in named.items()})
        if named.get("time_zone", DEFAULTS) is None:
            found["time_zone"] = None  # which of a series is not the default
        if found.keys() >= {*TIMES}:
            # If it does not set `transparency`, that depends on the stored event, so the rule is checked later.
            fault = Interval(found["start"], found["end"]).fault(opaque=found.get("transparency") == "opaque")
            if fault is not None:
                raise InvalidRequest.of("end", fault)
        return found

    def of_series(self) -> dict[str, Any]:
        """Returns the fields that a patch of an occurrence changes of its series, as `fields` does.

        The recurrence of an occurrence is null, which says nothing of its series.

        Raises InvalidRequest: all of them are to be cancelled, or a field without a default is null.
        """
        if self.cancelled:
            raise InvalidRequest.of("cancelled", "must be false or left out: delete what is not to take place")
        return {name: value for name, value in self._named().items() if name != "recurrence" or value is not None}

    def of_occurrence(self) -> dict[str, Any]:
        """Returns the fields that the patch changes of an occurrence; None puts one back to what the series has."""
        named = {name: getattr(self, name) for name in DEFAULTS if name in self.model_fields_set}
        found = stored(named) | {name: None for name in TIMES if name in named and named[name] is None}
        if "cancelled" in self.model_fields_set:
            found["cancelled"] = bool(self.cancelled)
        return found


class RollbackRequest(RequestBody):
    """Which version to go back to, and why."""

    history_id: Annotated[HistoryIdField, Field(description="The version to go back to.")]
    calendars: Annotated[
        OtherCalendars | None,
        Field(
            description="On which other calendars it is then. Without them: on those that it was on at that version."
        ),
    ] = None
    reason: Reason | None = None


class MoveRequest(RequestBody):
    """Which calendar an event is to be moved to, and why."""

    to: Annotated[CalendarIdField, Field(description="The calendar that it is to be in: one that the caller may book.")]
    reason: Reason | None = None


class UndoRequest(RequestBody):
    """Why an operation is undone."""

    reason: Reason | None = None
