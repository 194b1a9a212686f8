"""A rival commits between each two steps of the guard: somebody always wins, and the other always learns of it."""

from collections.abc import Callable

import pytest

from shared.errors import EventConflict, NotFound, PreconditionFailed
from shared.http.read_only import read_only_check
from shared.scheduling.instants import Instant
from shared.scheduling.preconditions import Precondition
from shared.scheduling.terms import Terms
from tests.harness.botocore_faults import COMMIT, QUERY, READ
from tests.integration.conflicts.changes import (
    ASIDE,
    AWAY,
    CHANGES,
    HOT,
    MOVES,
    RESTORE,
    RIVAL,
    RIVAL_END,
    RIVAL_START,
    Change,
    same,
    some,
)
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

POINTS = (READ, QUERY, COMMIT)

changes = pytest.mark.parametrize("change", CHANGES, ids=str)
moves = pytest.mark.parametrize("change", MOVES, ids=str)
points = pytest.mark.parametrize("point", POINTS)


@changes
@points
def test_a_rival_who_takes_the_time_first_wins(contended: ContendedCalendar, change: Change, point: str) -> None:
    before = change.prepare(contended)
    versions = {event.id: event.history_id for event in contended.events()}
    rivals = []
    contended.wire.before(point, lambda: rivals.append(contended.rival().create(RIVAL)))

    with pytest.raises(EventConflict) as caught:
        change.act(contended.subject(), before)

    assert [each.id for each in caught.value.collisions] == [rivals[0].id]
    assert contended.double_bookings() == []
    assert {event.id: event.history_id for event in contended.events()} == {
        **versions,
        rivals[0].id: rivals[0].history_id,
    }
    assert contended.wire.calls[COMMIT] == (1 if point == COMMIT else 0)


