"""Wiring of quotas."""

from shared.request import Request
from shared.runtime import Runtime, current
from shared.scheduling.quotas import Limits, Quotas
from shared.store.usage import DynamoUsageStore


def limits(runtime: Runtime) -> Limits:
    """Returns the quotas of the deployment."""
    settings = runtime.settings
    return Limits(
        events=settings.max_events_per_calendar,
        text_bytes=settings.max_text_bytes_per_calendar,
        series=settings.max_series_per_calendar,
        bulk_per_minute=settings.bulk_requests_per_minute,
    )


def usage_table(runtime: Runtime) -> str | None:
    """Returns the table that counts what calendars hold; None if nothing depends on it."""
    return runtime.settings.history_table if limits(runtime).stored else None


def quotas(request: Request) -> Quotas:
    """Returns the quotas of the calendar of `request`."""
    runtime = current()
    usage = DynamoUsageStore(runtime.clients, runtime.settings.history_table)
    return Quotas(limits(runtime), request, runtime.usage_readings, usage.read)
