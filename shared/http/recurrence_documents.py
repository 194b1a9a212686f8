"""The documents of what makes an event a series, and of an occurrence of one."""

from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import RECURRENCE_ID_EXAMPLE, Id, InstantValue
from shared.scheduling.events import Event
from shared.scheduling.instants import LAST
from shared.scheduling.recurrences import MAX_CHANGED, MAX_DATES, MAX_EXCLUDED

RULE_EXAMPLE = "FREQ=WEEKLY;BYDAY=MO"

RecurrenceId = Annotated[
    str,
    Field(
        description="Where the rule has the occurrence: a local time of the series' zone (RECURRENCE-ID of RFC 5545), "
        "of whole days a date.",
        pattern=r"^[0-9]{8}(T[0-9]{6})?$",
        examples=[RECURRENCE_ID_EXAMPLE],
    ),
]
RuleText = Annotated[
    str,
    Field(
        description="A recurrence rule (RRULE of RFC 5545), from `FREQ=DAILY` to `FREQ=YEARLY`; answered in its "
        "canonical form. `start` must be the first one that it has.",
        min_length=1,
        max_length=500,
        examples=[RULE_EXAMPLE],
    ),
]
Dates = Annotated[
    list[RecurrenceId],
    Field(description="Occurrences that the rule does not have (RDATE).", max_length=MAX_DATES, examples=[[]]),
]
Excluded = Annotated[
    list[RecurrenceId],
    Field(
        description="Where there is no occurrence (EXDATE): also of each that was cancelled.",
        max_length=MAX_EXCLUDED,
        examples=[["20270405T090000"]],
    ),
]


class RecurrenceDocument(TypedDict):
    """When a series takes place besides its `start`."""

    rule: RuleText
    dates: Dates
    excluded: Excluded
    changed: Annotated[
        dict[str, dict[str, Any]],
        Field(
            description="The occurrences that differ, by recurrence id: the fields that differ there.",
            max_length=MAX_CHANGED,
            json_schema_extra={"propertyNames": {"pattern": r"^[0-9]{8}(T[0-9]{6})?$"}},
            examples=[{"20270322T090000": {"title": "Design review, with guests"}}],
        ),
    ]
    ends: Annotated[
        InstantValue | None, Field(description="When the last occurrence ends, cancelled or not, in UTC; null: never.")
    ]
    checked_until: Annotated[
        InstantValue | None,
        Field(
            description="Up to when, in UTC, nothing was in its way when its time was last checked: "
            "`9999-12-31T23:59:59Z` if everything was read. null: it was not checked."
        ),
    ]


class OccurrenceFacts(TypedDict):
    """What an occurrence is one of. All of it is null for an event that is not one of a series."""

    series_id: Annotated[Id | None, Field(description="The series that it is an occurrence of.", examples=[None])]
    recurrence_id: Annotated[
        RecurrenceId | None, Field(description="Where the rule has it: the end of its `id`.", examples=[None])
    ]
    original_start: Annotated[
        InstantValue | None, Field(description="When it would begin if it had not been moved, in UTC.", examples=[None])
    ]
    changed_fields: Annotated[
        list[str] | None, Field(description="The fields in which it differs from the series.", examples=[None])
    ]
    cancelled: Annotated[
        bool | None,
        Field(
            description="true only in the answer to the change that cancels it: after that it is 404.", examples=[None]
        ),
    ]


_NO_OCCURRENCE: Final[OccurrenceFacts] = {
    "series_id": None,
    "recurrence_id": None,
    "original_start": None,
    "changed_fields": None,
    "cancelled": None,
}


def occurrence_facts(event: Event) -> OccurrenceFacts:
    """Returns what `event` is an occurrence of."""
    of = event.occurrence
    if of is None:
        return _NO_OCCURRENCE
    return {
        "series_id": of.series_id,
        "recurrence_id": of.recurrence_id,
        "original_start": of.original_start,
        "changed_fields": [*of.changed],
        "cancelled": of.cancelled,
    }


def recurrence_document(event: Event) -> RecurrenceDocument | None:
    """Returns the document of what makes `event` a series; None if it is none."""
    recurrence = event.content.recurrence
    if recurrence is None:
        return None
    ends = event.content.extent.end
    return {
        "rule": recurrence.rule,
        "dates": [*recurrence.dates],
        "excluded": [*recurrence.excluded],
        "changed": {each.id: dict(each.fields) for each in recurrence.changed},
        "ends": None if ends == LAST else ends,
        "checked_until": event.checked_until,
    }
