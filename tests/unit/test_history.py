import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pytest

from shared import ids
from shared.errors import InvalidCursor, NotFound, NotRecordedYet
from shared.history.reading import PENDING_SHOWN, History, Page
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import NS_PER_MILLISECOND
from shared.scheduling.events import STREAM_RETENTION_MS, Event
from tests.harness.samples import OWNER, event, new_id, request

EVENT_ID = EventId(new_id())


@dataclass
class Recorded:
    """What the history table has of one event, and the live event."""

    versions: Sequence[Event]
    live: Event | None = None

    def page(
        self, calendar_id: CalendarId, event_id: EventId, limit: int, before: HistoryId | None
    ) -> tuple[list[Event], bool, Event | None]:
        assert (calendar_id, event_id) == (OWNER, EVENT_ID)
        below = [each for each in self._newest_first() if before is None or each.history_id < before]
        return below[:limit], len(below) > limit, self.live

    def read(
        self, calendar_id: CalendarId, event_id: EventId, history_ids: Iterable[HistoryId]
    ) -> tuple[dict[HistoryId, Event], Event | None]:
        assert (calendar_id, event_id) == (OWNER, EVENT_ID)
        return {each.history_id: each for each in self.versions if each.history_id in set(history_ids)}, self.live

    def neighbours(
        self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId
    ) -> tuple[Event | None, Event | None]:
        assert (calendar_id, event_id) == (OWNER, EVENT_ID)
        older = [each for each in self._newest_first() if each.history_id < history_id]
        newer = [each for each in self._newest_first() if each.history_id > history_id]
        return next(iter(older), None), next(reversed(newer), None)

    def newest(self, calendar_id: CalendarId, event_id: EventId, below: HistoryId) -> tuple[Event | None, Event | None]:
        return self.neighbours(calendar_id, event_id, below)[0], self.live

    def latest_two(self, calendar_id: CalendarId, event_id: EventId) -> tuple[list[Event], Event | None]:
        assert (calendar_id, event_id) == (OWNER, EVENT_ID)
        return self._newest_first()[:2], self.live

    def _newest_first(self) -> list[Event]:
        return sorted(self.versions, key=lambda each: each.history_id, reverse=True)


def versions(*numbers: int) -> dict[int, Event]:
    return {number: event(event_id=EVENT_ID, version=number) for number in numbers}


def history(recorded: Sequence[Event], live: Event | None, *, after_ms: int = 1_000) -> History:
    """The history `after_ms` after the latest of its versions."""
    latest = max(each.history_id for each in (*recorded, *([live] if live else []))) if recorded or live else new_id()
    now_ms = ids.milliseconds_of(latest) + after_ms
    return History(Recorded(recorded, live), request(now_ns=now_ms * NS_PER_MILLISECOND))


def numbers(page: Page) -> list[int]:
    return [each.stamp.version for each in page.versions]


def test_versions_are_listed_newest_first() -> None:
    made = versions(1, 2, 3)
    page = history([*made.values()], made[3]).page(EVENT_ID, 10, None)
    assert (numbers(page), page.pending, page.next_cursor) == ([3, 2, 1], [], None)


def test_the_latest_is_there_before_the_stream_has_brought_it() -> None:
    made = versions(1, 2)
    page = history([made[1]], made[2]).page(EVENT_ID, 10, None)
    assert (numbers(page), page.pending) == ([2, 1], [])
    page = history([], made[1]).page(EVENT_ID, 10, None)
    assert (numbers(page), page.pending) == ([1], [])


def test_versions_on_their_way_are_named_as_pending() -> None:
    made = versions(1, 2, 3, 4, 5)
    page = history([made[1], made[3]], made[5]).page(EVENT_ID, 10, None)
    assert (numbers(page), page.pending) == ([5, 3, 1], [4, 2])
    assert history([], made[3]).page(EVENT_ID, 10, None).pending == [2, 1]


def test_the_oldest_are_not_awaited_once_the_stream_has_forgotten_them() -> None:
    made = versions(4, 5)
    assert history([made[4]], made[5]).page(EVENT_ID, 10, None).pending == [3, 2, 1]
    late = history([made[4]], made[5], after_ms=STREAM_RETENTION_MS + 60_000)
    assert late.page(EVENT_ID, 10, None).pending == []


