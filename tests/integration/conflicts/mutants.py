"""What others build instead of the guard, and what the guard would be with one of its rules left out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from shared.scheduling.events import Event
from shared.scheduling.fences import Fence, Touch
from shared.scheduling.instants import Instant, to_datetime
from shared.scheduling.spans import SpanRange
from shared.store.events import EventStore
from shared.store.items import Item


class CheckThenInsert(EventStore):
    """Looks for conflicts and then writes the event, still on condition of its version: no fence is minded."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:  # noqa: ARG002
        self.put(event, previous)


class FencesLast(EventStore):
    """Reads the fences when it has already looked for conflicts; in between, `pause` runs."""

    pause: Callable[[], object] = staticmethod(lambda: None)
    wanted: tuple[Instant, Instant]

    def read_guarded(self, owner: str, event_id: str | None, weeks: Sequence[str]) -> tuple[Event | None, list[Fence]]:
        self._found = super().overlapping(owner, *self.wanted)
        self.pause()
        return super().read_guarded(owner, event_id, weeks)

    def overlapping(self, owner: str, start: Instant, end: Instant) -> list[Event]:
        assert self.wanted == (start, end), owner
        return self._found


class StartsWithin(EventStore):
    """Minds only what begins within the interval, and not what is still going on."""

    def overlapping(self, owner: str, start: Instant, end: Instant) -> list[Event]:
        return [event for event in super().overlapping(owner, start, end) if event.content.start >= start]


class FirstPages(EventStore):
    """Reads no page of a query but the first."""

    def _pages(self, owner: str, each: SpanRange, values: Item, extra: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield next(super()._pages(owner, each, values, extra))


def weeks_by_steps(start: Instant, end: Instant) -> list[str]:
    """The weeks of an interval, stepping by seven days from its start: the week of its end is easily missed."""
    at, weeks = to_datetime(start), []
    while at < to_datetime(end):
        year, week, _ = at.isocalendar()
        weeks.append(f"{year:04d}-W{week:02d}")
        at += timedelta(days=7)
    return weeks


def nothing_remembered(fences: Iterable[Fence], start: Instant, end: Instant) -> dict[str, Touch]:  # noqa: ARG001
    """What the fences remember, unheeded."""
    return {}


STORES: dict[str, type[EventStore]] = {"guarded": EventStore, "check-then-insert": CheckThenInsert}
