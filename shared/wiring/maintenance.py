"""What the functions that fill and keep the history need, put together from the runtime."""

from collections.abc import Callable

from shared.history import retention
from shared.history.continuity import ContinuityCheck
from shared.history.recording import Recorder
from shared.retries import Deadline
from shared.runtime import current
from shared.store import stream
from shared.store.scanner import HistoryScanner
from shared.store.unreadable import UnreadableBucket
from shared.store.versions import VersionWriter

# What one call or chunk of a function that has minutes may take.
CALL_SECONDS = 20.0


def deadline(seconds: float = CALL_SECONDS) -> Deadline:
    """Retries for at most `seconds`."""
    return current().deadline(seconds)


def recorder() -> Recorder:
    """What makes versions of stream records."""
    runtime = current()
    writer = VersionWriter(runtime.clients, runtime.settings.history_table, swept_below())
    return Recorder(stream, writer, UnreadableBucket(runtime.clients, runtime.settings.unreadable_bucket))


def swept_below() -> str:
    """The id that a version's successor has to lie below for the version to have outlived its retention now."""
    runtime = current()
    return retention.swept_below(runtime.now_ns() // 1_000_000, runtime.settings.history_retention_seconds)


def upkeep() -> HistoryScanner:
    """The history table as a whole."""
    runtime = current()
    return HistoryScanner(runtime.clients, runtime.settings.history_table, runtime.settings.events_table, deadline)


def continuity_check(stop: Callable[[], bool]) -> ContinuityCheck:
    """What looks for missing versions, until `stop` says so."""
    return ContinuityCheck(upkeep(), current().now_ns() // 1_000_000, stop)


def sweep(stop: Callable[[], bool], token: str | None) -> retention.Sweep:
    """Delete the versions that have outlived their retention, until `stop` says so."""
    return retention.sweep(upkeep(), swept_below(), stop, token)
