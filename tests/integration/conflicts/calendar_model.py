"""A calendar as plain Python: a list that is scanned in full. What the real one answers is compared with this."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.ids import EventId, HistoryId
from shared.scheduling.events import Content, Event
from tests.integration.conflicts import content_edits, series_edits
from tests.integration.conflicts.calendar_operations import NO_EVENT, Answer, Operation, shown
from tests.integration.conflicts.contended_calendar import DELETED_SECONDS
from tests.integration.conflicts.known_events import Known, in_the_way, next_free
from tests.integration.conflicts.model_takings import newly_taken
from tests.integration.conflicts.series_edits import NotTaken
from tests.integration.conflicts.series_model import (
    Shown,
    checked_until,
    occurring,
    overlapping,
    taking_place,
    taking_time,
)

# What is written, as it was given: the model cannot foretell ids.
Given = Sequence[Event]


@dataclass
class Model:
    """The calendar, at `now` in seconds since 1970, and what is in the room besides what is booked from here."""

    now: int
    events: dict[EventId, Known] = field(default_factory=dict)
    in_room: dict[EventId, Known] = field(default_factory=dict)

    def copy(self) -> "Model":
        """A model to try something on."""
        return Model(self.now, {**self.events}, {**self.in_room})

    def there(self, *, in_room: bool = False) -> list[Known]:
        """What is there in the calendar, or in the room: what books that, and what is only there."""
        found = [each for each in self.events.values() if not each.deleted]
        return [each for each in found if each.content.calendars] + [*self.in_room.values()] if in_room else found

    def do(self, operation: Operation, given: Given) -> Answer:
        """What ought to be answered. The ids of what is written, which nobody can foretell, are those of `given`."""
        if operation.in_room and operation.content:
            return self._book_room(operation.content, given, allow=operation.allow)
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
                after = content_edits.carried(operation.content, content, drop=operation.drop)
            case "patch":
                drop = operation.drop and bool(fields)
                after = content_edits.carried(content_edits.changed(content, fields), content, drop=drop)
            case "patch one":
                return self._write(known, series_edits.with_occurrence(content, at, fields), operation, given, at)
            case "cancel one":
                after = series_edits.with_occurrence(content, at, {"cancelled": True})
                return self._write(known, after, operation, given, at)
            case "roll back one" if operation.back_to:
                was = series_edits.as_it_was(operation.back_to.content, at)
                after = series_edits.with_occurrence(content, at, was)
            case "patch all":
                after = content_edits.following(content, at, fields, drop=operation.drop)
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
        content = content_edits.following(part, at, operation.fields, drop=operation.drop)
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
        taken, there = newly_taken(after.id, before, after.content), None
        in_room: list[Known] = []
        if after.content.calendars:
            booked = before if before is not None and before.calendars else None
            there, in_room = newly_taken(after.id, booked, after.content), self.there(in_room=True)
        if operation.allow:
            return None, after if taken is None or taken.id != after.id else replace(after, checked_until=None)
        others = self.there()
        wanted = taken or Shown(after.id, after.id, after.content)
        refusal = self._refusal(wanted, [(taken, others), (there, in_room)], leaving)
        if refusal is not None or taken is None or taken.id != after.id:
            return refusal, after
        compared = [each.content for each in others if each.id not in (after.id, leaving)]
        return None, replace(after, checked_until=checked_until(after.content, compared))

    def _book_room(self, content: Content, given: Given, *, allow: bool) -> Answer:
        """What ought to be answered to who creates an event in the room only."""
        made = self._after(None, content, given)
        taken = newly_taken(made.id, None, content)
        if taken is not None and not allow:
            refusal = self._refusal(taken, [(taken, self.there(in_room=True))])
            if refusal is not None:
                return refusal
            others = [each.content for each in self.there(in_room=True)]
            made = replace(made, checked_until=checked_until(content, others))
        self.in_room[made.id] = made
        return self._done(made)

    @staticmethod
    def _refusal(
        wanted: Shown, places: Sequence[tuple[Shown | None, list[Known]]], leaving: EventId = NO_EVENT
    ) -> Answer | None:
        """Why what is wanted is refused, given what of it is newly taken in each place, and what is there."""
        but = wanted.event_id, leaving
        colliding = [
            each
            for taken, others in places
            if taken is not None
            for other in others
            if other.id not in but
            for each in in_the_way(other, taken.content)
        ]
        if not colliding:
            return None
        free = None
        if wanted.content.recurrence is None:
            everywhere = [each for _, others in places for each in others]
            free = next_free(everywhere, wanted.content.start, wanted.content.end, wanted.id)
        named = [(each.content.start, each.content.end, each.id, each.content.title) for each in colliding]
        return ("conflict", shown(named), free)

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
