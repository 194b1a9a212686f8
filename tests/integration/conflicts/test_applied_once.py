"""A change whose answer was lost, overtaken by somebody whose clock is behind: it is never applied over that one."""

import pytest

from shared.errors import OutcomeUnknown
from tests.integration.conflicts.changes import HOT
from tests.integration.conflicts.contended_calendar import ContendedCalendar

UPDATE = "UpdateItem"


def test_a_change_that_was_overtaken_stays_so_however_often_it_is_tried(contended: ContendedCalendar) -> None:
    """The third try has a later id than the other one's change: only the first, lost id tells that it came before."""
    event = contended.rival().create(HOT)

    def overtake() -> None:
        contended.rival(now_ns=1).patch(event.id, {"title": "Theirs"})
        contended.wire.lose_request(UPDATE)

    contended.wire.lose_answer(UPDATE, overtake)
    with pytest.raises(OutcomeUnknown):
        contended.subject().patch(event.id, {"title": "Ours"})
    (stored,) = contended.events()
    assert (stored.content.title, stored.stamp.version) == ("Theirs", 3)


def test_a_change_that_never_arrived_and_changes_nothing_is_answered_as_it_is(contended: ContendedCalendar) -> None:
    event = contended.rival().create(HOT)
    contended.wire.lose_request(UPDATE)
    assert contended.subject().patch(event.id, {"title": event.content.title}) == event
    assert contended.events() == [event]


def test_each_try_has_a_later_id_than_those_that_may_still_arrive(contended: ContendedCalendar) -> None:
    event = contended.rival(now_ns=1_000_000_000).create(HOT)
    for _ in range(5):
        contended.wire.lose_request(UPDATE)
    contended.subject(now_ns=2_000_000_000).patch(event.id, {"title": "Ours"})
    tried = [each["ExpressionAttributeValues"][":history_id"]["S"] for each in contended.wire.requests[UPDATE]]
    assert len(tried) >= 6
    ours = sorted({*tried})
    assert tried[-1] == ours[-1]
    assert [each for at, each in enumerate(tried) if at == 0 or each != tried[at - 1]] == ours
