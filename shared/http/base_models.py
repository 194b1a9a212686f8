"""What the models of all requests are built on: their base class, and the check of texts. Knows nothing of events."""

from collections.abc import Callable

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from shared.http.text import line_fault


class RequestBody(BaseModel):
    """A request body: unknown fields are refused, and nothing is converted from another JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def __repr__(self) -> str:
        """The name alone: Powertools formats every handler's arguments for a debug line, and some hold a password."""
        return type(self).__name__

    __str__ = __repr__


def without(fault_of: Callable[[str], str | None]) -> AfterValidator:
    """Take text in which `fault_of` finds nothing."""

    def check(text: str) -> str:
        fault = fault_of(text)
        if fault is not None:
            raise PydanticCustomError("text", "{fault}", {"fault": fault})
        return text

    return AfterValidator(check)


Line = without(line_fault)