def test_no_more_than_a_hundred_are_named_as_pending() -> None:
    made = versions(1, 500)
    pending = history([made[1]], made[500]).page(EVENT_ID, 10, None).pending
    assert pending == list(range(499, 499 - PENDING_SHOWN, -1))


def test_pages_follow_one_another_with_no_version_lost_or_twice() -> None:
    made = versions(1, 2, 4, 5, 6, 7)
    for recorded in ([*made.values()], [each for number, each in made.items() if number != 7]):
        reader = history(recorded, made[7])
        seen: list[int] = []
        pending: list[int] = []
        cursor = None
        while True:
            page = reader.page(EVENT_ID, 2, cursor)
            seen += numbers(page)
            pending += page.pending
            cursor = page.next_cursor
            if cursor is None:
                break
        assert (seen, pending) == ([7, 6, 5, 4, 2, 1], [3])


def test_a_change_around_the_api_is_listed_as_newest_although_the_live_event_keeps_its_old_id() -> None:
    made = versions(1, 2)
    derived = replace(made[2], stamp=replace(made[2].stamp, history_id=new_id(), changed_by="external"))
    reader = history([made[1], made[2], derived], made[2])
    page = reader.page(EVENT_ID, 1, None)
    assert [each.history_id for each in page.versions] == [derived.history_id]
    rest = reader.page(EVENT_ID, 10, page.next_cursor)
    assert [each.history_id for each in rest.versions] == [made[2].history_id, made[1].history_id]
    assert [*page.pending, *rest.pending] == []


def test_an_event_that_never_was_has_no_history() -> None:
    with pytest.raises(NotFound, match="no such event"):
        history([], None).page(EVENT_ID, 10, None)


def test_an_event_that_is_gone_keeps_its_history() -> None:
    made = versions(1, 2)
    assert numbers(history([*made.values()], None).page(EVENT_ID, 10, None)) == [2, 1]


def made_up(cursor: str, **change: str) -> str:
    document = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) | change
    return urlsafe_b64encode(json.dumps(document).encode()).decode()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"event": OWNER}, "^belongs to another query$"),
        ({"query": "window"}, "^belongs to another query$"),
        ({"before": ""}, "^is no cursor of this API$"),
        ({"before": "x"}, "^is no cursor of this API$"),
        ({"before": "\0"}, "^is no cursor of this API$"),
        ({"before": "\ud800"}, "^is no cursor of this API$"),
        ({"before": "f" * 700}, "^is no cursor of this API$"),
        ({"version": ""}, "^is no cursor of this API$"),
        ({"version": "-1"}, "^is no cursor of this API$"),
        ({"version": "1.5"}, "^is no cursor of this API$"),
        ({"version": "9" * 13}, "^is no cursor of this API$"),
        ({"version": "\uff11"}, "^is no cursor of this API$"),
    ],
    ids=str,
)
def test_a_cursor_that_somebody_made_up_is_refused(change: dict[str, str], fault: str) -> None:
    made = versions(1, 2, 3)
    reader = history([*made.values()], made[3])
    cursor = reader.page(EVENT_ID, 1, None).next_cursor
    assert cursor is not None
    with pytest.raises(InvalidCursor, match=fault):
        reader.page(EVENT_ID, 1, made_up(cursor, **change))


def test_a_cursor_that_counts_from_a_number_made_up_names_no_more_than_a_hundred() -> None:
    made = versions(1, 2, 3)
    reader = history([*made.values()], made[3])
    cursor = reader.page(EVENT_ID, 1, None).next_cursor
    assert cursor is not None
    assert len(reader.page(EVENT_ID, 1, made_up(cursor, version="9" * 12)).pending) == PENDING_SHOWN
    assert reader.page(EVENT_ID, 1, made_up(cursor, version="0")).pending == []


def test_versions_are_read_in_the_order_asked_for_and_the_latest_from_the_live_event() -> None:
    made = versions(1, 2)
    reader = history([made[1]], made[2])
    assert reader.versions(EVENT_ID, made[2].history_id, made[1].history_id) == [made[2], made[1]]
    assert reader.versions(EVENT_ID, made[1].history_id, made[1].history_id) == [made[1], made[1]]


def test_what_was_recorded_counts_more_than_a_live_event_changed_around_the_api() -> None:
    made = versions(1)
    changed = replace(made[1], content=replace(made[1].content, title="by hand"))
    assert history([made[1]], changed).versions(EVENT_ID, made[1].history_id) == [made[1]]


