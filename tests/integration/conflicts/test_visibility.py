"""A query beside a transaction is only read-committed: what it does not show yet, the fences remember."""

from collections.abc import Callable

import pytest

from shared.errors import COLLISIONS_SHOWN, EventConflict, Unavailable
from shared.ids import EventId
from shared.scheduling import conflicts
from shared.scheduling.events import Content
from shared.scheduling.fences import RECENT
from shared.scheduling.instants import shifted
from shared.scheduling.terms import Terms
from shared.store import keys
from shared.store.codec import text
from tests.harness.botocore_faults import COMMIT, QUERY, READ, Document
from tests.integration.conflicts import broken_guards
from tests.integration.conflicts.changes import (
    ASIDE,
    ASIDE_START,
    AWAY,
    AWAY_END,
    AWAY_START,
    CHANGES,
    HOT,
    RIVAL,
    RIVAL_END,
    START,
    Change,
    same,
)
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

changes = pytest.mark.parametrize("change", CHANGES, ids=str)


def hide(contended: ContendedCalendar, event_id: EventId) -> None:
    """No query shows that event: the index has not caught up."""

    def drop(answer: Document) -> None:
        answer["Items"] = [item for item in answer["Items"] if item["id"]["S"] != event_id]

    contended.wire.edit(QUERY, drop, always=True)


