"""The answer to a checked write is lost: it is applied once, and told apart from what came after it."""

import pytest

from shared.errors import OutcomeUnknown
from shared.ids import EventId
from shared.scheduling.terms import Terms
from tests.harness.botocore_faults import COMMIT, READ
from tests.integration.conflicts.changes import CHANGES, CREATE, MOVES, RIVAL, Change, same, some
from tests.integration.conflicts.contended_calendar import ContendedCalendar

changes = pytest.mark.parametrize("change", CHANGES, ids=str)
moves = pytest.mark.parametrize("change", MOVES, ids=str)


def version_before(contended: ContendedCalendar) -> int:
    """The version of the one event there is; 0 if there is none."""
    events = contended.events()
    assert len(events) <= 1
    return events[0].stamp.version if events else 0


def sent(contended: ContendedCalendar, attempt: int) -> dict[str, str]:
    """The id and history_id of the event that an attempt to commit would write."""
    item = contended.wire.requests[COMMIT][attempt]["TransactItems"][0]["Put"]["Item"]
    return {name: item[name]["S"] for name in ("id", "history_id")}


def sent_id(contended: ContendedCalendar) -> EventId:
    """The id of the event that the first attempt to commit would write."""
    return EventId(sent(contended, 0)["id"])


@changes
def test_a_write_whose_answer_is_lost_recognises_itself(contended: ContendedCalendar, change: Change) -> None:
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.lose_answer(COMMIT)

    written = change.act(contended.subject(), before)

    assert contended.events() == [written]
    assert same(change, written)
    assert written.stamp.version == version + 1
    assert contended.wire.calls[COMMIT] == 1


@changes
def test_a_write_whose_answer_is_cut_short_reads_again_and_recognises_itself(
    contended: ContendedCalendar, change: Change
) -> None:
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.cut_answer_short(COMMIT)

    written = change.act(contended.subject(), before)

    assert contended.events() == [written]
    assert written.stamp.version == version + 1
    assert contended.wire.order.count(COMMIT) == 1
    assert READ in contended.wire.order[contended.wire.order.index(COMMIT) :]


@changes
def test_a_write_that_was_overtaken_is_not_applied_again(contended: ContendedCalendar, change: Change) -> None:
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.lose_answer(COMMIT, lambda: contended.rival().patch(sent_id(contended), {"title": "Theirs"}))

    with pytest.raises(OutcomeUnknown):
        change.act(contended.subject(), before)

    (stored,) = contended.events()
    assert (stored.stamp.version, stored.content.title) == (version + 2, "Theirs")
    assert same(change, stored)
    assert contended.wire.calls[COMMIT] == 1


@changes
def test_a_write_that_was_applied_and_deleted_is_not_applied_again(
    contended: ContendedCalendar, change: Change
) -> None:
    before = change.prepare(contended)
    contended.wire.lose_answer(COMMIT, lambda: contended.rival().delete(sent_id(contended)))

    with pytest.raises(OutcomeUnknown):
        change.act(contended.subject(), before)

    assert contended.live() == {}
    assert contended.wire.calls[COMMIT] == 1


@changes
def test_a_write_that_never_arrived_is_tried_again(contended: ContendedCalendar, change: Change) -> None:
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.lose_request(COMMIT)

    written = change.act(contended.subject(), before)

    assert contended.events() == [written]
    assert written.stamp.version == version + 1
    assert sent(contended, 1)["history_id"] == written.history_id != sent(contended, 0)["history_id"]


@moves
def test_a_write_that_never_arrived_and_was_overtaken_is_given_up(contended: ContendedCalendar, change: Change) -> None:
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.lose_request(COMMIT, lambda: contended.rival().patch(some(before).id, {"title": "Theirs"}))

    with pytest.raises(OutcomeUnknown):
        change.act(contended.subject(), before)

    (stored,) = contended.events()
    assert (stored.stamp.version, stored.content.title) == (version + 1, "Theirs")


@changes
def test_a_write_that_arrives_after_it_was_tried_again_is_refused(contended: ContendedCalendar, change: Change) -> None:
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.hold(COMMIT)

    written = change.act(contended.subject(), before)

    assert contended.wire.release() == 400
    assert contended.events() == [written]
    assert written.stamp.version == version + 1


@changes
def test_a_write_that_arrives_between_the_second_look_and_the_second_try(
    contended: ContendedCalendar, change: Change
) -> None:
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.hold(COMMIT)
    late: list[int] = []
    contended.wire.before(COMMIT, lambda: late.append(contended.wire.release()))

    written = change.act(contended.subject(), before)

    assert late == [200]
    assert written.history_id == sent(contended, 0)["history_id"]
    assert contended.events() == [written]
    assert written.stamp.version == version + 1
    assert contended.wire.calls[COMMIT] == 2


@changes
def test_a_rival_takes_the_time_that_a_lost_write_did_not(contended: ContendedCalendar, change: Change) -> None:
    before, version = change.prepare(contended), version_before(contended)
    rivals = []
    contended.wire.lose_request(COMMIT, lambda: rivals.append(contended.rival().create(RIVAL)))

    with pytest.raises(OutcomeUnknown):
        change.act(contended.subject(), before)

    assert contended.double_bookings() == []
    assert {event.id: event.stamp.version for event in contended.events() if event.id != rivals[0].id} == (
        {some(before).id: version} if before else {}
    )


@changes
def test_no_conflict_is_told_of_while_a_lost_write_may_still_arrive(
    contended: ContendedCalendar, change: Change
) -> None:
    # Nobody moves a fence for an event that is written with leave to overlap: so nothing stops the late write.
    before, version = change.prepare(contended), version_before(contended)
    contended.wire.hold(COMMIT)
    contended.wire.before(READ, lambda: None)
    contended.wire.before(READ, lambda: contended.rival().create(RIVAL, Terms(on_conflict="allow")))

    with pytest.raises(OutcomeUnknown):
        change.act(contended.subject(), before)

    assert contended.wire.release() == 200, "a conflict would have been a lie"
    written = next(event for event in contended.events() if event.id == sent(contended, 0)["id"])
    assert written.stamp.version == version + 1
    assert same(change, written)


@changes
def test_answers_that_are_lost_to_the_end_leave_the_outcome_unknown(
    contended: ContendedCalendar, change: Change
) -> None:
    before, version = change.prepare(contended), version_before(contended)
    for _ in range(100):
        contended.wire.lose_request(COMMIT)

    with pytest.raises(OutcomeUnknown):
        change.act(contended.subject(seconds=5.0), before)

    assert version_before(contended) == version
    assert contended.clock.elapsed <= 5.0
    assert 5 <= contended.wire.calls[COMMIT] < 100


@pytest.mark.parametrize("which", range(3))
def test_of_several_lost_writes_one_is_applied(contended: ContendedCalendar, which: int) -> None:
    for _ in range(3):
        contended.wire.hold(COMMIT)
    late: list[int] = []
    contended.wire.before(COMMIT, lambda: late.append(contended.wire.release(which)))

    written = CREATE.act(contended.subject(), None)

    assert late == [200]
    assert written.history_id == sent(contended, which)["history_id"]
    assert [contended.wire.release() for _ in range(2)] == [400, 400]
    assert contended.events() == [written]


def test_a_read_whose_answer_is_lost_is_tried_again(contended: ContendedCalendar) -> None:
    for operation in (READ, "Query", READ):
        contended.wire.lose_request(operation)

    written = CREATE.act(contended.subject(), None)

    assert contended.events() == [written]
    assert contended.wire.calls[COMMIT] == 1
