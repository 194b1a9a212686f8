"""Processing of stream records: a record becomes a change that a listener stores, or an object in a bucket.

The bucket holds unreadable records. No record is lost: one that is neither stored nor in the bucket is reported as
failed, and the stream delivers it again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Protocol

from shared.errors import StoreFault
from shared.history.changes import Change, Removal, UnreadableRecordError, VersionRef
from shared.retries import Deadline

# Our own objects hold one record of at most two images of 400 KB each; those written by Lambda hold a whole batch
# (6 MB, escaped twice).
TOGETHER: Final = 25
SHOWN: Final = 100

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotKept:
    """The changes that a listener did not store: `late` for lack of time; `refused` permanently, with the reasons."""

    late: frozenset[VersionRef]
    refused: dict[VersionRef, str]


class ChangeListener(Protocol):
    """A receiver of changes, which arrive in no particular order and possibly more than once."""

    def write(self, changes: Iterable[Change], deadline: Deadline) -> NotKept:
        """Stores `changes`. Returns those that were not stored."""


class Eraser(Protocol):
    """The store of versions, whose content can be erased."""

    def erase(self, last: VersionRef, deadline: Deadline) -> int:
        """Erases the content of an event's versions up to `last`. Returns of how many. Raises StoreFault."""


class RecordFormat(Protocol):
    """The format of the stream's records."""

    def change_in(self, record: Record, /) -> Change | Removal | None:
        """Returns the change or removal that `record` reports; None if neither. Raises UnreadableRecordError."""

    def records_in(self, body: bytes, /) -> list[Any]:
        """Returns the records in an object of the bucket. Raises UnreadableRecordError."""

    def sequence_number(self, record: Record, /) -> str:
        """Returns the identifier of `record` in a partial batch response; empty if it has none."""


class UnreadableRecords(Protocol):
    """The bucket of unreadable records, one per object, and of the failed batches that Lambda itself delivers."""

    def keep(self, records: Sequence[Record]) -> list[bool]:
        """Puts each of `records`, unchanged, into an object of its own. Returns for each whether it was stored."""

    def keys(self, after: str) -> tuple[list[str], bool]:
        """Returns a page of object keys after `after`, in order, and whether there are more."""

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Returns the contents of the objects; None for one that no longer exists. Raises AnswerLost."""

    def delete(self, keys: Iterable[str]) -> None:
        """Deletes the objects."""

    def holds_one(self, key: str) -> bool:
        """Returns whether the object holds a single record."""


@dataclass(slots=True)
class RecordResult:
    """The result for a record: stored (or no change), `late` (not stored in time), or unreadable for reason `why`."""

    record: Record
    late: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result for a batch: the sequence numbers to report as failed, and the unreadable records with reasons."""

    failed: Sequence[str]
    unreadable: Sequence[RecordResult]


@dataclass(slots=True)
class Redrive:
    """The result of a redrive. The lists name the first hundred objects; `left` and `failed_objects` count all.

    Objects in `unreadable` are left unchanged; those in `failed` need another redrive. If time ran out, the redrive is
    not `complete`, and a redrive of all objects continues with `token`.
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
    """A processor of stream records that passes the changes they report to a listener.

    When what was left of a deleted event is removed, its versions are erased, after the changes of the same batch.
    """

    def __init__(
        self, records: RecordFormat, listener: ChangeListener, eraser: Eraser, bucket: UnreadableRecords
    ) -> None:
        """Parses records with `records`; unreadable ones are stored in `bucket`."""
        self._format = records
        self._listener = listener
        self._eraser = eraser
        self._bucket = bucket

    def record(self, records: Sequence[Record], deadline: Deadline) -> BatchResult:
        """Passes the changes of a batch to the listener, and stores unreadable records in the bucket.

        A record fails if the listener did not store its change in time, or the bucket did not store the record.
        """
        results = self._process(records, deadline)
        unreadable = [result for result in results if result.why is not None]
        kept = self._bucket.keep([result.record for result in unreadable])
        lost = [result for result, is_kept in zip(unreadable, kept, strict=True) if not is_kept]
        failed = [result for result in results if result.late] + lost
        return BatchResult([self._format.sequence_number(result.record) for result in failed], unreadable)

    def _process(self, records: Iterable[Record], deadline: Deadline) -> list[RecordResult]:
        results: list[RecordResult] = []
        reported: list[Change | Removal | None] = []
        for record in records:
            result, change = RecordResult(record), None
            try:
                change = self._format.change_in(record)
            except UnreadableRecordError as error:
                result.why = str(error)
            results.append(result)
            reported.append(change)
        not_kept = self._listener.write((each for each in reported if isinstance(each, Change)), deadline)
        for result, each in zip(results, reported, strict=True):
            if isinstance(each, Change):
                result.late = each.ref in not_kept.late
                result.why = not_kept.refused.get(each.ref)
            elif each is not None:
                result.late = not self._erased(each, deadline)
        return results

    def _erased(self, removal: Removal, deadline: Deadline) -> bool:
        try:
            self._eraser.erase(removal.ref, deadline)
        except StoreFault:
            return False
        return True

    def redrive(
        self,
        keys: Sequence[str] | None,
        deadline: Callable[[], Deadline],
        stop: Callable[[], bool],
        token: str | None = None,
    ) -> Redrive:
        """Replays objects of the bucket: those of `keys` or, if None, all of them, continuing from `token`.

        An object is deleted once all of its records are stored as versions. Until then it is left unchanged, and no new
        object is added for its records. The redrive ends early when `stop` returns True.
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
                done.gone += 1  # a duplicate notification of the object, or a concurrent manual redrive
                continue
            try:
                batches[key] = self._format.records_in(body)
            except UnreadableRecordError as error:
                _leave(done, key, str(error))
        results = iter(self._process((record for records in batches.values() for record in records), deadline))
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
        """Yields our own objects in groups, and those of Lambda one by one, to bound the memory in use."""
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