@changes
def test_an_event_that_the_queries_do_not_show_is_a_conflict(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    rival = contended.rival().create(RIVAL)
    hide(contended, rival.id)

    with pytest.raises(EventConflict) as caught:
        change.act(contended.subject(), before)

    assert [each.id for each in caught.value.collisions] == [rival.id]
    assert contended.double_bookings() == []


@changes
def test_the_guard_that_ignores_what_fences_remember_books_twice(
    contended: ContendedCalendar, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflicts, "latest_entries", broken_guards.nothing_remembered)
    before = change.prepare(contended)
    hide(contended, contended.rival().create(RIVAL).id)

    change.act(contended.subject(), before)

    assert len(contended.double_bookings()) == 1


@changes
def test_an_event_that_has_changed_since_its_fence_moved_counts_as_it_is(
    contended: ContendedCalendar, change: Change
) -> None:
    before = change.prepare(contended)
    rival = contended.rival().create(RIVAL)
    contended.rival().patch(rival.id, {"title": "Newer"})
    hide(contended, rival.id)

    with pytest.raises(EventConflict) as caught:
        change.act(contended.subject(), before)

    assert [each.title for each in caught.value.collisions] == ["Newer"]


def _moved_within(contended: ContendedCalendar, event_id: EventId) -> None:
    contended.rival().patch(event_id, {"start": RIVAL_END, "end": shifted(RIVAL_END, 300)})


@changes
def test_an_event_that_the_queries_show_where_it_was_counts_as_it_is(
    contended: ContendedCalendar, change: Change
) -> None:
    before = change.prepare(contended)
    rival = contended.rival().create(RIVAL)
    old = contended.runtime.clients.dynamodb.get_item(
        TableName=contended.runtime.settings.events_table, Key=keys.event_key(contended.calendar_id, rival.id)
    )["Item"]
    _moved_within(contended, rival.id)

    def show_as_it_was(answer: Document) -> None:
        answer["Items"] = [old if item["id"]["S"] == rival.id else item for item in answer["Items"]]

    contended.wire.edit(QUERY, show_as_it_was, always=True)

    with pytest.raises(EventConflict) as caught:
        change.act(contended.subject(), before)

    assert [(each.id, each.start) for each in caught.value.collisions] == [(rival.id, RIVAL_END)]


def _crowd_that_is_gone(contended: ContendedCalendar) -> tuple[Content, list[str]]:
    """What the queries go on showing of a crowd that is gone; what somebody wants to take its place.

    Each was moved a little, which the fence remembers, and then deleted, which moves none; in each of three weeks as
    many as its fence remembers.
    """
    gone: dict[EventId, Document] = {}
    for week in range(3):
        for number in range(RECENT):
            start = shifted(START, week * 7 * 86_400 + number * 600 + 7_200)
            made = contended.rival().create(content(start, shifted(start, 300)), Terms(on_conflict="allow"))
            gone[made.id] = contended.runtime.clients.dynamodb.get_item(
                TableName=contended.runtime.settings.events_table, Key=keys.event_key(contended.calendar_id, made.id)
            )["Item"]
            contended.rival().patch(made.id, {"end": shifted(start, 400)})
    for event_id in gone:
        contended.rival().delete(event_id)

    def show_as_it_was(answer: Document) -> None:
        if answer["Items"] or "LastEvaluatedKey" in answer or shown:
            return
        shown.append(len(gone))
        answer["Items"] = [*gone.values()]

    shown: list[int] = []
    contended.wire.edit(QUERY, show_as_it_was, always=True)
    return content(START, shifted(START, 21 * 86_400)), [*gone]


def test_a_crowd_that_is_gone_is_no_reason_to_refuse(contended: ContendedCalendar) -> None:
    wanted, gone = _crowd_that_is_gone(contended)
    assert len(gone) > COLLISIONS_SHOWN

    written = contended.subject().create(wanted)

    assert [*contended.live()] == [written.id]
    assert contended.wire.order == [READ, *[QUERY] * 5, READ, COMMIT]


def test_a_guard_that_does_not_ask_whether_the_crowd_still_stands_refuses(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflicts, "standing", broken_guards.hasty)
    wanted, _ = _crowd_that_is_gone(contended)

    with pytest.raises(EventConflict):
        contended.subject().create(wanted)


def _move_away(contended: ContendedCalendar, event_id: EventId) -> object:
    away = {"start": shifted(AWAY_START, 86_400), "end": shifted(AWAY_END, 86_400)}
    return contended.rival().patch(event_id, away)


def _move_aside(contended: ContendedCalendar, event_id: EventId) -> object:
    return contended.rival().patch(event_id, {"start": ASIDE_START, "end": shifted(ASIDE_START, 300)})


def _delete(contended: ContendedCalendar, event_id: EventId) -> object:
    return contended.rival().delete(event_id)


def _free(contended: ContendedCalendar, event_id: EventId) -> object:
    return contended.rival().patch(event_id, {"transparency": "transparent"})


def _remove(contended: ContendedCalendar, event_id: EventId) -> object:
    """As TTL does with what was deleted long ago, and scripts with what was not."""
    return contended.runtime.clients.dynamodb.delete_item(
        TableName=contended.runtime.settings.events_table, Key=keys.event_key(contended.calendar_id, event_id)
    )


@changes
@pytest.mark.parametrize("leave", [_move_away, _move_aside, _delete, _free, _remove])
def test_an_event_that_is_gone_from_where_its_fence_remembers_it_is_no_conflict(
    contended: ContendedCalendar, change: Change, leave: Callable[[ContendedCalendar, EventId], object]
) -> None:
    before = change.prepare(contended)
    rival = contended.rival().create(RIVAL)
    leave(contended, rival.id)

    written = change.act(contended.subject(), before)

    assert same(change, contended.live()[written.id])
    assert contended.wire.calls[COMMIT] == 1


@changes
def test_a_read_that_is_behind_the_fence_starts_the_attempt_again(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    rival = contended.rival().create(RIVAL)
    hide(contended, rival.id)
    behind: list[str] = []

    def show_an_older_version(answer: Document) -> None:
        for items in answer["Responses"].values():
            for item in items:
                if item.get("id") == text(rival.id):
                    item["history_id"] = text("00000000-0000-7000-8000-00000000000a")
                    item["start"], item["end"] = text(AWAY.start), text(AWAY.end)
                    behind.append(rival.id)

    # The first read has the fences; what is hidden is looked up in the second.
    contended.wire.before(READ, lambda: None)
    contended.wire.edit(READ, show_an_older_version)

    with pytest.raises(EventConflict) as caught:
        change.act(contended.subject(), before)

    assert behind == [rival.id]
    assert [each.id for each in caught.value.collisions] == [rival.id]
    assert contended.wire.calls[READ] == 4
    assert len(contended.clock.pauses) == 1


def test_a_read_that_stays_behind_the_fence_ends_in_nothing_written(contended: ContendedCalendar) -> None:
    rival = contended.rival().create(RIVAL)
    hide(contended, rival.id)

    def show_an_older_version(answer: Document) -> None:
        for items in answer["Responses"].values():
            for item in items:
                if item.get("id") == text(rival.id):
                    item["history_id"] = text("00000000-0000-7000-8000-00000000000a")

    contended.wire.edit(READ, show_an_older_version, always=True)

    with pytest.raises(Unavailable, match="nothing was written"):
        contended.subject(seconds=3.0).create(HOT)

    assert list(contended.live()) == [rival.id]
    assert contended.wire.calls[COMMIT] == 0


@pytest.mark.parametrize("others", [0, RECENT - 1])
def test_a_fence_remembers_its_last_writes(contended: ContendedCalendar, others: int) -> None:
    rival = contended.rival().create(RIVAL)
    for number in range(others):
        start = shifted(ASIDE_START, number * 300)
        contended.rival().create(content(start, shifted(start, 300)))
    hide(contended, rival.id)

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert [each.id for each in caught.value.collisions] == [rival.id]


def test_an_event_is_not_in_its_own_way(contended: ContendedCalendar) -> None:
    event = contended.rival().create(HOT)
    contended.rival().replace(event.id, RIVAL)
    hide(contended, event.id)

    assert contended.subject().replace(event.id, HOT).content == HOT
    assert contended.wire.calls[READ] == 1, "its own touches need not be looked up"


@changes
def test_what_stands_in_no_bodys_way_is_not_looked_up(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    contended.rival().create(ASIDE)

    change.act(contended.subject(), before)

    assert contended.wire.order.count(READ) == 1
