"""The keys of calendars, members and names."""

from uuid import UUID

from shared.ids import CalendarId, UserId
from shared.store.access_keys import (
    STATES,
    access_partition,
    calendar_key,
    directory_key,
    invitation_key,
    list_partition,
    listed_key,
    log_key,
    member_key,
    state_key,
    state_keys,
)

CALENDAR = CalendarId("01998f00-0000-7000-8000-000000000001")
USER = UserId("01998f00-0000-7000-8000-000000000002")


def key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def test_what_belongs_to_a_calendar_is_one_partition() -> None:
    partition = f"CAL#{CALENDAR}"
    assert access_partition(CALENDAR) == partition
    assert calendar_key(CALENDAR) == key(partition, "CALENDAR")
    assert member_key(CALENDAR, USER) == key(partition, f"MEMBER#{USER}")
    assert invitation_key(CALENDAR, "abc") == key(partition, "INVITE#abc")
    assert log_key(CALENDAR, "id") == key(partition, "LOG#id")
    assert state_keys(CALENDAR) == [key(partition, f"STATE#{index}") for index in range(8)]


def test_a_users_list_is_another_one() -> None:
    assert list_partition(USER) == f"USER#{USER}"
    assert listed_key(USER, CALENDAR) == key(f"USER#{USER}", f"CAL#{CALENDAR}")


def test_users_are_spread_over_the_copies_of_a_state_and_each_has_one() -> None:
    users = [UserId(str(UUID(int=number))) for number in range(400)]
    chosen = [state_key(CALENDAR, user) for user in users]
    assert chosen == [state_key(CALENDAR, user) for user in users]
    counts = [chosen.count(each) for each in state_keys(CALENDAR)]
    assert sum(counts) == len(users)
    assert min(counts) > len(users) / STATES / 2


def test_a_name_is_found_in_any_case() -> None:
    assert directory_key("Ada") == directory_key("aDA") == {"pk": {"S": "NAME#ada"}}
