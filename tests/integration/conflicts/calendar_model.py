"""A calendar as plain Python: a list that is scanned in full. What the real one answers is compared with this."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from shared.ids import EventId, HistoryId
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, seconds_between, shifted
from tests.integration.conflicts import series_edits
from tests.integration.conflicts.calendar_operations import NO_EVENT, Answer, Operation, shown
from tests.integration.conflicts.contended_calendar import DELETED_SECONDS
from tests.integration.conflicts.series_edits import NotTaken
from tests.integration.conflicts.series_model import (
    Shown,
    checked_until,
    extent,
    first_meeting,
    newly_taken,
    occurring,
    overlapping,
    taking_place,
    taking_time,
)

HORIZON_SECONDS: Final = 31 * 24 * 3600
# So many occurrences of one series a refusal names.
NAMED: Final = 21

# What is written, as it was given: the model cannot foretell ids.
Given = Sequence[Event]


@dataclass(frozen=True)
class Known:
    """What the model knows of an event."""

    id: EventId
    content: Content
    version: int
    history_id: HistoryId
    expires_at: int | None = None
    checked_until: Instant | None = None
    split_from: EventId | None = None

    @classmethod
    def of(cls, event: Event) -> "Known":
        """What an event says of itself."""
        facts = event.stamp.version, event.history_id, event.expires_at, event.checked_until, event.split_from
        return cls(event.id, event.content, *facts)

    @property
    def deleted(self) -> bool:
        return self.expires_at is not None


@dataclass
class Model:
    """The calendar, at `now` in seconds since 1970."""

    now: int
    events: dict[EventId, Known] = field(default_factory=dict)

    def copy(self) -> "Model":
        """A model to try something on."""
        return Model(self.now, {**self.events})

    def live(self, start: Instant, end: Instant) -> list[Shown]:
        """What overlaps `[start, end)`, occurrences one by one, by start and id."""
        found = [
            each.of(known.id)
            for known in self.events.values()
            if not known.deleted
            for each in taking_place(known.content)
            if _overlaps(each.content.start, each.content.end, start, end)
        ]
        return sorted(found, key=lambda each: (each.content.start, each.id))

    def whole(self, start: Instant, end: Instant) -> list[EventId]:
        """The events, and the series as such, that are there between their first and their last in `[start, end)`."""
        found = [
            (each.content.start, each.id)
            for each in self.events.values()
            if not each.deleted and _overlaps(*extent(each.content), start, end)
        ]
        return [event_id for _, event_id in sorted(found)]

    def busy(self, start: Instant, end: Instant, but: Sequence[EventId] = ()) -> list[Shown]:
        """What of it takes time, but for what has one of these ids."""
        return [
            each
            for each in self.live(start, end)
            if each.content.transparency == "opaque" and not {each.id, each.event_id} & {*but}
        ]

    def next_free(self, start: Instant, end: Instant, but: EventId) -> Instant | None:
        """The first later start for the same length: it can only be where something ends."""
        length = seconds_between(start, end)
        last = shifted(end, HORIZON_SECONDS)
        taken = [(each.content.start, each.content.end) for each in self.busy(start, last, [but])]
        for candidate in sorted({ends for _, ends in taken}):
            finish = shifted(candidate, length)
            if finish <= last and not any(begins < finish and candidate < ends for begins, ends in taken):
                return candidate
        return None

    def free_busy(self, start: Instant, end: Instant) -> Iterator[tuple[Instant, Instant]]:
        """When something takes time, merged and cut to `[start, end)`."""
        at: tuple[Instant, Instant] | None = None
        for each in self.busy(start, end):
            begins, ends = max(start, each.content.start), min(end, each.content.end)
            if at is not None and begins <= at[1]:
                at = (at[0], max(at[1], ends))
                continue
            if at is not None:
                yield at
            at = (begins, ends)
        if at is not None:
            yield at

    def do(self, operation: Operation, given: Given) -> Answer:
        """What ought to be answered. The ids of what is written, which nobody can foretell, are those of `given`."""
        if operation.kind == "create" and operation.content:
            return self._write(None, operation.content, operation, given)
        known = self.events.get(operation.event_id)
        if known is None or not self._is_there(known, operation):
            return ("missing",)
        if operation.if_match not in {None, known.history_id}:
            return ("stale", known.history_id)
        try:
            return self._change(known, operation, given)
        except NotTaken:
            return ("invalid",)

    def _is_there(self, known: Known, operation: Operation) -> bool:
        if operation.kind == "roll back":
            return known.expires_at is None or known.expires_at > self.now
        return not known.deleted and (not operation.occurrence or self._has(known.content, operation))

    @staticmethod
    def _has(content: Content, operation: Operation) -> bool:
        """Whether there is the occurrence that the operation names: a cancelled one counts if it may come back."""
        if content.recurrence is None:
            return False
        target, cancelled = operation.back_to, "cancelled" in operation.fields
        if target is not None:
            cancelled = True
            if operation.occurrence not in {each.id for each in occurring(target.content)}:
                return False
        found = occurring(content) if cancelled else taking_place(content)
        return operation.occurrence in {each.id for each in found}

    def _change(self, known: Known, operation: Operation, given: Given) -> Answer:
        content, at, fields = known.content, operation.occurrence, operation.fields
        match operation.kind:
            case "delete":
                return self._delete(known, given)
            case "roll back" if operation.back_to:
                after = operation.back_to.content
            case "replace" if operation.content:
                after = series_edits.carried(operation.content, content, drop=operation.drop)
            case "patch":
                after = series_edits.carried(series_edits.changed(content, fields), content, drop=operation.drop)
            case "patch one":
                return self._write(known, series_edits.with_occurrence(content, at, fields), operation, given, at)
            case "cancel one":
                after = series_edits.with_occurrence(content, at, {"cancelled": True})
                return self._write(known, after, operation, given, at)
            case "roll back one" if operation.back_to:
                was = series_edits.as_it_was(operation.back_to.content, at)
                after = series_edits.with_occurrence(content, at, was)
            case "patch all":
                after = series_edits.following(content, at, fields, drop=operation.drop)
            case "patch following":
                return self._split(known, operation, given)
            case "end":
                head = series_edits.ended(content, at)
                if head is None:
                    return self._delete(known, given)
                after = head
            case _:
                raise AssertionError(operation)
        return self._write(known, after, operation, given)

    def _delete(self, known: Known, given: Given) -> Answer:
        after = replace(self._after(known, known.content, given), expires_at=self.now + DELETED_SECONDS)
        self.events[known.id] = after
        return self._done(after)

    def _split(self, known: Known, operation: Operation, given: Given) -> Answer:
        """The series from an occurrence on becomes one of its own, which is changed."""
        at = operation.occurrence
        parts = series_edits.split(known.content, at)
        head, part = parts or (None, known.content)
        content = series_edits.following(part, at, operation.fields, drop=operation.drop)
        if content == part:
            return self._done(known, at)
        if head is None:
            return self._write(known, content, operation, given)
        both = sorted((*taking_time(head), *taking_time(content)), key=lambda each: each.content.start)
        if overlapping(both):
            return ("invalid",)
        tail = self._after(None, content, given)
        tail = replace(tail, checked_until=known.checked_until, split_from=known.id)
        refusal, tail = self._checked(tail, part, operation, leaving=known.id)
        if refusal is not None:
            return refusal
        self.events[known.id] = self._after(known, head, given)
        self.events[tail.id] = tail
        return self._done(tail)

    def _write(
        self, known: Known | None, content: Content, operation: Operation, given: Given, occurrence: str = ""
    ) -> Answer:
        """An event gets another content. What is answered is the event, or one occurrence of it."""
        if known is not None and not known.deleted and known.content == content:
            return self._done(known, occurrence)
        before = known.content if known is not None and not known.deleted else None
        refusal, after = self._checked(self._after(known, content, given), before, operation)
        if refusal is not None:
            return refusal
        self.events[after.id] = after
        return self._done(after, occurrence)

    def _checked(
        self, after: Known, before: Content | None, operation: Operation, leaving: EventId = NO_EVENT
    ) -> tuple[Answer | None, Known]:
        """Why an event is refused, if it is, and the event with what it then says of that check.

        It takes the time of the content `before`; the event `leaving` gives its own up for it.
        """
        taken = newly_taken(after.id, before, after.content)
        if taken is None:
            return None, after
        if operation.allow:
            return None, replace(after, checked_until=None)
        others = [each for each in self.events.values() if not each.deleted and each.id not in (after.id, leaving)]
        colliding = [each for other in others for each in _in_the_way(other, taken.content)]
        if colliding:
            free = None
            if taken.content.recurrence is None:
                free = self.next_free(taken.content.start, taken.content.end, taken.id)
            named = [(each.content.start, each.content.end, each.id, each.content.title) for each in colliding]
            return ("conflict", shown(named), free), after
        if taken.id != after.id:
            return None, after
        return None, replace(after, checked_until=checked_until(after.content, [each.content for each in others]))

    def _after(self, known: Known | None, content: Content, given: Given) -> Known:
        if known is None:
            made = next((each for each in given if each.id not in self.events), None)
            return Known(made.id if made else NO_EVENT, content, 1, made.history_id if made else HistoryId(""))
        history_id = next((each.history_id for each in given if each.id == known.id), HistoryId(""))
        return replace(known, content=content, version=known.version + 1, history_id=history_id, expires_at=None)

    @staticmethod
    def _done(known: Known, occurrence: str = "") -> Answer:
        shown = Shown(known.id, known.id, known.content)
        if occurrence:
            shown = series_edits.named(known.content, occurrence).of(known.id)
        return ("done", shown.id, known.version, known.deleted, shown.content, shown.facts)


def _overlaps(begins: Instant, ends: Instant, start: Instant, end: Instant) -> bool:
    # One of no length lies where it begins.
    return begins < end and (start < ends or start <= begins)


def _in_the_way(other: Known, content: Content) -> list[Shown]:
    """What of another event takes time that `content` takes: of a series the first, if that is one as well."""
    if content.recurrence is not None:
        met = first_meeting(content, other.content)
        return [] if met is None else [met.of(other.id)]
    taking = (each for each in taking_time(other.content) if each.content.start < content.end)
    return [each.of(other.id) for each in taking if content.start < each.content.end][:NAMED]
