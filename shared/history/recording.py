"""What becomes of stream records: versions, or objects in the bucket of unreadable records. Nothing in between."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from shared.retries import Deadline
from shared.store.codec import Item
from shared.store.stream import Record, UnreadableRecordError, place, records_in, sequence_number, version_item
from shared.store.unreadable import PREFIX, UnreadableBucket
from shared.store.versions import VersionWriter

# Own objects hold one record, of at most 2 images of 400 KB each; one of Lambda's a whole batch (6 MB, twice escaped).
TOGETHER: Final = 25
SHOWN: Final = 100


@dataclass(slots=True)
class RecordResult:
    """What became of a record: written (or no change at all), `late` (not written in time), or unreadable: `why`."""

    record: Record
    late: bool = False
    why: str = ""


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
    """Makes versions of stream records."""

    def __init__(self, writer: VersionWriter, bucket: UnreadableBucket) -> None:
        """Write with `writer`; what cannot be read is kept in `bucket`."""
        self._writer = writer
        self._bucket = bucket

    def record(self, records: Sequence[Record], deadline: Deadline) -> BatchResult:
        """Write the versions of a batch, and keep the records that cannot be read.

        A record fails if the database did not take its version in time, or the bucket did not take it.
        """
        fates = self._write(records, deadline)
        unreadable = [fate for fate in fates if fate.why]
        kept = self._bucket.keep([fate.record for fate in unreadable])
        lost = [fate for fate, there in zip(unreadable, kept, strict=True) if not there]
        failed = [fate for fate in fates if fate.late] + lost
        return BatchResult([sequence_number(fate.record) for fate in failed], unreadable)

    def _write(self, records: Iterable[Record], deadline: Deadline) -> list[RecordResult]:
        fates = []
        items: list[Item | None] = []
        for record in records:
            fate, item = RecordResult(record), None
            try:
                item = version_item(record)
            except UnreadableRecordError as error:
                fate.why = str(error)
            fates.append(fate)
            items.append(item)
        unwritten = self._writer.write((item for item in items if item is not None), deadline)
        for fate, item in zip(fates, items, strict=True):
            if item is not None:
                fate.late = place(item) in unwritten.late
                fate.why = unwritten.refused.get(place(item), "")
        return fates

    def redrive(
        self,
        keys: Sequence[str] | None,
        deadline: Callable[[], Deadline],
        stop: Callable[[], bool],
        token: str | None = None,
    ) -> Redrive:
        """Replay the objects of the bucket: those of `keys`, or all of them, from `token` on.

        An object goes when all of its records are versions; until then it stays as it is, and nothing new is put beside
        it. Ends early when `stop` says so.
        """
        done = Redrive()
        last = token or ""
        for group in _groups(self._all_keys(last) if keys is None else keys):
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
                batches[key] = records_in(body)
            except UnreadableRecordError as error:
                _leave(done, key, str(error))
        fates = iter(self._write((record for records in batches.values() for record in records), deadline))
        replayed = []
        for key, records in batches.items():
            mine = [next(fates) for _ in records]
            why = next((fate.why for fate in mine if fate.why), "")
            if why:
                _leave(done, key, f"{sum(1 for fate in mine if fate.why)} of {len(mine)} record(s): {why}")
            elif any(fate.late for fate in mine):
                done.failed_objects += 1
                done.failed += [key] if len(done.failed) < SHOWN else []
            else:
                replayed.append(key)
        self._bucket.delete(replayed)
        done.replayed += len(replayed)


def _leave(done: Redrive, key: str, why: str) -> None:
    done.left += 1
    if len(done.unreadable) < SHOWN:
        done.unreadable.append({"key": key, "why": why})


def _groups(keys: Iterable[str]) -> Iterator[list[str]]:
    """Own objects in groups, those of Lambda one by one: what is in memory at once stays small."""
    for own, run in groupby(keys, key=lambda key: key.startswith(PREFIX)):
        group: list[str] = []
        for key in run:
            group.append(key)
            if len(group) == (TOGETHER if own else 1):
                yield group
                group = []
        if group:
            yield group
