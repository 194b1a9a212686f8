"""The edges of time: where weeks, years and length classes meet, and where an event may begin and end at all."""

import pytest

from shared.errors import EventConflict
from shared.runtime import use
from shared.scheduling.fences import FENCES
from shared.scheduling.instants import FIRST, LAST, Instant, seconds_between, shifted
from tests.harness.botocore_faults import COMMIT, QUERY, READ, Document
from tests.harness.gateway import Api
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

HOUR, DAY = 3600, 24 * 3600
LONGEST = (4 * HOUR, 3 * DAY, 31 * DAY, 366 * DAY)

# Where an event of the past ends and the next begins: the borders of weeks and years, and others.
MEETINGS = (
    "2026-11-23T00:00:00Z",  # a Monday
    "2026-11-22T23:00:00Z",
    "2027-01-01T00:00:00Z",  # New Year within week 53
    "2027-01-04T00:00:00Z",  # the end of week 53
    "2024-12-30T00:00:00Z",  # a week 1 that begins in the old year
    "2024-02-29T12:00:00Z",
    "1900-01-08T00:00:00Z",
    "1970-01-01T00:00:00Z",  # where computers count from
    "1970-01-05T00:00:00Z",
    "9999-12-27T00:00:00Z",
)


def free(contended: ContendedCalendar, start: Instant, end: Instant) -> bool:
    """Whether `[start, end)` can be taken; if so, it is, and freed again."""
    try:
        event = contended.subject().create(content(start, end))
    except EventConflict:
        return False
    contended.rival().delete(event.id)
    return True


@pytest.mark.parametrize("length", [1, HOUR, *LONGEST])
@pytest.mark.parametrize("meeting", MEETINGS)
def test_events_that_touch_do_not_collide_and_one_second_more_does(
    contended: ContendedCalendar, meeting: Instant, length: int
) -> None:
    start, end = shifted(meeting, -length), meeting
    length = seconds_between(start, end)
    contended.rival().create(content(start, end))
    after, before = min(LAST, shifted(end, HOUR)), max(FIRST, shifted(start, -HOUR))

    assert free(contended, end, after)
    assert not free(contended, shifted(end, -1), after)
    assert not free(contended, start, shifted(start, 1))
    assert not free(contended, shifted(end, -1), end)
    if before < start:
        assert free(contended, before, start)
        assert not free(contended, before, shifted(start, 1))


@pytest.mark.parametrize("length", LONGEST)
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_longest_of_a_class_is_found_by_its_last_second(
    contended: ContendedCalendar, length: int, more: int
) -> None:
    length += more
    if length > LONGEST[-1]:
        length -= 1
    start = Instant("2026-12-28T00:00:01Z")
    end = shifted(start, length)
    event = contended.rival().create(content(start, end))

    for at in (start, shifted(start, length // 2), shifted(end, -1)):
        with pytest.raises(EventConflict) as caught:
            contended.subject().create(content(at, shifted(at, 1)))
        assert [each.id for each in caught.value.collisions] == [event.id]
    assert free(contended, end, shifted(end, 1))
    assert free(contended, shifted(start, -1), start)


@pytest.mark.parametrize("length", LONGEST)
@pytest.mark.parametrize("other", LONGEST)
def test_every_class_is_found_from_every_class(contended: ContendedCalendar, length: int, other: int) -> None:
    start = Instant("2026-06-03T10:00:00Z")
    end = shifted(start, length)
    event = contended.rival().create(content(start, end))

    for at in (shifted(start, 1 - other), shifted(end, -1)):
        with pytest.raises(EventConflict) as caught:
            contended.subject().create(content(at, shifted(at, other)))
        assert [each.id for each in caught.value.collisions] == [event.id]
    assert free(contended, shifted(start, -other), start)
    assert free(contended, end, shifted(end, other))


@pytest.mark.parametrize(("start", "end"), [(FIRST, shifted(FIRST, 1)), ("9999-12-31T23:59:58Z", LAST)])
def test_the_first_and_the_last_second_can_be_taken_once(
    contended: ContendedCalendar, start: Instant, end: Instant
) -> None:
    contended.subject().create(content(start, end))

    for length in (1, *LONGEST):
        begins, ends = (start, shifted(start, length)) if start == FIRST else (shifted(end, -length), end)
        with pytest.raises(EventConflict):
            contended.subject().create(content(begins, ends))


def fences(request: Document) -> list[str]:
    """The keys of the fences that a commit moves."""
    return [action["Update"]["Key"]["sk"]["S"] for action in request["TransactItems"] if "Update" in action]


@pytest.mark.parametrize(
    "start",
    [
        FIRST,
        shifted(LAST, -366 * DAY),
        "2020-01-01T00:00:00Z",
        *(shifted(Instant("2026-11-23T23:59:59Z"), day * DAY) for day in range(7)),  # a start on each day of the week
    ],
)
def test_an_event_of_a_year_moves_every_fence_once_and_commits(contended: ContendedCalendar, start: Instant) -> None:
    end = shifted(start, 366 * DAY)

    event = contended.subject().create(content(start, end))

    assert contended.live() == {event.id: event}
    moved = fences(contended.wire.requests[COMMIT][0])
    assert sorted(moved) == [f"FENCE#c{number:02d}" for number in range(FENCES)]
    assert (contended.wire.calls[READ], contended.wire.calls[QUERY], contended.wire.calls[COMMIT]) == (1, 5, 1)
    with pytest.raises(EventConflict):
        contended.subject().create(content(shifted(end, -1), end))


def test_new_years_week_53_is_one_week(contended: ContendedCalendar) -> None:
    for start, end in (
        ("2026-12-31T23:00:00Z", "2027-01-01T01:00:00Z"),
        ("2027-01-03T23:00:00Z", "2027-01-04T01:00:00Z"),
        ("2024-12-29T23:00:00Z", "2024-12-30T01:00:00Z"),
    ):
        contended.subject().create(content(Instant(start), Instant(end)))

    assert [fences(request) for request in contended.wire.requests[COMMIT]] == [
        ["FENCE#c15"],
        ["FENCE#c15", "FENCE#c00"],
        ["FENCE#c06", "FENCE#c07"],
    ]


# A local time that the clocks skip is shifted by as much (RFC 5545, section 3.3.5).
@pytest.mark.parametrize(
    ("given", "zone", "instant"),
    [
        ("2027-03-28T02:30:00", "Europe/Berlin", "2027-03-28T01:30:00Z"),
        ("2027-03-14T02:30:00", "America/New_York", "2027-03-14T07:30:00Z"),
        ("2027-10-03T02:15:00", "Australia/Lord_Howe", "2027-10-02T15:45:00Z"),
    ],
)
def test_an_event_may_begin_in_the_gap_of_its_zone(
    contended: ContendedCalendar, given: str, zone: str, instant: Instant
) -> None:
    with use(contended.runtime):
        api = Api(user_id=contended.user_id)
        end = shifted(instant, HOUR)
        created = api("POST", "/events", {"title": "Gap", "start": given, "end": end, "time_zone": zone})
        same = api("POST", "/events", {"title": "Same", "start": instant, "end": shifted(instant, 1)})
        ends = {"end": given, "time_zone": zone}
        before = api("POST", "/events", {"title": "Before", "start": shifted(instant, -60), **ends})

    assert (created.status, created.body["start"], created.body["time_zone"]) == (201, instant, zone)
    assert [each["id"] for each in same.body["conflicts"]] == [created.body["id"]]
    assert before.status == 201
    assert len(contended.live()) == 2
