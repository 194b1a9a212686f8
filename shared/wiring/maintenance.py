"""Wiring of the functions that record and maintain the history."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared import ids
from shared.history import retention
from shared.history.continuity import ContinuityCheck
from shared.history.recording import Recorder
from shared.history.usage import Counting
from shared.retries import Deadline
from shared.runtime import current
from shared.store import stream
from shared.store.scanner import HistoryScanner
from shared.store.unreadable import UnreadableBucket
from shared.store.usage import DynamoUsageStore
from shared.store.version_erasing import VersionEraser
from shared.store.versions import VersionWriter

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The time limit of one call or chunk in a function whose own time limit is minutes.
CALL_SECONDS = 20.0
MARGIN_MILLISECONDS = 60_000
# A change that is recorded so long after it was made may be of an event whose versions have been erased since. An event
# can be restored for a day at least, so what the stream delivers in its first 23 hours is not.
REPLAYED_MS = 23 * 3600 * 1000


def until_margin(context: "LambdaContext") -> Callable[[], bool]:
    """Returns what says when a function has only a minute left: then it stops and returns where to continue."""
    return lambda: context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS


def deadline(seconds: float = CALL_SECONDS) -> Deadline:
    """Returns a deadline for retries, `seconds` from now."""
    return current().deadline(seconds)


def recorder() -> Recorder:
    """Returns the recorder that turns stream records into versions, and counts what calendars hold."""
    runtime = current()
    table = runtime.settings.history_table
    replayed_below = ids.derived_id(runtime.now_ns() // 1_000_000 - REPLAYED_MS, 0)
    writer = VersionWriter(runtime.clients, table, swept_below(), replayed_below)
    counting = Counting(writer, DynamoUsageStore(runtime.clients, table))
    eraser = VersionEraser(runtime.clients, table)
    return Recorder(stream, counting, eraser, UnreadableBucket(runtime.clients, runtime.settings.unreadable_bucket))


def swept_below() -> str:
    """Returns the current id bound of sweeps: a version has outlived its retention if its successor's id is below."""
    runtime = current()
    return retention.swept_below(runtime.now_ns() // 1_000_000, runtime.settings.history_retention_seconds)


def upkeep() -> HistoryScanner:
    """Returns the scanner of the whole history table."""
    runtime = current()
    return HistoryScanner(runtime.clients, runtime.settings.history_table, runtime.settings.events_table, deadline)


def continuity_check(stop: Callable[[], bool]) -> ContinuityCheck:
    """Returns the check for missing versions, which ends early when `stop` returns True."""
    return ContinuityCheck(upkeep(), current().now_ns() // 1_000_000, stop)


def sweep(stop: Callable[[], bool], token: str | None) -> retention.Sweep:
    """Deletes or erases versions that have outlived their retention, from `token` on.

    Ends early when `stop` returns True.
    """
    settings, now_ms = current().settings, current().now_ns() // 1_000_000
    bounds = retention.Bounds.of(now_ms, settings.history_retention_seconds, settings.deleted_seconds)
    return retention.sweep(upkeep(), bounds, stop, token)
