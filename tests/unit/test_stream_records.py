"""Records of items in which a script has written what the API cannot read."""

from typing import Any

import pytest

from shared import ids
from shared.history.changes import Change, UnreadableRecordError
from shared.store import keys
from shared.store.codec import Item, erased_attributes, event_attributes, event_of
from shared.store.stream import change_in, version_item
from tests.harness.samples import event, new_id

EVENT = event()
KEY = keys.event_key(EVENT.calendar_id, EVENT.id)
WHOLE: Item = {**KEY, **event_attributes(EVENT), "span": {"S": keys.span(EVENT)}}
NO_TEXT = {"N": "1"}
# Parts of a stamp that only the change tells that made it.
PARTS = ["changed_by", "operation_id", "on_conflict", "reason", "rolled_back_to"]


def record(kind: str, old: Item | None, new: Item | None) -> dict[str, Any]:
    images = {name: image for name, image in (("OldImage", old), ("NewImage", new)) if image is not None}
    made = {"Keys": KEY, "SequenceNumber": "12", "ApproximateCreationDateTime": 1_795_338_000.5}
    return {"eventName": kind, "dynamodb": {**made, **images}}


def version_of(of: dict[str, Any]) -> Item:
    change = change_in(of)
    assert isinstance(change, Change)
    return version_item(change)


@pytest.mark.parametrize("part", PARTS)
def test_a_change_of_the_api_is_recorded_whatever_the_stamp_before_it_said(part: str) -> None:
    # A conditional update reads nothing, and takes away what was said before.
    after = {**WHOLE, "history_id": {"S": new_id()}, "version": {"N": "2"}, "title": {"S": "Retro"}}
    made = version_of(record("MODIFY", {**WHOLE, part: NO_TEXT}, after))
    assert (made["sk"], made["version"], made["title"]) == (after["history_id"], {"N": "2"}, {"S": "Retro"})
    assert made["changed_by"] == WHOLE["changed_by"]


@pytest.mark.parametrize("part", PARTS)
def test_a_change_around_the_api_is_recorded_whatever_it_says_of_itself(part: str) -> None:
    broken = {**WHOLE, part: NO_TEXT}
    for of, kind in ((record("MODIFY", WHOLE, broken), "update"), (record("REMOVE", broken, None), "delete")):
        made = version_of(of)
        assert (made["change_type"], made["changed_by"], made["follows"]) == (
            {"S": kind},
            {"S": "external"},
            {"N": "1"},
        )
        assert "reason" not in made
        assert "operation" not in made


@pytest.mark.parametrize("part", [*PARTS, "title", "start"])
def test_a_change_with_a_stamp_of_its_own_has_to_be_readable(part: str) -> None:
    with pytest.raises(UnreadableRecordError):
        change_in(record("MODIFY", WHOLE, {**WHOLE, "history_id": {"S": new_id()}, part: NO_TEXT}))


@pytest.mark.parametrize("part", ["change_type", "version"])
def test_of_a_stamp_before_neither_type_nor_number_has_to_be_readable(part: str) -> None:
    after = {**WHOLE, "history_id": {"S": new_id()}, "version": {"N": "2"}}
    made = version_of(record("MODIFY", {**WHOLE, part: {"L": []}}, after))
    assert (made["sk"], made["version"]) == (after["history_id"], {"N": "2"})


@pytest.mark.parametrize("part", ["change_type", "version"])
def test_of_a_change_around_the_api_neither(part: str) -> None:
    made = version_of(record("MODIFY", WHOLE, {**WHOLE, part: {"L": []}}))
    assert (made["change_type"], made["changed_by"]) == ({"S": "update"}, {"S": "external"})


@pytest.mark.parametrize("part", ["change_type", "version"])
def test_what_only_cleans_up_is_no_change_whatever_else_it_says(part: str) -> None:
    by_ttl = record("REMOVE", {**WHOLE, part: {"L": []}}, None)
    by_ttl["userIdentity"] = {"principalId": "dynamodb.amazonaws.com"}
    assert change_in(by_ttl) is None


