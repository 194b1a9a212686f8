"""What requests say of the recurrence of an event."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from pydantic import Field

from shared.http.base_models import RequestBody
from shared.http.recurrence_documents import Dates, Excluded, RecurrenceDocument, RuleText
from shared.scheduling.recurrences import Recurrence


def _once(given: Iterable[str]) -> tuple[str, ...]:
    """Returns recurrence ids as they are stored: each once."""
    return tuple(dict.fromkeys(given))


class NewRecurrence(RequestBody):
    """When an event takes place besides its `start`: that makes it a series. Its `time_zone` must be given as well."""

    rule: RuleText
    dates: Dates = Field(default_factory=list)
    excluded: Excluded = Field(default_factory=list)

    def said(self) -> Recurrence:
        """Returns what was said, as it was said, and once."""
        return Recurrence(self.rule, _once(self.dates), _once(self.excluded))


class RecurrencePatch(RequestBody):
    """What of the recurrence changes. A rule makes a single event a series, and null in its place ends that.

    Where a new start or time zone comes without a rule, the end of the rule (UNTIL) follows the time of day.
    """

    rule: Annotated[RuleText | None, Field()] = None
    dates: Dates | None = None
    excluded: Excluded | None = None

    def said(self) -> dict[str, Any]:
        """Returns the fields that change, with defaults in place of null."""
        return {
            name: value if name == "rule" else _once(value or ())
            for name in sorted(self.model_fields_set)
            for value in [getattr(self, name)]
        }


# What an answer says of a recurrence, and a request may send back.
READ_ONLY_RECURRENCE: Final = RecurrenceDocument.__annotations__.keys() - NewRecurrence.model_fields.keys()
