"""What a read leaves out is read as well: pages of a query, and keys that a batch did not get to."""

import pytest

from shared.errors import COLLISIONS_SHOWN, EventConflict, Unavailable
from shared.scheduling.conflicts import FIRST_LOOK
from shared.scheduling.events import Content, Event
from shared.scheduling.free_time import FIRST_READ
from shared.scheduling.instants import shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.range_reader import ROUNDS
from shared.scheduling.terms import Terms
from tests.harness.botocore_faults import COMMIT, QUERY, READ, Document
from tests.integration.conflicts.broken_guards import FirstPages
from tests.integration.conflicts.changes import ASIDE, CHANGES, END, HOT, RIVAL, START, Change, same
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

HOUR, DAY = 3600, 24 * 3600
# The longest and the shortest event of each length class, in seconds.
CLASSES = ((4 * HOUR, 60), (3 * DAY, 4 * HOUR + 1), (31 * DAY, 3 * DAY + 1), (366 * DAY, 31 * DAY + 1))
PAGE = 10


def _shorten_pages(contended: ContendedCalendar) -> None:
    """Lets a page of events have PAGE of them at most; of series, all of them are read anyway."""
    contended.wire.rewrite(
        QUERY, lambda request: request.update(Limit=min(PAGE, request["Limit"])) if "Limit" in request else None
    )


def _of_events(contended: ContendedCalendar) -> list[Document]:
    """The Queries of events, in order: that of the series, beside the first of them, has no limit."""
    return [each for each in contended.wire.requests[QUERY] if "Limit" in each]


def crowded(contended: ContendedCalendar, longest: int, shortest: int) -> Event:
    """An event in the way of HOT that starts before many of its class, which could be so, too, and end before.

    A page of AWS's ends at 1 MB before the filter, one of DynamoDB Local's at 1 MB of what the filter leaves: so here a
    smaller limit makes the pages end.
    """
    first = shifted(START, 1 - longest)
    crowd = [content(shifted(first, each), shifted(first, each + shortest)) for each in range(1, PAGE * 3 + 1)]
    assert max(each.end for each in crowd) <= START
    contended.rival_bulk(crowd)
    _shorten_pages(contended)
    return contended.rival().create(content(first, shifted(first, longest)), Terms(on_conflict="allow"))


@pytest.mark.parametrize(("longest", "shortest"), CLASSES)
def test_the_event_in_the_way_is_on_a_later_page(contended: ContendedCalendar, longest: int, shortest: int) -> None:
    blocking = crowded(contended, longest, shortest)

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert [each.id for each in caught.value.collisions] == [blocking.id]
    # Four pages of the class, one of each of the others, and then the search for a free time.
    assert contended.wire.order[:10] == [READ, *[QUERY] * 8, QUERY]
    highs = [request["ExpressionAttributeValues"][":high"]["S"] for request in _of_events(contended)[4:7]]
    assert highs == sorted({*highs}, reverse=True), "each begins where the one before has ended"


@pytest.mark.parametrize(("longest", "shortest"), CLASSES)
def test_the_guard_that_reads_first_pages_only_books_twice(
    contended: ContendedCalendar, longest: int, shortest: int
) -> None:
    blocking = crowded(contended, longest, shortest)
    contended.make_store = FirstPages

    written = contended.subject().create(HOT)

    assert contended.live()[written.id].content.interval.overlaps(
        Interval(blocking.content.start, blocking.content.end)
    )


def test_more_than_a_megabyte_may_be_in_the_way(contended: ContendedCalendar) -> None:
    large = Content(title="ä" * 200, start=START, end=END, description="ä" * 2000, location="ä" * 500)
    crowd, _ = contended.rival_bulk([large] * 250)

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert {each.id for each in caught.value.collisions} < {event.id for event in crowd}
    assert str(caught.value) == "overlaps at least 20 events"


def test_a_refusal_reads_no_further_than_it_has_to(contended: ContendedCalendar) -> None:
    for _ in range(3):
        contended.rival_bulk([HOT] * 1_000)

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert len(caught.value.collisions) > COLLISIONS_SHOWN
    asked = _of_events(contended)
    assert [request["Limit"] for request in asked[:8]] == [FIRST_LOOK] * 4 + [FIRST_READ] * 4
    assert len(asked) <= 8 + 4 * (ROUNDS - 1)
    assert (caught.value.next_free, caught.value.next_free_search) == (END, "found")


