"""Many people want the same hour of few rooms: exactly as many get one as there are rooms."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier

from shared.errors import EventConflict
from shared.ids import CalendarId
from shared.runtime import Runtime
from shared.scheduling.events import Event
from shared.scheduling.terms import DEFAULT_TERMS, Terms
from shared.store.bookings import DynamoBookingStore
from tests.harness.samples import content
from tests.harness.sharing import new_user
from tests.integration.conflicts.contended_calendar import double_bookings, event_items
from tests.integration.sharing.bookers import Booker, on_clients_of_their_own, rooms
from tests.integration.sharing.booking_races import MEETING_SECONDS
from tests.integration.sharing.broken_bookings import HomesFencesOnly

ROUNDS = int(os.environ.get("RUSH_ROUNDS", "3"))
MUTANT_ROUNDS = 20
PEOPLE = 16
CLIENTS = 4


@dataclass(frozen=True)
class Rush:
    """What came of a rush: the events written, each attempt count, and what the rooms hold."""

    written: Sequence[Event]
    refused: Sequence[EventConflict]
    attempts: Sequence[int]
    rooms: Sequence[CalendarId]
    held: Sequence[Sequence[Event]]

    @property
    def double_bookings(self) -> int:
        """Returns how many pairs take the same time of a room."""
        return sum(len(double_bookings(each)) for each in self.held)


def rush(
    runtime: Runtime,
    wired: Sequence[Runtime],
    count: int,
    *,
    any_of: bool,
    store: type[DynamoBookingStore] = DynamoBookingStore,
) -> Rush:
    """People, each with their own calendar as home, who all want the same hour of one of `count` rooms, or `any_of`."""
    shared = rooms(runtime, count)
    people = [Booker(wired[at % len(wired)], new_user(), store) for at in range(PEOPLE)]
    barrier = Barrier(PEOPLE)

    def book(at: int) -> Event | EventConflict:
        wanted, terms = content(), Terms(any_of=tuple(shared))
        if not any_of:
            wanted, terms = replace(wanted, calendars=(shared[at % count],)), DEFAULT_TERMS
        barrier.wait(MEETING_SECONDS)
        calendar = people[at].calendar(people[at].request(people[at].default))
        try:
            return calendar.create(wanted, terms)
        except EventConflict as refusal:
            return refusal

    with ThreadPoolExecutor(PEOPLE) as threads:
        made = list(threads.map(book, range(PEOPLE)))
    return Rush(
        [each for each in made if isinstance(each, Event)],
        [each for each in made if isinstance(each, EventConflict)],
        [each.pauses + 1 for each in people],
        shared,
        [event_items(runtime, each) for each in shared],
    )


def story(rushes: Sequence[Rush]) -> str:
    """Returns the figures of rushes."""
    attempts = [each for played in rushes for each in played.attempts]
    return (
        f"{len(rushes)} rounds, {len(attempts)} requests: {sum(len(each.written) for each in rushes)} written, "
        f"{sum(len(each.refused) for each in rushes)} refused, {sum(each.double_bookings for each in rushes)} double "
        f"bookings; attempts, mean/most: {sum(attempts) / len(attempts):.2f}/{max(attempts)}"
    )


def test_each_of_two_rooms_is_had_by_one_person(dynamodb_runtime: Runtime, tell: Callable[[str], None]) -> None:
    wired = on_clients_of_their_own(dynamodb_runtime, CLIENTS)
    rushes = [rush(dynamodb_runtime, wired, 2, any_of=False) for _ in range(ROUNDS)]
    tell(f"person and room: {story(rushes)}")
    for each in rushes:
        assert (len(each.written), len(each.refused), each.double_bookings) == (2, PEOPLE - 2, 0)
        assert {event.content.calendars for event in each.written} == {(room,) for room in each.rooms}


def test_two_rooms_are_had_by_more_if_their_fences_do_not_move(
    dynamodb_runtime: Runtime, tell: Callable[[str], None]
) -> None:
    wired = on_clients_of_their_own(dynamodb_runtime, CLIENTS)
    rushes: list[Rush] = []
    while len(rushes) < MUTANT_ROUNDS and not any(each.double_bookings for each in rushes):
        rushes.append(rush(dynamodb_runtime, wired, 2, any_of=False, store=HomesFencesOnly))
    tell(f"mutant, person and room, the home's fences only: {story(rushes)}")
    assert any(each.double_bookings for each in rushes)


def test_any_of_six_rooms_is_had_by_six_people(dynamodb_runtime: Runtime, tell: Callable[[str], None]) -> None:
    wired = on_clients_of_their_own(dynamodb_runtime, CLIENTS)
    rushes = [rush(dynamodb_runtime, wired, 6, any_of=True) for _ in range(ROUNDS)]
    tell(f"any of several: {story(rushes)}")
    for each in rushes:
        assert (len(each.written), len(each.refused), each.double_bookings) == (6, PEOPLE - 6, 0)
        assert Counter(event.content.calendars for event in each.written) == {(room,): 1 for room in each.rooms}
        assert all({found.calendar_id for found in refusal.collisions} == {*each.rooms} for refusal in each.refused)