def test_a_version_on_its_way_is_not_recorded_yet() -> None:
    made = versions(1, 2, 3)
    for recorded in ([made[1]], [made[1], made[3]]):
        with pytest.raises(NotRecordedYet):
            history(recorded, made[3]).versions(EVENT_ID, made[2].history_id)
    with pytest.raises(NotRecordedYet):
        history([], made[3]).versions(EVENT_ID, made[1].history_id)


def test_a_version_that_never_was_is_not_found() -> None:
    made = versions(1, 2, 3)
    between = ids.derived_id(ids.milliseconds_of(made[2].history_id), 1)
    everything = history([*made.values()], made[3])
    for history_id in (
        new_id(),
        HistoryId("00000000-0000-0000-0000-000000000000"),
        HistoryId("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        between,
    ):
        with pytest.raises(NotFound, match="no such version"):
            everything.versions(EVENT_ID, history_id)


def test_a_version_that_the_stream_has_forgotten_is_not_awaited() -> None:
    made = versions(1, 2, 3)
    with pytest.raises(NotFound):
        history([made[1]], made[3], after_ms=STREAM_RETENTION_MS + 60_000).versions(EVENT_ID, made[2].history_id)


def test_two_versions_are_compared_unless_told_the_latest_with_the_one_before_it() -> None:
    made = versions(1, 2, 3)
    one, two, three = (made[number].history_id for number in (1, 2, 3))
    for recorded in ([*made.values()], [made[1], made[2]]):
        reader = history(recorded, made[3])
        assert reader.to_compare(EVENT_ID, None, None) == [made[2], made[3]]
        assert reader.to_compare(EVENT_ID, one, None) == [made[1], made[3]]
        assert reader.to_compare(EVENT_ID, None, two) == [made[1], made[2]]
        assert reader.to_compare(EVENT_ID, three, one) == [made[3], made[1]]


def test_there_is_nothing_before_the_first_version() -> None:
    made = versions(1, 2)
    with pytest.raises(NotFound):
        history([made[1]], made[1]).to_compare(EVENT_ID, None, None)
    with pytest.raises(NotFound):
        history([*made.values()], made[2]).to_compare(EVENT_ID, None, made[1].history_id)
    with pytest.raises(NotFound):
        history([], None).to_compare(EVENT_ID, None, None)


def test_the_version_before_may_be_on_its_way() -> None:
    made = versions(1, 2, 3)
    for recorded in ([], [made[1]]):
        with pytest.raises(NotRecordedYet):
            history(recorded, made[3]).to_compare(EVENT_ID, None, None)
    with pytest.raises(NotRecordedYet):
        history([made[2]], made[3]).to_compare(EVENT_ID, None, made[2].history_id)


def test_what_was_swept_is_not_awaited_to_be_compared() -> None:
    made = versions(1, 2, 3)
    late = STREAM_RETENTION_MS + 60_000
    with pytest.raises(NotFound):
        history([made[3]], made[3], after_ms=late).to_compare(EVENT_ID, None, None)
    assert history([made[1]], made[3], after_ms=late).to_compare(EVENT_ID, None, None) == [made[1], made[3]]


def moment(event: Event) -> int:
    return ids.milliseconds_of(event.history_id)


def test_an_event_is_read_as_of_a_moment() -> None:
    made = versions(1, 2, 3)
    for recorded in ([*made.values()], [made[1], made[2]]):
        reader = history(recorded, made[3])
        assert [reader.as_of(EVENT_ID, moment(made[number])) for number in (1, 2, 3)] == [made[1], made[2], made[3]]
        assert reader.as_of(EVENT_ID, moment(made[3]) + 1_000_000) == made[3]
        with pytest.raises(NotFound):
            reader.as_of(EVENT_ID, moment(made[1]) - 1)


def test_an_event_is_not_there_after_its_deletion() -> None:
    made = versions(1) | {2: event(event_id=EVENT_ID, version=2, kind="delete")}
    reader = history([*made.values()], made[2])
    assert reader.as_of(EVENT_ID, moment(made[2]) - 1) == made[1]
    with pytest.raises(NotFound):
        reader.as_of(EVENT_ID, moment(made[2]))


def test_the_version_of_a_moment_may_be_on_its_way() -> None:
    made = versions(1, 2, 3)
    reader = history([made[1]], made[3])
    with pytest.raises(NotRecordedYet):
        reader.as_of(EVENT_ID, moment(made[2]))
