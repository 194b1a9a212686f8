"""How a fence is stored: exactly as it was, in less than 1 KB, and refused if it cannot be read."""

from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils import UUID

from shared.ids import CalendarId, EventId, HistoryId, is_uuid7, of_uid
from shared.scheduling.fences import RECENT, Fence, FenceEntry
from shared.scheduling.instants import EPOCH, FIRST, LAST, Instant, seconds_between, shifted
from shared.store import keys
from shared.store.codec import text
from shared.store.fence_items import fence_of, recent_value
from tests.harness.samples import END, OWNER, START, event, new_id

NAME = "c07"
WRITE_UNIT = 1024  # bytes

ids = st.integers(0, (1 << 128) - 1).map(lambda number: str(UUID(int=number)))
instants = st.integers(0, seconds_between(FIRST, LAST)).map(lambda seconds: shifted(FIRST, seconds))
intervals = st.lists(instants, min_size=2, max_size=2, unique=True).map(sorted)
entries = st.builds(
    lambda event_id, history_id, interval: FenceEntry(EventId(event_id), HistoryId(history_id), *interval),
    ids,
    ids,
    intervals,
)


def item(fence: Fence) -> dict[str, Any]:
    """The item of a fence that has moved."""
    assert fence.value is not None
    return {**keys.fence_key(OWNER, fence.name), "value": text(fence.value), "recent": recent_value(fence)}


def size_of(attribute: dict[str, Any]) -> int:
    """The bytes of an attribute value, as DynamoDB counts them: strings in UTF-8; 3 for a list, 1 for each element.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "L":
            return 3 + sum(1 + size_of(each) for each in value)
    raise AssertionError(attribute)


def full() -> Fence:
    """A fence with as many writes as it remembers, with the longest of all times."""
    fence = Fence(NAME)
    for _ in range(RECENT + 1):
        fence = fence.moved(event(shifted(LAST, -366 * 86_400), LAST))
    assert len(fence.recent) == RECENT
    return fence


def test_a_full_fence_is_883_bytes_and_so_one_write_unit() -> None:
    assert sum(len(name) + size_of(value) for name, value in item(full()).items()) == 883 <= WRITE_UNIT


def test_every_fence_has_the_same_size_for_the_same_number_of_writes() -> None:
    early = FenceEntry(EventId(new_id()), new_id(), FIRST, Instant("1900-01-01T00:00:01Z"))
    sizes = {size_of(each) for fence in (full(), Fence(NAME, new_id(), (early,))) for each in recent_value(fence)["L"]}
    assert sizes == {64}


@given(st.lists(entries, max_size=RECENT))
def test_a_fence_comes_back_as_it_was(recent: list[FenceEntry]) -> None:
    fence = Fence(NAME, new_id(), tuple(recent))
    assert fence_of(NAME, item(fence)) == fence


def test_so_it_does_with_the_id_of_an_event_that_its_client_has_named() -> None:
    named = of_uid(CalendarId(OWNER), "a meeting")
    assert not is_uuid7(named)
    fence = Fence(NAME).moved(event(event_id=named))
    assert fence_of(NAME, item(fence)) == fence
    assert fence.recent[0].event_id == named


def test_a_fence_that_was_never_moved_has_no_item() -> None:
    assert fence_of(NAME, None) == Fence(NAME)


@pytest.mark.parametrize("identifier", ["", "new", "01998F3A-5C00-7A10-8B20-3C4D5E6F7081", "0" * 32])
def test_an_id_that_would_come_back_changed_is_not_stored(identifier: str) -> None:
    for ours in ((EventId(identifier), new_id()), (EventId(new_id()), HistoryId(identifier))):
        with pytest.raises(ValueError, match="is no id"):
            recent_value(Fence(NAME, new_id(), (FenceEntry(*ours, START, END),)))


def stored(start: int, end: int) -> dict[str, str]:
    """An entry whose times are so many seconds after 1970."""
    whole = b64decode(recent_value(Fence(NAME).moved(event()))["L"][0]["S"])
    return text(b64encode(whole[:32] + start.to_bytes(8, signed=True) + end.to_bytes(8, signed=True)).decode())


GOOD = stored(0, 1)["S"]
FIRST_SECOND, LAST_SECOND = seconds_between(EPOCH, FIRST), seconds_between(EPOCH, LAST)


def test_an_entry_may_have_any_instant() -> None:
    times = [(0, 1), (FIRST_SECOND, FIRST_SECOND + 1), (LAST_SECOND - 1, LAST_SECOND), (FIRST_SECOND, LAST_SECOND)]
    read = fence_of(NAME, {"value": text(new_id()), "recent": {"L": [stored(*each) for each in times]}})
    assert [[seconds_between(EPOCH, each) for each in entry.interval] for entry in read.recent] == [*map(list, times)]


@pytest.mark.parametrize(
    "entry",
    [
        text(""),
        text(GOOD[:-4]),
        text(f"{GOOD}AAAA"),
        text(f"{GOOD[:-1]}="),
        text(f"{GOOD[:-1]}-"),
        text(f" {GOOD}"),
        text(f"{GOOD[:-1]}\u00e9"),
        {"S": None},
        {"N": "1"},
        {"M": {"event_id": text(new_id())}},  # the form of before
        stored(1, 1),
        stored(2, 1),
        stored(FIRST_SECOND - 1, 0),
        stored(0, LAST_SECOND + 1),
        stored(-(1 << 63), (1 << 63) - 1),
    ],
)
def test_an_entry_that_cannot_be_read_is_not_passed_over(entry: dict[str, Any]) -> None:
    fence = Fence(NAME).moved(event()).moved(event())
    items = recent_value(fence)["L"]
    with pytest.raises((KeyError, TypeError, ValueError)):
        fence_of(NAME, {"value": text(new_id()), "recent": {"L": [*items, entry]}})


@pytest.mark.parametrize(
    "broken", [{}, {"value": text(new_id())}, {"recent": {"L": []}}, {"value": {"N": "1"}, "recent": {"L": []}}]
)
def test_a_fence_that_cannot_be_read_is_not_taken_for_a_new_one(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        fence_of(NAME, broken)
