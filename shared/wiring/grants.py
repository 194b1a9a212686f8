"""Wiring of the stores that check what a calendar grants, for calendars that are not the caller's own.

Each imports its store late: requests to one's own calendar, most of all, need none of them.
"""

from typing import TYPE_CHECKING

from shared.request import Request
from shared.runtime import current
from shared.wiring.quotas import usage_table

if TYPE_CHECKING:
    from shared.store.access import GrantReader
    from shared.store.shared_bulk import SharedBulkStore
    from shared.store.shared_events import SharedEventStore
    from shared.store.shared_history import SharedHistoryStore


def _grants(request: Request) -> "GrantReader":
    from shared.store.access import GrantReader  # noqa: PLC0415

    runtime = current()
    return GrantReader(runtime.clients, runtime.settings.access_table, request.access, runtime.monotonic)


def shared_events(request: Request) -> "SharedEventStore":
    """Returns the events of the calendar of `request`, as far as it grants them to the caller."""
    from shared.store.shared_events import SharedEventStore  # noqa: PLC0415

    runtime = current()
    return SharedEventStore(runtime.clients, runtime.settings.events_table, usage_table(runtime), _grants(request))


def shared_bulk(request: Request) -> "SharedBulkStore":
    """Returns the same, with the operations of a bulk creation."""
    from shared.store.shared_bulk import SharedBulkStore  # noqa: PLC0415

    runtime = current()
    return SharedBulkStore(runtime.clients, runtime.settings.events_table, usage_table(runtime), _grants(request))


def shared_history(request: Request) -> "SharedHistoryStore":
    """Returns the versions of the events of the calendar of `request`, as far as it grants them to the caller."""
    from shared.store.shared_history import SharedHistoryStore  # noqa: PLC0415

    settings = current().settings
    return SharedHistoryStore(current().clients, settings.history_table, settings.events_table, _grants(request))
