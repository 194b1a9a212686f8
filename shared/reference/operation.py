"""The shape of what operations.py says of a route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.errors import SchedulingError

JSON: Final = "application/json"


@dataclass(frozen=True)
class Answer:
    """An answer that is no error: the name of its schema (several: one of them; none: no body) and its headers."""

    description: str
    schemas: Sequence[str] = ()
    headers: Sequence[str] = ()
    media_type: str = JSON


@dataclass(frozen=True)
class Operation:
    """A route. Errors that follow from its parameters, its headers and its body are not listed here.

    `never` are those that seem to follow, and are part of a good answer instead.
    """

    id: str
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    description: str = ""
    public: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[type[SchedulingError]] = ()
    never: Sequence[type[SchedulingError]] = ()
    example: Mapping[str, Any] | None = None
