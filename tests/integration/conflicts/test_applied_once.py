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
