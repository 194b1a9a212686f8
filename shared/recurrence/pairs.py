"""Whether two series meet."""

from shared.recurrence.series import Occurrence, Series


def first_meeting(one: Series, other: Series) -> tuple[Occurrence, Occurrence] | None:
    raise NotImplementedError
