"""Wiring of the functions that record and maintain the history."""

from collections.abc import Callable
from typing import TYPE_CHECKING

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
from shared.store.versions import VersionWriter

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The time limit of one call or chunk in a function whose own time limit is minutes.
CALL_SECONDS = 20.0
MARGIN_MILLISECONDS = 60_000


def until_margin(context: "LambdaContext") -> Callable[[], bool]:
    """Returns what says when a function has only a minute left: then it stops and returns where to continue."""
    return lambda: context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS


def deadline(seconds: float = CALL_SECONDS) -> Deadline:
    """Returns a deadline for retries, `seconds` from now."""
    return current().deadline(seconds)


def recorder() -> Recorder:
    """Returns the recorder that turns stream records into versions, and counts what calendars hold."""
    runtime = current()
    writer = VersionWriter(runtime.clients, runtime.settings.history_table, swept_below())
    counting = Counting(writer, DynamoUsageStore(runtime.clients, runtime.settings.history_table))
    return Recorder(stream, counting, UnreadableBucket(runtime.clients, runtime.settings.unreadable_bucket))


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
    """Deletes versions that have outlived their retention, from `token` on; ends early when `stop` returns True."""
    return retention.sweep(upkeep(), swept_below(), stop, token)
