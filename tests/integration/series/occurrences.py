"""Requests about one occurrence of a weekly series, for the tests of this package."""

from typing import Any

from tests.harness.gateway import Reply
from tests.harness.payloads import ADA
from tests.integration.series.test_series import made, recurrence, single

__all__ = ["SECOND", "THIRD", "cancel", "change", "made", "path", "recurrence", "single"]

# The recurrence ids of the second and third occurrence: behind the third the clock is put forward.
SECOND, THIRD = "20270322T090000", "20270329T090000"


def path(series: dict[str, Any], recurrence_id: str = SECOND) -> str:
    """Returns the path of an occurrence."""
    return f"/events/{series['id']}_{recurrence_id}"


def change(series: dict[str, Any], fields: dict[str, Any], recurrence_id: str = SECOND, **query: str) -> Reply:
    """Changes an occurrence."""
    return ADA("PATCH", path(series, recurrence_id), fields, **query)


def cancel(series: dict[str, Any], recurrence_id: str = SECOND, **query: str) -> Reply:
    """Cancels an occurrence."""
    return ADA("DELETE", path(series, recurrence_id), **query)
