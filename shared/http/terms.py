"""The terms on which a request wants a change to be made."""

from collections.abc import Mapping
from typing import Any

from shared.http.api import precondition
from shared.http.read_only import read_only_check
from shared.scheduling.events import OnConflict
from shared.scheduling.terms import Terms


def terms_of(
    on_conflict: OnConflict = "reject", reason: str | None = None, read_only: Mapping[str, Any] | None = None
) -> Terms:
    """Returns how the request wants a change to be made: on the condition of its headers, and as it says itself.

    `read_only` are fields of the event that the body holds and only the API sets.
    """
    return Terms(precondition(), on_conflict, reason, read_only_check(read_only) if read_only else None)