@changes
def test_a_rival_who_comes_after_the_commit_is_refused(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    refused: list[str] = []

    def rival() -> None:
        with pytest.raises(EventConflict) as caught:
            contended.rival().create(RIVAL)
        refused.extend(str(each.id) for each in caught.value.collisions)

    contended.wire.after(COMMIT, rival)
    written = change.act(contended.subject(), before)

    assert refused == [written.id]
    assert same(change, contended.live()[written.id])
    assert list(contended.live()) == [written.id]


def _move_in(contended: ContendedCalendar) -> Callable[[], object]:
    event = contended.rival().create(AWAY)
    return lambda: contended.rival().patch(event.id, {"start": RIVAL_START, "end": RIVAL_END})


def _lengthen(contended: ContendedCalendar) -> Callable[[], object]:
    event = contended.rival().create(content(Instant("2026-11-23T01:00:00Z"), Instant("2026-11-23T02:00:00Z")))
    return lambda: contended.rival().patch(event.id, {"start": RIVAL_START})


def _roll_back(contended: ContendedCalendar) -> Callable[[], object]:
    event = contended.rival().create(RIVAL)
    contended.rival().replace(event.id, AWAY)
    return lambda: contended.rival().roll_back(event)


def _restore(contended: ContendedCalendar) -> Callable[[], object]:
    event = contended.rival().create(RIVAL)
    contended.rival().delete(event.id)
    return lambda: contended.rival().roll_back(event)


def _make_opaque(contended: ContendedCalendar) -> Callable[[], object]:
    event = contended.rival().create(content(RIVAL_START, RIVAL_END, transparency="transparent"))
    return lambda: contended.rival().patch(event.id, {"transparency": "opaque"})


@points
@pytest.mark.parametrize("arrive", [_move_in, _lengthen, _roll_back, _restore, _make_opaque])
def test_a_rival_may_arrive_by_any_change(
    contended: ContendedCalendar, point: str, arrive: Callable[[ContendedCalendar], Callable[[], object]]
) -> None:
    action = arrive(contended)
    contended.wire.before(point, action)
    (rival,) = [event.id for event in contended.events()]

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert [each.id for each in caught.value.collisions] == [rival]
    assert list(contended.live()) == [rival]


@changes
def test_a_rival_elsewhere_in_the_week_costs_another_attempt(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    contended.wire.before(COMMIT, lambda: contended.rival().create(ASIDE))

    written = change.act(contended.subject(), before)

    stored = contended.live()[written.id]
    assert same(change, stored)
    assert stored.history_id == written.history_id
    first, second = contended.wire.requests[COMMIT]
    assert first["ClientRequestToken"] != second["ClientRequestToken"]
    moved_to = [
        [action["Update"]["ExpressionAttributeValues"][":new"]["S"] for action in request["TransactItems"][1:]]
        for request in (first, second)
    ]
    assert len(moved_to[0]) == len(moved_to[1]) == 2
    assert not {*moved_to[0]} & {*moved_to[1]}, "a fence must never be moved to the same value twice"


@changes
def test_a_rival_in_another_week_costs_nothing(contended: ContendedCalendar, change: Change) -> None:
    before = change.prepare(contended)
    contended.wire.before(
        COMMIT,
        lambda: contended.rival().create(content(Instant("2026-12-01T09:00:00Z"), Instant("2026-12-01T10:00:00Z"))),
    )

    written = change.act(contended.subject(), before)

    assert same(change, contended.live()[written.id])
    assert contended.wire.calls[COMMIT] == 1


@changes
@pytest.mark.parametrize("point", [READ, QUERY])
def test_time_that_becomes_free_before_it_is_looked_at_can_be_taken(
    contended: ContendedCalendar, change: Change, point: str
) -> None:
    before = change.prepare(contended)
    rival = contended.rival().create(ASIDE)
    contended.rival().patch(rival.id, {"start": RIVAL_START, "end": RIVAL_END})
    contended.wire.before(point, lambda: contended.rival().delete(rival.id))

    written = change.act(contended.subject(), before)

    assert same(change, contended.live()[written.id])
    assert len(contended.live()) == 1


@changes
@pytest.mark.parametrize("how", ["allow", "bulk"])
def test_what_is_written_without_a_check_counts_as_later(
    contended: ContendedCalendar, change: Change, how: str
) -> None:
    before = change.prepare(contended)
    rival = contended.rival()
    contended.wire.before(
        COMMIT,
        lambda: rival.create(RIVAL, Terms(on_conflict="allow")) if how == "allow" else contended.rival_bulk([RIVAL]),
    )

    written = change.act(contended.subject(), before)

    assert contended.wire.calls[COMMIT] == 1
    assert len(contended.live()) == 2
    assert same(change, contended.live()[written.id])


@moves
@points
def test_a_rival_who_changes_the_same_event_is_not_overwritten(
    contended: ContendedCalendar, change: Change, point: str
) -> None:
    before = some(change.prepare(contended))
    version = contended.live()[before.id].stamp.version
    contended.wire.before(point, lambda: contended.rival().patch(before.id, {"title": "Theirs", "location": "There"}))

    written = change.act(contended.subject(), before)

    stored = contended.live()[before.id]
    assert (written.history_id, stored.stamp.version) == (stored.history_id, version + 2)
    assert same(change, stored)
    partial = change.name.startswith(("patch", "make"))
    assert (stored.content.title, stored.content.location) == (("Theirs", "There") if partial else ("Review", ""))


@points
def test_a_rival_who_restores_the_same_event_has_done_it(contended: ContendedCalendar, point: str) -> None:
    before = some(RESTORE.prepare(contended))
    rivals = []
    contended.wire.before(point, lambda: rivals.append(contended.rival().roll_back(before)))

    assert RESTORE.act(contended.subject(), before) == rivals[0] == contended.live()[before.id]


@pytest.mark.parametrize("change", [*MOVES, RESTORE], ids=str)
@points
def test_a_rival_who_changes_the_same_event_fails_an_if_match(
    contended: ContendedCalendar, change: Change, point: str
) -> None:
    before = some(change.prepare(contended))
    (stored,) = contended.events()
    rivals = []

    def interfere() -> None:
        rival = contended.rival()
        rivals.append(rival.roll_back(before) if change is RESTORE else rival.patch(before.id, {"title": "Theirs"}))

    contended.wire.before(point, interfere)

    with pytest.raises(PreconditionFailed) as caught:
        change.act(contended.subject(), before, Precondition.at(stored.history_id))

    assert caught.value.history_id == rivals[0].history_id == contended.live()[before.id].history_id


@pytest.mark.parametrize("fields", [{"title": "Ours"}, {"start": RIVAL_START, "end": RIVAL_END}, {"end": RIVAL_END}])
@pytest.mark.parametrize("last", [False, True], ids=["before the read", "before the write"])
def test_a_version_sent_back_is_compared_with_what_is_replaced(
    contended: ContendedCalendar, fields: dict[str, str], last: bool
) -> None:
    event = contended.rival().create(HOT)
    rivals = []
    write = "PutItem" if "title" in fields else COMMIT
    contended.wire.before(
        write if last else READ, lambda: rivals.append(contended.rival().patch(event.id, {"title": "Theirs"}))
    )

    with pytest.raises(PreconditionFailed) as caught:
        contended.subject().patch(event.id, fields, Terms(check=read_only_check({"history_id": event.history_id})))

    assert caught.value.history_id == rivals[0].history_id == contended.live()[event.id].history_id


def test_only_a_patch_that_sends_something_back_reads_before(contended: ContendedCalendar) -> None:
    event = contended.rival().create(HOT)
    event = contended.subject().patch(event.id, {"title": "One"})
    assert contended.wire.calls == {"UpdateItem": 1}
    contended.subject().patch(
        event.id, {"title": "Two"}, Terms(check=read_only_check({"history_id": event.history_id}))
    )
    assert contended.wire.calls == {"UpdateItem": 1, READ: 1, "PutItem": 1}


@moves
@points
def test_a_rival_who_deletes_the_same_event_wins(contended: ContendedCalendar, change: Change, point: str) -> None:
    before = some(change.prepare(contended))
    (stored,) = contended.events()
    contended.wire.before(point, lambda: contended.rival().delete(before.id))

    if change.name == "roll back":
        restored = change.act(contended.subject(), before)
        assert (restored.stamp.type, restored.stamp.version) == ("restore", stored.stamp.version + 2)
    else:
        with pytest.raises(NotFound):
            change.act(contended.subject(), before)
        assert contended.live() == {}
