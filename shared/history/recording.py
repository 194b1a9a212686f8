"""What becomes of stream records: changes that a listener keeps, or objects in the bucket of unreadable records.

Nothing in between is lost: a record that is neither is reported as failed, and delivered again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Protocol

from shared.history.changes import Change, UnreadableRecordError, VersionRef
from shared.retries import Deadline

# Own objects hold one record, of at most 2 images of 400 KB each; one of Lambda's a whole batch (6 MB, twice escaped).
TOGETHER: Final = 25
SHOWN: Final = 100

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotKept:
    """What a listener has not kept: `late` for want of time, and `refused`, with why, for good."""

    late: frozenset[VersionRef]
    refused: dict[VersionRef, str]


class ChangeListener(Protocol):
    """Is told of changes, in no order, and of some more than once."""

    def write(self, changes: Iterable[Change], deadline: Deadline) -> NotKept:
        """Keeps what `changes` say. Returns what is not kept."""


class RecordFormat(Protocol):
    """What the records of the stream look like."""

    def change_in(self, record: Record, /) -> Change | None:
        """Returns the change that `record` reports; None if it is no change. Raises UnreadableRecordError."""

    def records_in(self, body: bytes, /) -> list[Any]:
        """Returns the records in an object of the bucket. Raises UnreadableRecordError."""

    def sequence_number(self, record: Record, /) -> str:
        """Returns what names `record` in a partial batch response; empty if it has none."""


class UnreadableRecords(Protocol):
    """Where unreadable records are kept, one in each object; beside them lies what Lambda itself delivers."""

    def keep(self, records: Sequence[Record]) -> list[bool]:
        """Puts each of `records`, whole, into an object of its own. Returns which are there."""

    def keys(self, after: str) -> tuple[list[str], bool]:
        """Returns the keys of some objects behind `after`, in their order, and whether there are more."""

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Returns what the objects hold; None for one that is gone. Raises AnswerLost."""

    def delete(self, keys: Iterable[str]) -> None:
        """Deletes the objects."""

    def holds_one(self, key: str) -> bool:
        """Returns whether the object holds one record."""


@dataclass(slots=True)
class RecordResult:
    """What became of a record: kept (or no change at all), `late` (not kept in time), or unreadable: `why`."""

    record: Record
    late: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: the sequence numbers to report as failed, and the unreadable ones, with why."""

    failed: Sequence[str]
    unreadable: Sequence[RecordResult]


@dataclass(slots=True)
class Redrive:
    """What a redrive has done. The lists name the first hundred objects; `left` and `failed_objects` count all.

    `unreadable` stays as it is, `failed` waits for another redrive. If the time was up, it is not `complete`, and a
    redrive of all goes on with `token`.
    """

    complete: bool = True
    objects: int = 0
    replayed: int = 0
    gone: int = 0
    left: int = 0
    failed_objects: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    token: str | None = None


class Recorder:
    """Tells a listener of the changes that stream records report."""

    def __init__(self, records: RecordFormat, listener: ChangeListener, bucket: UnreadableRecords) -> None:
        """Reads records as `records` says; what cannot be read is kept in `bucket`."""
        self._format = records
        self._listener = listener
        self._bucket = bucket

    def record(self, records: Sequence[Record], deadline: Deadline) -> BatchResult:
        """Tells of the changes of a batch, and keeps the records that cannot be read.

        A record fails if the listener did not take its change in time, or the bucket did not take the record.
        """
        results = self._tell(records, deadline)
        unreadable = [result for result in results if result.why is not None]
        kept = self._bucket.keep([result.record for result in unreadable])
        lost = [result for result, there in zip(unreadable, kept, strict=True) if not there]
        failed = [result for result in results if result.late] + lost
        return BatchResult([self._format.sequence_number(result.record) for result in failed], unreadable)

    def _tell(self, records: Iterable[Record], deadline: Deadline) -> list[RecordResult]:
        results: list[RecordResult] = []
        changes: list[Change | None] = []
        for record in records:
            result, change = RecordResult(record), None
            try:
                change = self._format.change_in(record)
            except UnreadableRecordError as error:
                result.why = str(error)
            results.append(result)
            changes.append(change)
        not_kept = self._listener.write((change for change in changes if change is not None), deadline)
        for result, change in zip(results, changes, strict=True):
            if change is not None:
                result.late = change.ref in not_kept.late
                result.why = not_kept.refused.get(change.ref)
        return results

    def redrive(
        self,
        keys: Sequence[str] | None,
        deadline: Callable[[], Deadline],
        stop: Callable[[], bool],
        token: str | None = None,
    ) -> Redrive:
        """Replays the objects of the bucket: those of `keys`, or all of them, from `token` on.

        An object goes when all of its records are versions; until then it stays as it is, and nothing new is put beside
        it. Ends early when `stop` says so.
        """
        done = Redrive()
        last = token or ""
        for group in self._groups(self._all_keys(last) if keys is None else keys):
            if stop():
                done.complete = False
                done.token = last if keys is None else None
                return done
            self._redrive_group(group, done, deadline())
            last = group[-1]
        return done

    def _all_keys(self, after: str) -> Iterator[str]:
        more = True
        while more:
            page, more = self._bucket.keys(after)
            yield from page
            after = page[-1] if page else after

    def _redrive_group(self, keys: Sequence[str], done: Redrive, deadline: Deadline) -> None:
        batches: dict[str, list[Record]] = {}
        for key, body in zip(keys, self._bucket.read(keys), strict=True):
            done.objects += 1
            if body is None:
                done.gone += 1  # a second notification of the same object, or a redrive by hand beside this one
                continue
            try:
                batches[key] = self._format.records_in(body)
            except UnreadableRecordError as error:
                _leave(done, key, str(error))
        results = iter(self._tell((record for records in batches.values() for record in records), deadline))
        replayed = []
        for key, records in batches.items():
            mine = [next(results) for _ in records]
            why = next((each.why for each in mine if each.why is not None), None)
            if why is not None:
                _leave(done, key, f"{sum(1 for each in mine if each.why is not None)} of {len(mine)} record(s): {why}")
            elif any(each.late for each in mine):
                done.failed_objects += 1
                done.failed += [key] if len(done.failed) < SHOWN else []
            else:
                replayed.append(key)
        self._bucket.delete(replayed)
        done.replayed += len(replayed)

    def _groups(self, keys: Iterable[str]) -> Iterator[list[str]]:
        """Yields own objects in groups, those of Lambda one by one: what is in memory at once stays small."""
        for own, run in groupby(keys, key=self._bucket.holds_one):
            group: list[str] = []
            for key in run:
                group.append(key)
                if len(group) == (TOGETHER if own else 1):
                    yield group
                    group = []
            if group:
                yield group


def _leave(done: Redrive, key: str, why: str) -> None:
    done.left += 1
    if len(done.unreadable) < SHOWN:
        done.unreadable.append({"key": key, "why": why})
