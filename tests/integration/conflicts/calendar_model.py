"""A calendar as plain Python: a list that is scanned in full. What the real one answers is compared with this."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from shared.errors import EventConflict, InvalidRequest, NotFound, PreconditionFailed
from shared.ids import EventId, HistoryId
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, seconds_between, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition
from shared.scheduling.terms import Terms
from tests.integration.conflicts.contended_calendar import DELETED_SECONDS

Kind = Literal["create", "replace", "patch", "delete", "roll back"]

NO_EVENT: Final = EventId("")

# What came of an operation: a word, and facts that depend on it.
Answer = tuple[Any, ...]

HORIZON_SECONDS = 31 * 24 * 3600


@dataclass(frozen=True)
class Operation:
    """A change that somebody asks for; of event `event_id`, unless it creates one."""

    kind: Kind
    event_id: EventId = NO_EVENT
    content: Content | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    back_to: Event | None = None
    if_match: HistoryId | None = None
    allow: bool = False

    def ask(self, calendar: Calendar) -> tuple[Answer, Event | None]:
        """What the real calendar answers, and the version that it gives."""
        try:
            event = self._call(calendar)
        except EventConflict as conflict:
            named = [(each.id, each.title, each.start, each.end) for each in conflict.collisions]
            return ("conflict", named, conflict.next_free), None
        except NotFound:
            return ("missing",), None
        except PreconditionFailed as failed:
            return ("stale", failed.history_id), None
        except InvalidRequest:
            return ("invalid",), None
        return ("done", event.id, event.stamp.version, event.deleted, event.content), event

    def _call(self, calendar: Calendar) -> Event:
        condition = UNCONDITIONAL if self.if_match is None else Precondition.at(self.if_match)
        terms = Terms(condition, "allow" if self.allow else "reject")
        match self.kind:
            case "create" if self.content:
                return calendar.create(self.content, terms)
            case "replace" if self.content:
                return calendar.replace(self.event_id, self.content, terms)
            case "patch":
                return calendar.patch(self.event_id, self.fields, terms)
            case "delete":
                return calendar.delete(self.event_id, Terms(condition))
            case "roll back" if self.back_to:
                return calendar.roll_back(self.back_to, terms)
        raise AssertionError(self)


def with_clock(content: Content) -> Content:
    """The content with what the clock shows at its start, in UTC."""
    return replace(content, start_local=f"{content.start[:-1]}+00:00")


@dataclass(frozen=True)
class Known:
    """What the model knows of an event."""

    id: EventId
    content: Content
    version: int
    history_id: HistoryId
    expires_at: int | None = None

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

    def live(self, start: Instant, end: Instant) -> list[Known]:
        """What overlaps `[start, end)`, by start and id."""
        found = [
            each
            for each in self.events.values()
            if not each.deleted
            and each.content.start < end
            # One of no length lies where it begins.
            and (start < each.content.end or start <= each.content.start)
        ]
        return sorted(found, key=lambda each: (each.content.start, each.id))

    def busy(self, start: Instant, end: Instant, but: EventId = NO_EVENT) -> list[Known]:
        """What of it takes time, event `but` aside."""
        return [each for each in self.live(start, end) if each.content.transparency == "opaque" and each.id != but]

    def next_free(self, start: Instant, end: Instant, but: EventId) -> Instant | None:
        """The first later start for the same length: it can only be where something ends."""
        length = seconds_between(start, end)
        last = shifted(end, HORIZON_SECONDS)
        for candidate in sorted(each.content.end for each in self.busy(start, last, but)):
            finish = shifted(candidate, length)
            if finish <= last and not self.busy(candidate, finish, but):
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

    def do(self, operation: Operation, given: Event | None) -> Answer:
        """What ought to be answered. The ids of what is written, which nobody can foretell, are those of `given`."""
        known = self.events.get(operation.event_id)
        match operation.kind:
            case "create":
                return self._write(given.id if given else NO_EVENT, None, operation.content, operation, given)
            case "roll back":
                return self._roll_back(known, operation, given)
        if known is None or known.deleted:
            return ("missing",)
        if operation.if_match not in {None, known.history_id}:
            return ("stale", known.history_id)
        return self._change(known, operation, given)

    def _change(self, known: Known, operation: Operation, given: Event | None) -> Answer:
        if operation.kind == "delete":
            after = self._after(known, known.content, given)
            self.events[known.id] = replace(after, expires_at=self.now + DELETED_SECONDS)
            return ("done", known.id, after.version, True, known.content)
        content = operation.content or with_clock(replace(known.content, **operation.fields))
        least = 1 if content.transparency == "opaque" else 0
        if not least <= seconds_between(content.start, content.end) <= MAX_DURATION_SECONDS:
            return ("invalid",)
        return self._write(known.id, known, content, operation, given)

    def _roll_back(self, known: Known | None, operation: Operation, given: Event | None) -> Answer:
        target = operation.back_to
        if target is None:
            return ("invalid",)
        if known is None or (known.expires_at is not None and known.expires_at <= self.now):
            return ("missing",)
        if operation.if_match not in {None, known.history_id}:
            return ("stale", known.history_id)
        return self._write(known.id, known, target.content, operation, given)

    def _write(
        self, event_id: EventId, known: Known | None, content: Content | None, operation: Operation, given: Event | None
    ) -> Answer:
        assert content is not None
        if known is not None and not known.deleted and known.content == content:
            return ("done", known.id, known.version, False, content)
        if not operation.allow and self._takes_time(known, content):
            collisions = self.busy(content.start, content.end, event_id)
            if collisions:
                named = [(each.id, each.content.title, each.content.start, each.content.end) for each in collisions]
                return ("conflict", named, self.next_free(content.start, content.end, event_id))
        after = self._after(known, content, given)
        self.events[after.id] = after
        return ("done", after.id, after.version, False, content)

    @staticmethod
    def _takes_time(known: Known | None, content: Content) -> bool:
        if content.transparency == "transparent":
            return False
        if known is None or known.deleted or known.content.transparency == "transparent":
            return True
        return (known.content.start, known.content.end) != (content.start, content.end)

    @staticmethod
    def _after(known: Known | None, content: Content, given: Event | None) -> Known:
        version = known.version + 1 if known else 1
        event_id = known.id if known else given.id if given else EventId("not written")
        return Known(event_id, content, version, given.history_id if given else HistoryId("not written"))
