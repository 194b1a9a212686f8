"""A change whose answer was lost, overtaken by somebody whose clock is behind: it is never applied over that one."""

import pytest
from tests.integration.conflicts.book import Book

from shared.errors import OutcomeUnknown
from tests.integration.conflicts.changes import HOT

UPDATE = "UpdateItem"


def test_a_change_that_was_overtaken_stays_so_however_often_it_is_tried(book: Book) -> None:
    """The third try has a later id than the other one's change: only the first, lost id tells that it came before."""
    event = book.rival().create(HOT)

    def overtake() -> None:
        book.rival(now_ns=1).patch(event.id, {"title": "Theirs"})
        book.wire.lose_request(UPDATE)

    book.wire.lose_answer(UPDATE, overtake)
    with pytest.raises(OutcomeUnknown):
        book.subject().patch(event.id, {"title": "Ours"})
    (stored,) = book.events()
    assert (stored.content.title, stored.stamp.version) == ("Theirs", 3)