def test_a_crowd_that_is_over_or_transparent_is_no_reason_to_refuse(contended: ContendedCalendar) -> None:
    before = content(shifted(START, -HOUR), START)
    shown = content(START, END, transparency="transparent")
    contended.rival_bulk([before] * (FIRST_LOOK + 10) + [shown] * (FIRST_LOOK + 10))

    written = contended.subject().create(HOT)

    assert contended.live()[written.id].content == HOT
    assert contended.wire.calls[QUERY] == 6, "the class of short events is read to its end"


def test_behind_a_crowd_that_is_over_all_collisions_are_counted(contended: ContendedCalendar) -> None:
    before = content(shifted(START, -HOUR), START)
    contended.rival_bulk([before] * (FIRST_LOOK + 10))
    inside = [content(shifted(START, each), END) for each in range(COLLISIONS_SHOWN)]
    events, _ = contended.rival_bulk(inside)

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert [each.id for each in caught.value.collisions] == [event.id for event in events]
    assert str(caught.value) == "overlaps 20 event(s)"


def test_a_refusal_behind_a_crowd_that_is_over_is_of_as_many_rounds_as_a_listing(contended: ContendedCalendar) -> None:
    contended.rival_bulk([content(shifted(START, -HOUR), START)] * 100)
    _shorten_pages(contended)
    blocking = contended.rival().create(content(shifted(START, HOUR // 2), END), Terms(on_conflict="allow"))

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert [each.id for each in caught.value.collisions] == [blocking.id]
    assert str(caught.value) == "overlaps at least 1 event(s)"
    assert caught.value.next_free_search == "stopped"
    assert contended.wire.calls[QUERY] <= 2 * (5 + ROUNDS - 1)


def _leave_out(answer: Document, count: int) -> None:
    """As if the answer had ended before its last `count` items."""
    ((table, items),) = answer["Responses"].items()
    kept, left = items[:-count], items[-count:]
    answer["Responses"][table] = kept
    keys = [{name: item[name] for name in ("pk", "sk")} for item in left]
    answer["UnprocessedKeys"] = {table: {"Keys": keys, "ConsistentRead": True}}


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_keys_left_unprocessed_are_read_before_the_queries(
    contended: ContendedCalendar, change: Change, count: int
) -> None:
    before = change.prepare(contended)
    contended.rival().create(content(shifted(START, -7200 - DAY), shifted(START, -DAY)))
    contended.rival().create(ASIDE)  # so that both weeks have a fence
    contended.wire.edit(READ, lambda answer: _leave_out(answer, count))

    written = change.act(contended.subject(), before)

    assert same(change, contended.live()[written.id])
    assert [each for each in contended.wire.order if each != "GetItem"] == [READ, READ, *[QUERY] * 5, COMMIT]
    again = contended.wire.requests[READ][1]["RequestItems"]
    assert [(len(each["Keys"]), each["ConsistentRead"]) for each in again.values()] == [(count, True)]


@pytest.mark.parametrize("count", [1, 2])
def test_a_rival_between_two_reads_of_fences_is_not_overlooked(contended: ContendedCalendar, count: int) -> None:
    contended.rival().create(content(shifted(START, -7200 - DAY), shifted(START, -DAY)))
    contended.rival().create(ASIDE)
    rivals = []

    def rival_then_leave_out(answer: Document) -> None:
        _leave_out(answer, count)
        rivals.append(contended.rival().create(RIVAL))

    contended.wire.edit(READ, rival_then_leave_out)

    with pytest.raises(EventConflict) as caught:
        contended.subject().create(HOT)

    assert [each.id for each in caught.value.collisions] == [rivals[0].id]


def test_keys_left_unprocessed_to_the_end_are_nothing_written(contended: ContendedCalendar) -> None:
    contended.rival().create(ASIDE)

    def leave_all_out(answer: Document) -> None:
        answer["Responses"] = {table: [] for table in answer["Responses"]}
        answer["UnprocessedKeys"] = contended.wire.requests[READ][-1]["RequestItems"]

    contended.wire.edit(READ, leave_all_out, always=True)

    with pytest.raises(Unavailable, match="nothing was written"):
        contended.subject(seconds=2.0).create(HOT)

    assert contended.clock.elapsed <= 2.0
    assert contended.wire.calls[COMMIT] == 0
