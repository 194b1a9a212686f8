"""Records of items in which a script has written what the API cannot read."""

from typing import Any

import pytest

from shared.history.changes import UnreadableRecordError
from shared.store import keys
from shared.store.codec import Item, event_attributes
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
    assert change is not None
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
