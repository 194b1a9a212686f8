"""The answer to an unchecked write is lost: one conditional write that is not guarded by fences, or a batch of puts."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from shared.errors import NotFound, OutcomeUnknown
from shared.request import NS_PER_SECOND
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from tests.integration.conflicts.changes import AWAY, HOT
from tests.integration.conflicts.contended_calendar import Book

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
    return calendar.roll_back(event, on_conflict="allow")


WRITES = (
    Write("patch", UPDATE, lambda calendar, event: calendar.patch(event.id, {"title": "Ours"})),
    Write("delete", UPDATE, lambda calendar, event: calendar.delete(event.id)),
    Write("replace", PUT, lambda calendar, event: calendar.replace(event.id, AWAY, on_conflict="allow")),
    Write("free", PUT, lambda calendar, event: calendar.patch(event.id, {"transparency": "transparent"})),
    Write("restore", PUT, restored, deleted_before=True),
)
writes = pytest.mark.parametrize("write", WRITES, ids=str)


def prepared(book: Book, write: Write) -> Event:
    event = book.rival().create(HOT)
    if write.deleted_before:
        book.rival().delete(event.id)
    return event


def stored(book: Book) -> Event:
    (event,) = book.events()
    return event


def overtake(book: Book, event: Event) -> Event:
    """Another's change of the event, be it deleted or not."""
    try:
        return book.rival().patch(event.id, {"location": "There"})
    except NotFound:
        return restored(book.rival(), event)


@writes
def test_a_write_whose_answer_is_lost_recognises_itself(book: Book, write: Write) -> None:
    event = prepared(book, write)
    version = stored(book).stamp.version
    book.wire.lose_answer(write.operation)

    written = write.act(book.subject(), event)

    assert stored(book) == written
    assert written.stamp.version == version + 1


@writes
def test_a_write_that_was_overtaken_is_not_applied_again(book: Book, write: Write) -> None:
    event = prepared(book, write)
    version = stored(book).stamp.version
    book.wire.lose_answer(write.operation, lambda: overtake(book, event))

    with pytest.raises(OutcomeUnknown):
        write.act(book.subject(), event)

    assert stored(book).stamp.version == version + 2


@writes
def test_a_write_that_never_arrived_is_tried_again(book: Book, write: Write) -> None:
    event = prepared(book, write)
    version = stored(book).stamp.version
    book.wire.lose_request(write.operation)

    written = write.act(book.subject(), event)

    assert stored(book) == written
    assert written.stamp.version == version + 1
    assert book.wire.calls[write.operation] == 2


@writes
def test_a_write_that_arrives_after_it_was_tried_again_is_refused(book: Book, write: Write) -> None:
    event = prepared(book, write)
    book.wire.hold(write.operation)

    written = write.act(book.subject(), event)

    assert book.wire.release() == 400
    assert stored(book) == written


@writes
def test_a_write_that_arrives_just_before_it_is_tried_again_is_applied_once(book: Book, write: Write) -> None:
    event = prepared(book, write)
    version = stored(book).stamp.version
    book.wire.hold(write.operation)
    late: list[int] = []
    book.wire.before(write.operation, lambda: late.append(book.wire.release()))

    written = write.act(book.subject(), event)

    assert late == [200]
    assert stored(book) == written
    assert written.stamp.version == version + 1


@writes
def test_answers_that_are_lost_to_the_end_leave_the_outcome_unknown(book: Book, write: Write) -> None:
    event = prepared(book, write)
    before = stored(book)
    for _ in range(100):
        book.wire.lose_request(write.operation)

    with pytest.raises(OutcomeUnknown):
        write.act(book.subject(seconds=5.0), event)

    assert stored(book) == before
    assert book.time.now <= 5.0


@pytest.mark.parametrize("write", WRITES[:2], ids=str)
@pytest.mark.parametrize("arrives", [True, False])
def test_a_rival_whose_clock_is_behind_does_not_make_it_apply_twice(book: Book, write: Write, arrives: bool) -> None:
    event = prepared(book, write)
    rival = book.rival(now_ns=1)  # its ids are the least that are later than what is stored
    book.wire.hold(write.operation)
    late: list[int] = []

    def first_the_rival() -> None:
        rival.patch(event.id, {"location": "There"})
        if arrives:
            late.append(book.wire.release())

    book.wire.before(write.operation, first_the_rival)
    written = write.act(book.subject(now_ns=time.time_ns() + 60 * NS_PER_SECOND), event)

    if not arrives:
        late.append(book.wire.release())
    assert late == [200 if arrives else 400]
    assert stored(book) == written
    assert (written.stamp.version, written.content.location) == (3, "There")


def test_an_event_created_with_leave_to_overlap_recognises_itself(book: Book) -> None:
    book.wire.lose_answer(PUT)

    written = book.subject().create(HOT, "allow")

    assert book.events() == [written]
    assert book.wire.calls[PUT] == 1


def test_an_event_created_with_leave_to_overlap_arrives_late(book: Book) -> None:
    book.wire.hold(PUT)

    written = book.subject().create(HOT, "allow")

    assert book.wire.release() == 400
    assert book.events() == [written]
