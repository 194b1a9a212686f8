"""Series in shared calendars: what each role reads of them, and what takes its time in all."""

from typing import Any, Final

import pytest

from tests.harness.openapi_document import check
from tests.integration.sharing.people import People

WEEKLY: Final = {
    "title": "Secret talks",
    "start": "2027-03-01T09:00:00Z",
    "end": "2027-03-01T10:00:00Z",
    "time_zone": "UTC",
    "recurrence": {"rule": "FREQ=WEEKLY", "excluded": ["20270315T090000"]},
}
WINDOW: Final[dict[str, Any]] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-23T00:00:00Z"}
TAKEN: Final = [{"start": f"2027-03-{day}T09:00:00Z", "end": f"2027-03-{day}T10:00:00Z"} for day in ("01", "08", "22")]


def shared(people: People, role: str) -> str:
    """A calendar of Ada's with a series, to which Bob is admitted. Returns its path."""
    path = people.calendar("ada")
    made = people("ada")("POST", f"{path}/events", WEEKLY)
    assert made.status == 201, made
    people.admitted(path, "bob", role)
    return path


def windows(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"start": each["start"], "end": each["end"]} for each in events]


@pytest.mark.parametrize("role", ["viewer", "booker", "editor", "owner"])
def test_who_reads_a_calendar_reads_occurrences(people: People, role: str) -> None:
    path = shared(people, role)
    listed = people("bob")("GET", f"{path}/events", **WINDOW)
    # A booker reads what they have booked, and nothing else.
    assert windows(listed.body["items"]) == ([] if role == "booker" else TAKEN)


@pytest.mark.parametrize("role", ["free_busy", "viewer", "booker", "editor"])
def test_every_role_sees_when_the_time_is_taken(people: People, role: str) -> None:
    path = shared(people, role)
    assert people("bob")("GET", f"{path}/free-busy", **WINDOW).body["busy"] == TAKEN
    asked = {"calendars": [path.rpartition("/")[2]], **WINDOW, "slot_minutes": 60}
    found = people("bob")("POST", "/free-busy", asked)
    check("POST", "/free-busy", found)
    assert found.body["calendars"][0]["busy"] == TAKEN
    assert [each["end"] for each in found.body["free"]] == [*(each["start"] for each in TAKEN), WINDOW["to"]]
    assert "Secret" not in found.text


def test_a_time_is_found_in_which_no_calendar_has_an_occurrence(people: People) -> None:
    one, other = people.calendar("ada"), people.default("ada")
    assert people("ada")("POST", f"{one}/events", WEEKLY).status == 201
    daily = {**WEEKLY, "start": "2027-03-01T10:00:00Z", "end": "2027-03-01T11:30:00Z"}
    assert people("ada")("POST", f"{other}/events", {**daily, "recurrence": {"rule": "FREQ=DAILY"}}).status == 201
    hours = {"from": "2027-03-08T09:00:00Z", "to": "2027-03-09T12:00:00Z"}
    days = {"between": ["09:00", "12:00"], "time_zone": "UTC", "slot_minutes": 30}
    found = people("ada")(
        "POST", "/free-busy", {"calendars": [one.rpartition("/")[2], other.rpartition("/")[2]], **hours, **days}
    )
    assert found.body["free"] == [
        {"start": "2027-03-08T11:30:00Z", "end": "2027-03-08T12:00:00Z"},
        {"start": "2027-03-09T09:00:00Z", "end": "2027-03-09T10:00:00Z"},
        {"start": "2027-03-09T11:30:00Z", "end": "2027-03-09T12:00:00Z"},
    ]


@pytest.mark.parametrize(("role", "told"), [("booker", False), ("editor", True)])
def test_a_conflict_tells_of_an_occurrence_what_may_be_read(people: People, role: str, told: bool) -> None:
    path = shared(people, role)
    single = {"title": "Mine", "start": "2027-03-22T09:30:00Z", "end": "2027-03-22T09:45:00Z"}
    refused = people("bob")("POST", f"{path}/events", single)
    assert refused.status == 409, refused
    (conflict,) = refused.body["conflicts"]
    assert (conflict["start"], conflict["end"]) == (TAKEN[2]["start"], TAKEN[2]["end"])
    assert ("Secret talks" in refused.text, "20270322T090000" in refused.text) == (told, told)
    assert refused.body["next_free"] == "2027-03-22T10:00:00Z"
