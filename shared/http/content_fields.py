"""The fields of an event's content in requests, and what they say together.

They are those of `ContentDocument`, with the defaults of `Content`: a new field needs no change here.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, create_model
from pydantic_core import PydanticCustomError

from shared.errors import FieldError, InvalidRequest
from shared.http.base_models import RequestBody
from shared.http.content_documents import ContentDocument
from shared.http.fields import GivenTimeField
from shared.http.read_only import READ_ONLY
from shared.http.recurrence_models import NewRecurrence, RecurrencePatch
from shared.scheduling.events import Content
from shared.scheduling.instants import NO_OFFSET, GivenTime, Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.time_zones import iana_name
from shared.scheduling.wall_times import instant_at

Body = TypeVar("Body", bound=RequestBody)

TIMES: Final = ("start", "end")
DEFAULTS: Final = {
    **{each.name: each.default for each in fields(Content) if each.name not in READ_ONLY},
    "all_day": False,
    # It depends on whether the event is of whole days.
    "transparency": None,
}
# Bulk creation looks for no conflicts, so it takes time on no other calendar.
ON_SEVERAL: Final = ("calendars",)
ON_ONE: Final = tuple(name for name in DEFAULTS if name not in ON_SEVERAL)
# What a request must have is validated first, behind what tells whether it must, and `end` behind what it is held
# against.
_FIRST: Final = ("title", "all_day", "start", "transparency", "end")


def _validated_at(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _needed(time: GivenTime | None, info: ValidationInfo) -> GivenTime | None:
    """Returns a time, which only an event of whole days may lack."""
    if time is None and info.data.get("all_day") is False:
        raise PydanticCustomError("missing", "Field required")
    return time


def _check_order(end: GivenTime | None, info: ValidationInfo) -> GivenTime | None:
    """Returns an end that is not before the start. Checked here, it is told beside other faults of the request.

    Of local times, and without `transparency`, that is not known yet.
    """
    start, opaque = info.data.get("start"), info.data.get("transparency") == "opaque"
    if start and end and start.instant and end.instant:
        fault = Interval(start.instant, end.instant).fault(opaque=opaque)
        if fault is not None:
            raise PydanticCustomError("interval", "{fault}", {"fault": fault})
    return end


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _definition(name: str, *, partial: bool) -> Any:
    """Returns the type of a field in a request, and what stands for it if it is left out."""
    default = DEFAULTS[name]
    kind: Any = ContentDocument.__annotations__[name]
    if name in TIMES:
        kind = GivenTimeField
    if name == "recurrence":
        # What a request says of it is not what an answer says.
        kind = RecurrencePatch if partial else NewRecurrence
    if name == "end":
        kind = Annotated[kind, AfterValidator(_check_order)]
    if partial:
        return kind | None, None
    if name in TIMES:
        optional = Annotated[kind | None, AfterValidator(_needed)]
        return optional, Field(None, validate_default=True, json_schema_extra=_without_default)
    if name == "transparency":
        return kind, Field(None, json_schema_extra=_without_default)
    return kind if default is not None else kind | None, ... if default is MISSING else default


def with_content(*names: str, partial: bool = False) -> Callable[[type[Body]], type[Body]]:
    """Returns a decorator that adds the fields `names` of an event's content to a model.

    With `partial`, each field may be left out, and null stands for the default of a field that has one; of an
    occurrence, for what the series has.
    """

    def given(model: type[Body]) -> type[Body]:
        definitions: dict[str, Any] = {
            name: _definition(name, partial=partial) for name in sorted(names, key=_validated_at)
        }
        made: type[Body] = create_model(
            model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **definitions
        )
        return made

    return given


def stored(values: dict[str, Any]) -> dict[str, Any]:
    """Returns fields of a request as `wall_times.applied` takes them.

    The zone has its IANA name, and the name that the client used. A time is an instant, and what the client claims that
    the clock shows then. Raises InvalidRequest for a local time without a zone in the same request.
    """
    found = {**values}
    name = values.get("time_zone")
    zone = None
    if name is not None:
        zone = iana_name(name) or name
        found["time_zone"], found["time_zone_given"] = zone, None if zone == name else name
    recurrence: NewRecurrence | RecurrencePatch | None = values.get("recurrence")
    if recurrence is not None:
        found["recurrence"] = recurrence.said()
    errors = []
    for field in TIMES:
        given: GivenTime | None = found.pop(field, None)
        if given is not None:
            try:
                found[field] = given.instant or _instant_in(given.local, zone)
            except ValueError as error:
                errors.append(FieldError(field, str(error)))
            found[f"{field}_local"] = given.claimed
    if errors:
        raise InvalidRequest(errors)
    return found


def _instant_in(local: str, zone: str | None) -> Instant:
    if zone is None:
        raise ValueError(f"{NO_OFFSET}, or time_zone be given with it")
    return instant_at(local, zone)
