"""The terms of a change, taken from a request."""

from collections.abc import Mapping
from typing import Any

from shared.http.api import precondition
from shared.http.parameters import Exceptions
from shared.http.read_only import read_only_check
from shared.scheduling.events import OnConflict
from shared.scheduling.terms import Terms


def terms_of(
    on_conflict: OnConflict = "reject",
    reason: str | None = None,
    read_only: Mapping[str, Any] | None = None,
    exceptions: Exceptions = "keep",
) -> Terms:
    """Returns the terms of the current request: the precondition in its headers, and the arguments.

    Args:
        on_conflict: Whether the change may collide with other events.
        reason: Why the change is made.
        read_only: The fields in the body that only the API sets, to be compared with the stored event.
        exceptions: What becomes of the exceptions of a series that are on no occurrence any more.
    """
    check = read_only_check(read_only) if read_only else None
    return Terms(precondition(), on_conflict, reason, check, drop_exceptions=exceptions == "drop")
