"""The base of all request models: their base class, and validators for text. Independent of events."""

from collections.abc import Callable
from typing import Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from shared.http.text import line_fault


class RequestBody(BaseModel):
    """A request body: unknown fields are refused, and nothing is converted from another JSON type."""

    # Built at the first request: a function has models of several routes, and a cold start serves one.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    def __repr__(self) -> str:
        """Returns the class name alone: Powertools formats arguments of handlers for debug logs, passwords included."""
        return type(self).__name__

    __str__ = __repr__


def without(fault_of: Callable[[str], str | None]) -> AfterValidator:
    """Returns a validator that accepts text for which `fault_of` returns None, and otherwise reports its result."""

    def check(text: str) -> str:
        fault = fault_of(text)
        if fault is not None:
            raise PydanticCustomError("text", "{fault}", {"fault": fault})
        return text

    return AfterValidator(check)


Line = without(line_fault)
# The form of user names.
NAME_FORM: Final = StringConstraints(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
