"""Which versions have outlived their retention."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import ids
from shared.errors import InvalidCursor
from shared.history.retention import outlived, sweep, swept_below
from shared.ids import ItemKey

DAY = 24 * 3600
NOW_MS = 1_795_338_000_000


def places(event: str, *ids: int) -> list[ItemKey]:
    return [(event, f"{number:02d}") for number in ids]


def test_for_ever_is_for_ever() -> None:
    assert swept_below(NOW_MS, 0) == ""
    assert outlived(None, places("a", 1, 2, 3), "") == []


def test_the_bound_is_the_first_id_of_its_millisecond() -> None:
    bound = swept_below(NOW_MS, 10 * DAY)
    assert ids.milliseconds_of(bound) == NOW_MS - 10 * DAY * 1000
    assert bound.endswith("-7000-8000-000000000000")
    assert swept_below(NOW_MS, 10_000_000 * DAY) == "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("below", "found"),
    [("01", []), ("03", []), ("04", ["01"]), ("05", ["01"]), ("06", ["01", "03"]), ("99", ["01", "03", "05"])],
)
def test_a_version_goes_by_the_age_of_its_successor(below: str, found: list[str]) -> None:
    assert outlived(None, places("a", 1, 3, 5, 7), below) == [("a", each) for each in found]


def test_the_newest_version_of_each_event_stays() -> None:
    listed = [*places("a", 1, 2), *places("b", 1), *places("c", 1, 2, 3)]
    assert outlived(None, listed, "99") == [("a", "01"), ("c", "01"), ("c", "02")]


def test_a_page_goes_on_from_the_one_before() -> None:
    assert outlived(("a", "01"), places("a", 2), "99") == [("a", "01")]
    assert outlived(("a", "01"), places("b", 2), "99") == []
    assert outlived(("a", "03"), places("a", 2), "99") == []  # out of order: nothing is certain


class Table:
    """The places of versions, read so many at a time."""

    def __init__(self, listed: list[ItemKey], page: int) -> None:
        self.left = sorted(listed)
        self.noted: list[str] = []
        self._page = page

    def places(self, after: ItemKey | None) -> tuple[list[ItemKey], ItemKey | None]:
        found = [place for place in self.left if after is None or place > after]
        page = found[: self._page]
        return page, page[-1] if len(found) > self._page else None

    def begin_sweep(self, below: str) -> None:
        self.noted.append(below)

    def remove(self, doomed: Sequence[ItemKey]) -> bool:
        assert self.noted
        for place in doomed:
            self.left.remove(place)
        return True


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), unique=True),
    st.integers(1, 4),
    st.integers(0, 21),
    st.integers(1, 3),
)
def test_a_sweep_in_parts_is_a_sweep(found: list[tuple[str, int]], page: int, below: int, looks: int) -> None:
    listed = [(event, f"{number:02d}") for event, number in found]
    whole, parts = Table(listed, 100), Table(listed, page)
    swept = sweep(whole, f"{below:02d}", lambda: False).swept
    token: str | None = None
    total = 0
    while token or not parts.noted:
        part = sweep(parts, f"{below:02d}", partial(next, iter([False] * looks + [True])), token)
        token, total = part.token, total + part.swept
    assert parts.left == whole.left
    assert total == swept == len(listed) - len(whole.left)
    newest = {event: max(place for place in listed if place[0] == event) for event, _ in listed}
    assert set(newest.values()) <= set(whole.left)
    assert all(older[0] != newer[0] or newer[1] >= f"{below:02d}" for older, newer in pairwise(whole.left))


@pytest.mark.parametrize("token", ["", "W10", "e30", "eyJxdWVyeSI6InN3ZWVwIiwicGsiOiJhIiwic2siOiIifQ"])
def test_a_token_of_something_else_is_refused(token: str) -> None:
    with pytest.raises(InvalidCursor):
        sweep(Table(places("a", 1), 1), "99", lambda: False, token)
