"""The guard of series with one of its rules left out: each time a scenario shows what it is there for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.errors import EventConflict
from shared.scheduling import conflicts, series_conflicts
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence, FenceEntry, fence_names
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.terms import Terms
from shared.store import keys
from shared.store.client import Clients
from shared.store.events import DynamoEventStore
from tests.harness.botocore_faults import COMMIT, QUERY, Document
from tests.harness.series_contents import (
    content_recurrence,
    double_booked,
    expanded,
    first_overlap_of,
    override,
    series,
)
from tests.integration.conflicts import broken_guards
from tests.integration.conflicts.broken_guards import FencesAgain
from tests.integration.conflicts.changes import RIVAL
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content
from tests.integration.conflicts.series_changes import SERIES, SERIES_CHANGES, Taking, rewritten
from tests.integration.conflicts.test_series_interleaving import HORIZON

changes = pytest.mark.parametrize("change", SERIES_CHANGES, ids=str)
DAILY = series("2026-11-02T09:00:00", "FREQ=DAILY")


class FencesOfTheFirst(DynamoEventStore):
    """Moves the fences of the first occurrence alone."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        names = fence_names(event.content.interval)
        super().put_guarded(event, previous, [each for each in fences if each.name in names])


def doubles(contended: ContendedCalendar) -> int:
    return len(double_booked(contended.events(), HORIZON))


@changes
def test_fences_of_the_first_occurrence_alone_book_others_twice(contended: ContendedCalendar, change: Taking) -> None:
    before = change.prepare(contended)
    contended.make_store = FencesOfTheFirst
    contended.wire.before(COMMIT, lambda: contended.rival().create(RIVAL))
    change.act(contended.subject(), before)
    assert doubles(contended) == 1


@changes
def test_fences_read_again_before_the_write_of_a_series_book_twice(
    contended: ContendedCalendar, change: Taking
) -> None:
    before = change.prepare(contended)

    def store(clients: Clients, table: str) -> FencesAgain:
        made = FencesAgain(clients, table)
        made.pause = lambda: contended.rival().create(RIVAL)
        return made

    contended.make_store = store
    change.act(contended.subject(), before)
    assert doubles(contended) == 1


def _hide(contended: ContendedCalendar, event: Event) -> None:
    def drop(answer: Document) -> None:
        answer["Items"] = [item for item in answer["Items"] if item["id"]["S"] != event.id]

    contended.wire.edit(QUERY, drop, always=True)


@pytest.mark.parametrize("whole", [True, False], ids=["the extent", "the occurrence alone"])
def test_a_fence_remembers_the_whole_of_a_series_of_which_one_occurrence_was_moved(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    made = contended.rival().create(DAILY)
    moved = override("20261123T090000", "2026-11-23T12:00:00Z")
    if not whole:

        def moved_by_occurrence(self: Fence, event: Event) -> Fence:
            fields = dict(moved.fields)
            entry = FenceEntry(event.id, event.history_id, Instant(fields["start"]), Instant(fields["end"]))
            return Fence(self.name, event.history_id, (entry, *self.recent))

        monkeypatch.setattr(Fence, "moved", moved_by_occurrence)
    series_moved = replace(DAILY, recurrence=replace(content_recurrence(DAILY), changed=(moved,)))
    rewritten(contended.rival(), made.id, series_moved)
    _hide(contended, made)
    # Another day of the same week, which the change of one occurrence did not concern.
    wanted = content(Instant("2026-11-25T09:30:00Z"), Instant("2026-11-25T09:45:00Z"))
    if whole:
        with pytest.raises(EventConflict) as caught:
            contended.subject().create(wanted)
        assert [each.id for each in caught.value.collisions] == [f"{made.id}_20261125T090000"]
    else:
        contended.subject().create(wanted)
    assert doubles(contended) == (0 if whole else 1)


@pytest.mark.parametrize("remembered", [True, False])
def test_what_fences_remember_of_series_is_heeded(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch, remembered: bool
) -> None:
    _hide(contended, contended.rival().create(DAILY))
    if remembered:
        with pytest.raises(EventConflict):
            contended.subject().create(SERIES_AT_NINE)
    else:
        monkeypatch.setattr(conflicts, "latest_entries", broken_guards.nothing_remembered)
        contended.subject().create(SERIES_AT_NINE)
    assert doubles(contended) == (0 if remembered else 1)


SERIES_AT_NINE = series("2026-11-04T09:30:00", "FREQ=MONTHLY")


def _gone_from_the_first_page(contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch) -> Event:
    """What is in the way of SERIES lies behind the first page, which shows another one that has moved since: once."""
    monkeypatch.setattr(series_conflicts, "PAGE", 3)
    first = shifted(SERIES.start, 600)
    stale = contended.rival().create(content(first, shifted(first, 600), "Stale"))
    shown = contended.runtime.clients.dynamodb.get_item(
        TableName=contended.runtime.settings.events_table, Key=keys.event_key(contended.calendar_id, stale.id)
    )["Item"]
    for number in range(3):
        aside = shifted(SERIES.end, 3600 * (1 + number))
        contended.rival().create(content(aside, shifted(aside, 600), "Aside"))
    # The fence remembers where it is now, and the Query shows where it was.
    contended.rival().patch(stale.id, {"start": shifted(SERIES.end, 6 * 3600), "end": shifted(SERIES.end, 7 * 3600)})
    once: list[int] = []

    def show_as_it_was(answer: Document) -> None:
        kept = [item for item in answer["Items"] if item["id"]["S"] != stale.id]
        if len(kept) == 3 and not once:
            once.append(1)
            answer["Items"] = [shown, *kept[:2]]

    contended.wire.edit(QUERY, show_as_it_was, always=True)
    return contended.rival().create(RIVAL, Terms(on_conflict="allow"))


@pytest.mark.parametrize("looked", [True, False], ids=["looked at again", "believed"])
def test_an_early_refusal_is_final_only_if_what_is_in_the_way_still_stands(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch, looked: bool
) -> None:
    rival = _gone_from_the_first_page(contended, monkeypatch)
    if not looked:
        monkeypatch.setattr(series_conflicts, "ended_untruly", lambda *_: False)
        written = contended.subject().create(SERIES)
        assert first_overlap_of(expanded([written], HORIZON), [rival]) is not None
        return
    with pytest.raises(EventConflict) as caught:
        contended.subject().create(SERIES)
    assert [each.id for each in caught.value.collisions] == [rival.id]
    assert len(contended.clock.pauses) == 1
