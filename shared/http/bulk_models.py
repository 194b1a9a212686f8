"""The body of a bulk request. Each of its events is validated separately."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from shared.errors import FieldError, InvalidRequest
from shared.http.base_models import RequestBody
from shared.http.fields import MAX_BULK, Reason
from shared.http.models import NamedEvent
from shared.scheduling.bulk_items import ALL_FAULTS_REPORTED, Draft, Invalid, OnInvalid

__all__ = ["BulkEvents", "Conflicts", "OnInvalid"]

Conflicts = Literal["ignore", "report"]

FAULTY_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class FaultyEvent:
    """The errors of an invalid event of a bulk request, in the place of the event."""

    errors: tuple[FieldError, ...]


def _or_its_faults(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Returns the valid event, or its errors, so that an invalid event does not prevent validation of the others."""
    try:
        return validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:ALL_FAULTS_REPORTED]
        return FaultyEvent(tuple(FieldError(_path(each["loc"])[:FAULTY_NAME_LENGTH], each["msg"]) for each in found))


def _path(location: tuple[int | str, ...]) -> str:
    """Returns the path of an error within its event; empty for the event itself."""
    return ".".join(map(str, location))


class BulkEvents(RequestBody):
    """Events to create together, with no look at conflicts, and why: one reason for all."""

    events: Annotated[
        list[Annotated[NamedEvent, WrapValidator(_or_its_faults)]],
        Field(description="The events, in any order.", min_length=1, max_length=MAX_BULK),
    ]
    reason: Reason | None = None

    def parts(self) -> list[Draft | Invalid]:
        """Returns the events, each as a draft or with its errors."""
        return [_part(index, event) for index, event in enumerate(self.events)]


def _part(index: int, event: NamedEvent | FaultyEvent) -> Draft | Invalid:
    if isinstance(event, FaultyEvent):
        return Invalid(index, event.errors)
    try:
        return Draft(index, event.content(), event.uid)
    except InvalidRequest as fault:
        return Invalid(index, fault.errors)
