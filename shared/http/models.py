"""The bodies of requests about events.

The fields of an event's content are those of `ContentDocument`, with the defaults of `Content`: a new field needs no
change here.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationInfo,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.errors import FieldError, InvalidRequest
from shared.http.base_models import RequestBody
from shared.http.content_documents import ContentDocument
from shared.http.fields import AnyOf, CalendarIdField, HistoryIdField, OtherCalendars, Reason, Uid
from shared.http.read_only import READ_ONLY
from shared.http.recurrence_models import READ_ONLY_RECURRENCE, NewRecurrence, RecurrencePatch
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import settled
from shared.scheduling.time_zones import iana_name

Body = TypeVar("Body", bound=RequestBody)

_DEFAULTS: Final = {each.name: each.default for each in fields(Content) if each.name not in READ_ONLY}
# Bulk creation looks for no conflicts, so it takes time on no other calendar.
_ON_SEVERAL: Final = ("calendars",)
_ON_ONE: Final = tuple(name for name in _DEFAULTS if name not in _ON_SEVERAL)


# What a request says of these fields is not what an answer says of them.
_NEW: Final[dict[str, Any]] = {"recurrence": NewRecurrence}
_PATCH: Final[dict[str, Any]] = {"recurrence": RecurrencePatch}


def _validated_at(name: str) -> int:
    """Returns when a field is validated: first what a request must have, and `end` behind what it is checked with."""
    if name == "end":
        return 2
    if name == "transparency":
        return 1
    return 0 if _DEFAULTS[name] is MISSING else 3


def _check_order(end: Instant, info: ValidationInfo) -> Instant:
    # If a patch does not set `transparency`, it depends on the stored event, so the rule is checked later.
    start, opaque = info.data.get("start"), info.data.get("transparency") == "opaque"
    fault = Interval(start, end).fault(opaque=opaque) if start and end else None
    if fault is not None:
        raise PydanticCustomError("interval", "{fault}", {"fault": fault})
    return end


def with_content(*names: str, partial: bool = False) -> Callable[[type[Body]], type[Body]]:
    """Returns a decorator that adds the fields `names` of an event's content to a model.

    With `partial`, each field may be left out, and null stands for the default of a field that has one; of an
    occurrence, for what the series has.
    """

    def given(model: type[Body]) -> type[Body]:
        definitions: dict[str, Any] = {}
        for name in sorted(names, key=_validated_at):
            default = _DEFAULTS[name]
            kind: Any = (_PATCH if partial else _NEW).get(name) or ContentDocument.__annotations__[name]
            if not partial and default is None:
                kind = kind | None
            if partial:
                definitions[name] = (kind | None, None)
            else:
                definitions[name] = (kind, ... if default is MISSING else default)
        if "end" in definitions:
            kind, default = definitions["end"]
            definitions["end"] = (Annotated[kind, AfterValidator(_check_order)], default)
        made: type[Body] = create_model(
            model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **definitions
        )
        return made

    return given


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    """Returns content fields to store: with the zone's IANA name, and the name that the client used."""
    name = values.get("time_zone")
    if name is None:
        return values
    zone = iana_name(name) or name
    return {**values, "time_zone": zone, "time_zone_given": None if zone == name else name}


@with_content(*_ON_ONE)
class NewEvent(RequestBody):
    """An event as its client describes it, on one calendar."""

    def content(self) -> Content:
        """Returns the content of the event. Raises InvalidRequest for a series without a zone."""
        values = _stored({name: getattr(self, name) for name in _DEFAULTS if name in type(self).model_fields})
        recurrence: NewRecurrence | None = values["recurrence"]
        if recurrence is None:
            return Content(**values)
        if "time_zone" not in self.model_fields_set:
            raise InvalidRequest.of("time_zone", "is required for a series: its occurrences are at local times of it")
        return Content(**{**values, "recurrence": recurrence.recurrence()})


@with_content(*_ON_SEVERAL)
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


@with_content(*_DEFAULTS, partial=True)
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
        """Returns the content fields that the patch changes, with defaults in place of null.

        Raises InvalidRequest: a field without a default is null, or one is of occurrences only.
        """
        if self.cancelled is not None:
            raise InvalidRequest.of("cancelled", "is read-only: it is null")  # of what is no occurrence
        return self._named()

    def _named(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in self.model_fields_set if name in _DEFAULTS}
        errors = [
            FieldError(name, "must not be null")
            for name, value in named.items()
            if value is None and _DEFAULTS[name] is MISSING
        ]
        if errors:
            raise InvalidRequest(errors)
        if named.get("recurrence") is not None:
            named["recurrence"] = named["recurrence"].fields()
        return _stored({name: _DEFAULTS[name] if value is None else value for name, value in named.items()})

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
        named = {name: getattr(self, name) for name in self.model_fields_set if name in _DEFAULTS}
        if "cancelled" in self.model_fields_set:
            named["cancelled"] = bool(self.cancelled)
        return _stored(named)


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
