"""The fences that a write moves: of what it newly takes, and of what the event keeps at another place in the index."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest

from shared.scheduling.events import Content
from shared.scheduling.fences import ALL_FENCES
from shared.scheduling.newly_taken import fences_moved, newly_taken
from tests.harness.samples import content, event
from tests.harness.series_contents import series

# The weeks of 2027-03-01 and of the next ones.
FIRST, SECOND, THIRD = "c08", "c09", "c10"
SINGLE: Final = content()
LONGER: Final = content(end="2027-03-09T10:00:00Z")
WEEKLY: Final = series("2027-03-01T09:00:00", "FREQ=WEEKLY;COUNT=3")
ENDLESS: Final = series("2027-03-01T09:00:00", "FREQ=WEEKLY")


def transparent(of: Content) -> Content:
    return replace(of, transparency="transparent")


@pytest.mark.parametrize(
    ("before", "after", "checked", "allowed"),
    [
        pytest.param(None, SINGLE, [FIRST], [], id="created"),
        pytest.param(None, WEEKLY, ALL_FENCES, [], id="series created"),
        pytest.param(SINGLE, replace(SINGLE, title="Another"), [], [], id="title"),
        pytest.param(SINGLE, LONGER, [FIRST, SECOND], [FIRST], id="longer"),
        pytest.param(LONGER, SINGLE, [FIRST], [FIRST], id="shorter"),
        pytest.param(
            LONGER, content("2027-03-08T00:00:00Z", "2027-03-16T00:00:00Z"), [SECOND, THIRD], [SECOND], id="later"
        ),
        pytest.param(SINGLE, content("2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z"), [FIRST], [], id="elsewhere"),
        pytest.param(SINGLE, transparent(LONGER), [], [], id="gives its time up"),
        pytest.param(transparent(SINGLE), LONGER, [FIRST, SECOND], [], id="takes time"),
        pytest.param(transparent(SINGLE), transparent(LONGER), [], [], id="takes none"),
        pytest.param(WEEKLY, ENDLESS, ALL_FENCES, ALL_FENCES, id="series longer"),
        pytest.param(ENDLESS, WEEKLY, ALL_FENCES, ALL_FENCES, id="series shorter"),
        pytest.param(ENDLESS, replace(ENDLESS, title="Another"), [], [], id="series' title"),
        pytest.param(
            ENDLESS, replace(ENDLESS, end=content(end="2027-03-01T11:00:00Z").end), ALL_FENCES, [], id="endless"
        ),
        pytest.param(SINGLE, ENDLESS, ALL_FENCES, ALL_FENCES, id="becomes a series"),
        pytest.param(WEEKLY, SINGLE, ALL_FENCES, ALL_FENCES, id="a series no more"),
        pytest.param(transparent(WEEKLY), ENDLESS, ALL_FENCES, [], id="series takes time"),
        pytest.param(WEEKLY, transparent(ENDLESS), [], [], id="series gives its time up"),
    ],
)
def test_fences_of_time_that_is_taken_or_kept_elsewhere_in_the_index_move(
    before: Content | None, after: Content, checked: Sequence[str], allowed: Sequence[str]
) -> None:
    written = replace(event(), content=after)
    previous = None if before is None else replace(event(), content=before)
    assert [*fences_moved(written, previous, newly_taken(written, previous))] == [*checked]
    assert [*fences_moved(written, previous, None)] == [*allowed]


def test_what_is_deleted_or_was_keeps_no_time() -> None:
    deleted, written = event(kind="delete"), replace(event(), content=LONGER)
    assert fences_moved(deleted, written, None) == []
    assert fences_moved(written, deleted, None) == []
