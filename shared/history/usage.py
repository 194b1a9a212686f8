"""What calendars hold: counted change by change as versions are recorded, and corrected by the check of all events.

Changes may be delivered twice, or be lost, so the count is approximate. The correction adds the difference between the
sum of a calendar's events and the count as it was just before they were read, so that what is counted meanwhile stays.
It is off by the changes that are made, or are on their way through the stream, while the calendar is read; the next
correction of a calendar at rest is exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Protocol

from shared.history.changes import Change, VersionRef
from shared.history.recording import ChangeListener, NotKept
from shared.ids import CalendarId
from shared.retries import Deadline
from shared.scheduling.quotas import NOTHING, Usage, size_of

if TYPE_CHECKING:
    from concurrent.futures import Future


class UsageCounts(Protocol):
    """The counts of what calendars hold, as changes are added to them."""

    def add(self, growth: Mapping[CalendarId, Usage], deadline: Deadline) -> "Sequence[Future[bool]]":
        """Starts to add to the counts. Each result is whether that is known to be done."""


class CorrectedCounts(Protocol):
    """The same counts, as a check of all events corrects them."""

    def read_to_correct(self, calendar_id: CalendarId) -> tuple[Usage, str]:
        """Returns the count of a calendar, and the id of its latest correction; empty if there was none."""

    def correct(self, calendar_id: CalendarId, growth: Usage, after: str, correction: str) -> bool:
        """Adds to a count and notes the correction, if `after` is still the latest. Returns whether it did."""


def growth_of(changes: Iterable[Change]) -> dict[CalendarId, Usage]:
    """Returns what `changes` add to each calendar. A change that is among them twice counts once."""
    once: dict[VersionRef, Change] = {change.ref: change for change in changes}
    growth: dict[CalendarId, Usage] = {}
    for change in once.values():
        calendar_id = change.event.calendar_id
        growth[calendar_id] = growth.get(calendar_id, NOTHING) + size_of(change.event) - size_of(change.before)
    return {calendar_id: each for calendar_id, each in growth.items() if each}


@dataclass(frozen=True, slots=True)
class Counting:
    """A listener that counts what changes add to their calendars, while `listener` stores them.

    It does not report what it could not count: a redelivery would count the rest of the batch again.
    """

    listener: ChangeListener
    counts: UsageCounts

    def write(self, changes: Iterable[Change], deadline: Deadline) -> NotKept:
        """Counts and stores `changes`. Returns those that `listener` did not store."""
        changes = list(changes)
        counting = self.counts.add(growth_of(changes), deadline)
        not_kept = self.listener.write(changes, deadline)
        for each in counting:
            each.result()
        return not_kept


@dataclass(slots=True)
class Correction:
    """The sum of a calendar's events, as far as a check of all events has read them.

    Attributes:
        calendar_id: The calendar; None before the first one.
        sum: What its events add up to.
        counted: The count before its first event was read.
        after: The id of the latest correction before that.
    """

    calendar_id: CalendarId | None = None
    sum: Usage = NOTHING
    counted: Usage = NOTHING
    after: str = ""

    def facts(self) -> dict[str, str]:
        """Returns the state, to be carried by the token of a check."""
        texts = (self.calendar_id or "", self.after, *map(str, (*astuple(self.sum), *astuple(self.counted))))
        return {f"usage{index}": value for index, value in enumerate(texts)}

    @classmethod
    def of(cls, facts: Mapping[str, str]) -> "Correction":
        """Returns the state in `facts`. Raises ValueError if a number is none."""
        size = len(fields(Usage))
        calendar_id, after, *texts = (facts[f"usage{index}"] for index in range(2 + 2 * size))
        numbers = [*map(int, texts)]
        return cls(
            CalendarId(calendar_id) if calendar_id else None, Usage(*numbers[:size]), Usage(*numbers[size:]), after
        )

    def add(self, sizes: Iterable[tuple[CalendarId, Usage]], counts: CorrectedCounts, correction: str) -> int:
        """Adds the sizes of a page of events, of which those of one calendar follow one another.

        Returns:
            How many calendars, which are now complete, have been corrected, with the id `correction`.
        """
        corrected = 0
        for calendar_id, size in sizes:
            if calendar_id != self.calendar_id:
                corrected += self.finish(counts, correction)
                self.calendar_id, self.sum = calendar_id, NOTHING
                self.counted, self.after = counts.read_to_correct(calendar_id)
            self.sum += size
        return corrected

    def finish(self, counts: CorrectedCounts, correction: str) -> int:
        """Corrects the count of the calendar, all of whose events have been added. Returns 1 if it was wrong."""
        difference = self.sum - self.counted
        if self.calendar_id is None or not difference:
            return 0
        return int(counts.correct(self.calendar_id, difference, self.after, correction))
