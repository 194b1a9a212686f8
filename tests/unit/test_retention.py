"""Which versions have outlived their retention, and which have outlived their events."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import ids
from shared.errors import InvalidCursor
from shared.history.changes import VersionRef
from shared.history.retention import Bounds, Place, Stored, outlived, sweep, swept_below
from shared.ids import CalendarId, EventId, HistoryId, ItemKey

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
    """The places of versions, read so many at a time, and the events that are still needed."""

    def __init__(self, listed: Iterable[Place], page: int, needed: Mapping[str, Stored] | None = None) -> None:
        self.left = sorted(listed)
        self.noted: list[str] = []
        self._page = page
        self._needed = needed or {}

    def places(self, after: ItemKey | None) -> tuple[list[Place], ItemKey | None]:
        found = [place for place in self.left if after is None or place.key > after]
        page = found[: self._page]
        return page, page[-1].key if len(found) > self._page else None

    def begin_sweep(self, below: str) -> None:
        self.noted.append(below)

    def remove(self, doomed: Sequence[ItemKey]) -> bool:
        assert self.noted or not doomed
        self.left = [place for place in self.left if place.key not in doomed]
        return True

    def ref_of(self, key: ItemKey) -> VersionRef:
        return VersionRef(CalendarId("ada"), EventId(key[0]), HistoryId(key[1]))

    def stored(self, versions: Sequence[VersionRef]) -> dict[VersionRef, Stored]:
        return {each: self._needed[each.event_id] for each in versions if each.event_id in self._needed}

    def erase(self, version: VersionRef) -> int | None:
        found = [
            each
            for each in self.left
            if each.key[0] == version.event_id and each.key[1] <= version.history_id and not each.erased
        ]
        self.left = [each._replace(erased=True) if each in found else each for each in self.left]
        return len(found)


def bounds(swept_below: str, deleted_below: str = "") -> Bounds:
    return Bounds(swept_below, deleted_below, seconds=1000)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), unique=True),
    st.integers(1, 4),
    st.integers(0, 21),
    st.integers(1, 3),
)
def test_a_sweep_in_parts_is_a_sweep(found: list[tuple[str, int]], page: int, below: int, looks: int) -> None:
    listed = [Place((event, f"{number:02d}")) for event, number in found]
    whole, parts = Table(listed, 100), Table(listed, page)
    swept = sweep(whole, bounds(f"{below:02d}"), lambda: False).swept
    token: str | None = None
    total = 0
    while token or not parts.noted:
        part = sweep(parts, bounds(f"{below:02d}"), partial(next, iter([False] * looks + [True])), token)
        token, total = part.token, total + part.swept
    assert parts.left == whole.left
    assert total == swept == len(listed) - len(whole.left)
    keys = [place.key for place in whole.left]
    newest = {event: max(place.key for place in listed if place.key[0] == event) for event, _ in found}
    assert set(newest.values()) <= set(keys)
    assert all(older[0] != newer[0] or newer[1] >= f"{below:02d}" for older, newer in pairwise(keys))


TYPES = {"c": "create", "u": "update", "d": "delete", "r": "restore"}


def life(event: str, changes: str) -> list[Place]:
    """The versions of an event: created, updated, deleted, restored. Those in capitals are erased."""
    return [
        Place((event, f"{number:02d}"), TYPES[each.lower()], each.isupper()) for number, each in enumerate(changes, 1)
    ]


def erased(changes: str, below: str = "99", page: int = 100, stored: Stored | None = None) -> str:
    table = Table(life("a", changes), page, {} if stored is None else {"a": stored})
    done = sweep(table, bounds("", below), lambda: False)
    after = "".join(
        each.upper() if place.erased else each for each, place in zip(changes.lower(), table.left, strict=True)
    )
    assert done.complete
    assert done.erased == sum(map(str.isupper, after)) - sum(map(str.isupper, changes))
    return after


@pytest.mark.parametrize("page", [1, 2, 100])
@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ("cu", "cu"),
        ("cud", "CUD"),
        ("cudr", "cudr"),
        ("cudrd", "CUDRD"),
        ("cudcu", "CUDcu"),  # made anew under the same id
        ("cudcd", "CUDCD"),
        ("CUDcu", "CUDcu"),
        ("CuDcu", "CUDcu"),  # what was written again since
        ("CUDcd", "CUDCD"),
        ("dc", "Dc"),
    ],
)
def test_the_versions_of_a_deleted_event_are_erased_up_to_its_deletion(changes: str, after: str, page: int) -> None:
    assert erased(changes, page=page) == after
    assert erased(after, page=page) == after


def test_a_young_deletion_is_not_due() -> None:
    assert erased("cud", below="03") == "cud"
    assert erased("cud", below="04") == "CUD"
    assert erased("cudcud", below="04") == "CUDcud"


DELETION_MS = NOW_MS - 40 * DAY * 1000


@pytest.mark.parametrize(
    ("created", "expires_at", "kept"),
    [
        (-DAY, NOW_MS // 1000 + 1, True),  # deleted while events could be restored for longer
        (-DAY, NOW_MS // 1000, False),  # TTL has not come by yet
        (-DAY, None, True),  # restored, and that is not recorded yet
        (DAY, None, False),  # made anew, and that is not recorded yet
    ],
)
def test_an_event_that_is_needed_keeps_its_versions(created: int, expires_at: int | None, kept: bool) -> None:
    deletion = ids.derived_id(DELETION_MS, 0)
    stored = Stored(ids.made_at(ids.derived_id(DELETION_MS + created * 1000, 0)), expires_at)
    assert stored.keeps(deletion, NOW_MS // 1000) is kept
    assert Stored("", None).keeps(deletion, NOW_MS // 1000)  # written by a script: nothing is certain


def test_a_sweep_leaves_what_is_needed() -> None:
    assert erased("cud", stored=Stored("", expires_at=1001)) == "cud"
    assert erased("cud", stored=Stored("", expires_at=1000)) == "CUD"


def test_a_sweep_that_cannot_erase_goes_on_later(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table([*life("a", "cd"), *life("b", "c")], 2)
    with monkeypatch.context() as busy:
        busy.setattr(table, "erase", lambda _: None)
        stopped = sweep(table, bounds("", "99"), lambda: False)
        assert not stopped.complete
        assert not any(place.erased for place in table.left)
    assert sweep(table, bounds("", "99"), lambda: False).erased == 2


def test_bounds_follow_from_the_settings() -> None:
    made = Bounds.of(NOW_MS, 0, 30 * DAY)
    assert made == Bounds("", ids.derived_id(NOW_MS - 30 * DAY * 1000, 0), NOW_MS // 1000)
    assert Bounds.of(NOW_MS, 10 * DAY, DAY).swept_below == swept_below(NOW_MS, 10 * DAY)


@pytest.mark.parametrize("token", ["", "W10", "e30", "eyJxdWVyeSI6InN3ZWVwIiwicGsiOiJhIiwic2siOiIifQ"])
def test_a_token_of_something_else_is_refused(token: str) -> None:
    with pytest.raises(InvalidCursor):
        sweep(Table(life("a", "c"), 1), bounds("99"), lambda: False, token)
