"""The answer to an unchecked write is lost: one conditional write that is not guarded by fences, or a batch of puts."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from shared.errors import NotFound, OutcomeUnknown
from shared.request import NS_PER_SECOND
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.terms import Terms
from tests.integration.conflicts.changes import AWAY, HOT
from tests.integration.conflicts.contended_calendar import ContendedCalendar

UPDATE, PUT = "UpdateItem", "PutItem"


@dataclass(frozen=True)
class Write:
    """An unchecked write, the operation that carries it, and whether it changes an event that is there."""

    name: str
    operation: str
    act: Callable[[Calendar, Event], Event]
    deleted_before: bool = False

    def __str__(self) -> str:
        return self.name


def restored(calendar: Calendar, event: Event) -> Event:
    return calendar.roll_back(event, Terms(on_conflict="allow"))


WRITES = (
    Write("patch", UPDATE, lambda calendar, event: calendar.patch(event.id, {"title": "Ours"})),
    Write("delete", UPDATE, lambda calendar, event: calendar.delete(event.id)),
    Write("replace", PUT, lambda calendar, event: calendar.replace(event.id, AWAY, Terms(on_conflict="allow"))),
    Write("free", PUT, lambda calendar, event: calendar.patch(event.id, {"transparency": "transparent"})),
    Write("restore", PUT, restored, deleted_before=True),
)
writes = pytest.mark.parametrize("write", WRITES, ids=str)


def prepared(contended: ContendedCalendar, write: Write) -> Event:
    event = contended.rival().create(HOT)
    if write.deleted_before:
        contended.rival().delete(event.id)
    return event


def stored(contended: ContendedCalendar) -> Event:
    (event,) = contended.events()
    return event


def overtake(contended: ContendedCalendar, event: Event) -> Event:
    """Another's change of the event, be it deleted or not."""
    try:
        return contended.rival().patch(event.id, {"location": "There"})
    except NotFound:
        return restored(contended.rival(), event)


@writes
def test_a_write_whose_answer_is_lost_recognises_itself(contended: ContendedCalendar, write: Write) -> None:
    event = prepared(contended, write)
    version = stored(contended).stamp.version
    contended.wire.lose_answer(write.operation)

    written = write.act(contended.subject(), event)

    assert stored(contended) == written
    assert written.stamp.version == version + 1


@writes
def test_a_write_that_was_overtaken_is_not_applied_again(contended: ContendedCalendar, write: Write) -> None:
    event = prepared(contended, write)
    version = stored(contended).stamp.version
    contended.wire.lose_answer(write.operation, lambda: overtake(contended, event))

    with pytest.raises(OutcomeUnknown):
        write.act(contended.subject(), event)

    assert stored(contended).stamp.version == version + 2


@writes
def test_a_write_that_never_arrived_is_tried_again(contended: ContendedCalendar, write: Write) -> None:
    event = prepared(contended, write)
    version = stored(contended).stamp.version
    contended.wire.lose_request(write.operation)

    written = write.act(contended.subject(), event)

    assert stored(contended) == written
    assert written.stamp.version == version + 1
    assert contended.wire.calls[write.operation] == 2


@writes
def test_a_write_that_arrives_after_it_was_tried_again_is_refused(contended: ContendedCalendar, write: Write) -> None:
    event = prepared(contended, write)
    contended.wire.hold(write.operation)

    written = write.act(contended.subject(), event)

    assert contended.wire.release() == 400
    assert stored(contended) == written


@writes
def test_a_write_that_arrives_just_before_it_is_tried_again_is_applied_once(
    contended: ContendedCalendar, write: Write
) -> None:
    event = prepared(contended, write)
    version = stored(contended).stamp.version
    contended.wire.hold(write.operation)
    late: list[int] = []
    contended.wire.before(write.operation, lambda: late.append(contended.wire.release()))

    written = write.act(contended.subject(), event)

    assert late == [200]
    assert stored(contended) == written
    assert written.stamp.version == version + 1


@writes
def test_answers_that_are_lost_to_the_end_leave_the_outcome_unknown(contended: ContendedCalendar, write: Write) -> None:
    event = prepared(contended, write)
    before = stored(contended)
    for _ in range(100):
        contended.wire.lose_request(write.operation)

    with pytest.raises(OutcomeUnknown):
        write.act(contended.subject(seconds=5.0), event)

    assert stored(contended) == before
    assert contended.clock.elapsed <= 5.0


@pytest.mark.parametrize("write", WRITES[:2], ids=str)
@pytest.mark.parametrize("arrives", [True, False])
def test_a_rival_whose_clock_is_behind_does_not_make_it_apply_twice(
    contended: ContendedCalendar, write: Write, arrives: bool
) -> None:
    event = prepared(contended, write)
    rival = contended.rival(now_ns=1)  # its ids are the least that are later than what is stored
    contended.wire.hold(write.operation)
    late: list[int] = []

    def first_the_rival() -> None:
        rival.patch(event.id, {"location": "There"})
        if arrives:
            late.append(contended.wire.release())

    contended.wire.before(write.operation, first_the_rival)
    written = write.act(contended.subject(now_ns=time.time_ns() + 60 * NS_PER_SECOND), event)

    if not arrives:
        late.append(contended.wire.release())
    assert late == [200 if arrives else 400]
    assert stored(contended) == written
    assert (written.stamp.version, written.content.location) == (3, "There")


def test_an_event_created_with_leave_to_overlap_recognises_itself(contended: ContendedCalendar) -> None:
    contended.wire.lose_answer(PUT)

    written = contended.subject().create(HOT, Terms(on_conflict="allow"))

    assert contended.events() == [written]
    assert contended.wire.calls[PUT] == 1


def test_an_event_created_with_leave_to_overlap_arrives_late(contended: ContendedCalendar) -> None:
    contended.wire.hold(PUT)

    written = contended.subject().create(HOT, Terms(on_conflict="allow"))

    assert contended.wire.release() == 400
    assert contended.events() == [written]