# A random UUID of a script: as a UUIDv7 it would be of the year 10488.
FAR = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


def test_an_id_of_a_later_year_than_any_calendar_has_is_recorded() -> None:
    spoilt = {**WHOLE, "history_id": {"S": FAR}}
    made = version_of(record("MODIFY", WHOLE, spoilt))
    assert (made["sk"], made["changed_at"]) == ({"S": FAR}, WHOLE["changed_at"])
    for of in (record("MODIFY", spoilt, {**spoilt, "title": {"S": "Retro"}}), record("REMOVE", spoilt, None)):
        made = version_of(of)
        assert made["changed_by"] == {"S": "external"}
        assert made["sk"]["S"] > FAR


def test_a_type_of_change_that_is_not_known_stays_what_it_is() -> None:
    after = {**WHOLE, "history_id": {"S": new_id()}, "change_type": {"S": "import"}}
    assert version_of(record("MODIFY", WHOLE, after))["change_type"] == {"S": "import"}


def test_a_time_of_a_record_that_no_clock_has_makes_it_unreadable() -> None:
    odd = record("MODIFY", WHOLE, {**WHOLE, "title": {"S": "Retro"}})
    odd["dynamodb"]["ApproximateCreationDateTime"] = 1e300
    with pytest.raises(UnreadableRecordError):
        change_in(odd)


def test_a_change_around_the_api_is_later_than_what_it_changes_whenever_the_record_was_made() -> None:
    at = ids.milliseconds_of(EVENT.history_id)
    for seconds in (at / 1000 - 5, at / 1000, 0):
        of = record("MODIFY", WHOLE, {**WHOLE, "title": {"S": "Retro"}})
        of["dynamodb"] |= {"ApproximateCreationDateTime": seconds, "SequenceNumber": "1"}
        assert version_of(of)["sk"]["S"] > EVENT.history_id


ERASED: Item = {**KEY, **erased_attributes(EVENT.calendar_id, EVENT.id, 1_795_338_000)}
UNREADABLE: Item = {**WHOLE, "history_id": NO_TEXT, "start": NO_TEXT}


@pytest.mark.parametrize("old", [WHOLE, UNREADABLE, {**WHOLE, "change_type": {"S": "delete"}}])
def test_an_erasure_makes_no_version_whatever_it_overwrites(old: Item) -> None:
    assert change_in(record("MODIFY", old, ERASED)) is None
    assert change_in(record("INSERT", None, ERASED)) is None


def test_the_removal_of_what_an_erasure_has_left_makes_no_version() -> None:
    assert change_in(record("REMOVE", ERASED, None)) is None
    # Nor does it if a version of the code that erases leaves less.
    assert change_in(record("REMOVE", {**KEY, "erased_at": {"N": "1"}}, None)) is None


def test_what_is_made_where_something_was_erased_is_recorded() -> None:
    made = version_of(record("MODIFY", ERASED, WHOLE))
    assert (made["sk"], made["title"]) == (WHOLE["history_id"], WHOLE["title"])
    assert "erased_at" not in made


def test_an_erased_event_reads_as_one_that_was_deleted_too_long_ago() -> None:
    erased = event_of(ERASED)
    assert erased.expired(1_795_338_000)
    assert (erased.content.title, erased.content.description, erased.uid) == ("", "", None)


def test_a_version_of_an_item_without_an_index_key_is_in_the_index_all_the_same() -> None:
    placed = version_of(record("INSERT", None, WHOLE))
    assert placed["span"] == WHOLE["span"]
    bare = {name: value for name, value in WHOLE.items() if name != "span"}
    made = version_of(record("INSERT", None, bare))
    assert made["span"] == {"S": f"unplaced#{EVENT.history_id}"}
    assert made["calendar"] == {"S": f"CAL#{EVENT.calendar_id}"}
