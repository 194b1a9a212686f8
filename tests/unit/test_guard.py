from dataclasses import replace

import pytest

from shared.errors import OutcomeUnknown, Unavailable
from shared.scheduling.events import ChangeType, Content
from shared.scheduling.guard import LostAnswers, needs_check
from tests.samples import content, event

LATER = ("2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z")


@pytest.mark.parametrize(
    ("before", "after", "checked"),
    [
        (None, content(), True),
        (None, content(transparency="transparent"), False),
        (content(), content(title="another"), False),
        (content(), content(*LATER), True),
        (content(), content(end=LATER[1]), True),
        (content(), content(transparency="transparent"), False),
        (content(transparency="transparent"), content(), True),
        (content(transparency="transparent"), content(*LATER, transparency="transparent"), False),
        (content(*LATER, transparency="transparent"), content(), True),
    ],
)
def test_only_what_takes_time_that_was_not_taken_is_checked(
    before: Content | None, after: Content, checked: bool
) -> None:
    previous = replace(event(), content=before) if before else None
    assert needs_check(replace(event(), content=after), previous) is checked


@pytest.mark.parametrize(("kind", "checked"), [("delete", True), ("update", False)])
def test_a_deleted_event_takes_no_time(kind: ChangeType, checked: bool) -> None:
    assert needs_check(event(), event(kind=kind)) is checked


def test_a_write_whose_answer_was_lost_recognises_itself() -> None:
    lost, before, write, again = LostAnswers(), event(), event(), event()
    assert not lost.applied(before)
    lost.add(write, before)
    lost.add(again, before)
    assert lost.applied(write)
    assert lost.applied(again)
    assert not lost.applied(before)


def test_a_write_in_between_makes_the_outcome_unknown() -> None:
    lost, before = LostAnswers(), event()
    lost.add(event(), before)
    with pytest.raises(OutcomeUnknown):
        lost.applied(event())
    with pytest.raises(OutcomeUnknown):
        lost.applied(None)


def test_out_of_time_says_whether_something_may_have_been_written() -> None:
    lost = LostAnswers()
    assert type(lost.out_of_time()) is Unavailable
    lost.add(event(), None)
    assert type(lost.out_of_time()) is OutcomeUnknown
