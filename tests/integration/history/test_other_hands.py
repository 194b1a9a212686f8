"""Items that another hand wrote, around the API: what the API makes of them, and what the history tells of them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared import ids
from shared.history.changes import UnreadableRecordError
from shared.store.stream import change_in
from tests.harness.deployment import Deployment, Item
from tests.harness.payloads import ADA, REVIEW, created
from tests.integration.store.stored import item_of

Json = dict[str, Any]
BARE = {
    "pk": {"S": f"CAL#{ADA.user_id}"},
    "sk": {"S": "EVENT#by-hand"},
    "start": {"S": REVIEW["start"]},
    "end": {"S": REVIEW["end"]},
}
DECADE = 3650  # days: the clock of the stream is the machine's, and is to be behind that of the functions


def put(deployment: Deployment, item: Item) -> None:
    """Put an item around the API."""
    deployment.runtime.clients.dynamodb.put_item(TableName=deployment.runtime.settings.events_table, Item=item)


def history(event_id: str) -> list[Json]:
    """The versions of an event, newest first."""
    items: list[Json] = ADA("GET", f"/events/{event_id}/history").body["items"]
    return items


@pytest.mark.parametrize("value", ["tentative", "TRANSPARENT", "", "transparent "])
def test_a_transparency_that_nobody_knows_takes_time(dynamodb_deployment: Deployment, value: str) -> None:
    event_id = created()["id"]
    put(dynamodb_deployment, item_of(dynamodb_deployment, event_id) | {"transparency": {"S": value}})
    dynamodb_deployment.record()
    assert ADA("GET", f"/events/{event_id}").body["transparency"] == "opaque"
    window = f"from={REVIEW['start']}&to={REVIEW['end']}"
    assert [each["transparency"] for each in ADA("GET", f"/events?{window}").body["items"]] == ["opaque"]
    assert ADA("GET", f"/free-busy?{window}").body["busy"] == [{"start": REVIEW["start"], "end": REVIEW["end"]}]
    assert ADA("POST", "/events", REVIEW).status == 409
    told = ADA("GET", f"/events/{event_id}/history/{history(event_id)[0]['history_id']}").body
    assert (told["changed_by"], told["event"]["transparency"]) == ("external", "opaque")


@pytest.mark.parametrize("said", [{}, {"on_conflict": {"S": ""}}, {"on_conflict": {"S": "maybe"}}])
def test_a_change_around_the_api_is_told_of_in_the_words_of_the_reference(
    dynamodb_deployment: Deployment, said: Item
) -> None:
    event_id = created()["id"]
    item = item_of(dynamodb_deployment, event_id)
    put(dynamodb_deployment, {**item, "title": {"S": "by a script"}, **said})
    # The live event first, as it lies in the table; then the version that the stream has made of it.
    assert ADA("GET", f"/events/{event_id}/history").body["items"][0]["on_conflict"] == "reject"
    dynamodb_deployment.record()
    newest = history(event_id)[0]
    assert newest == {
        "history_id": newest["history_id"],
        "version": 1,
        "type": "update",
        "changed_at": ids.made_at(newest["history_id"]),
        "changed_by": "external",
        "reason": None,
        "operation_id": None,
        "on_conflict": "reject",
    }


def bare(event_id: str) -> Item:
    """The least that an event can be."""
    words = {"id": event_id, "calendar_id": ADA.user_id, "span": f"h#{REVIEW['start']}#{event_id}"}
    return {**BARE, "sk": {"S": f"EVENT#{event_id}"}, **{name: {"S": value} for name, value in words.items()}}


@pytest.mark.parametrize("stamp", [{}, {"history_id": {"S": ids.derived_id(0, 0)}}], ids=["none", "the first"])
def test_an_item_without_a_stamp_can_be_changed_and_deleted(dynamodb_deployment: Deployment, stamp: Item) -> None:
    event_id = ids.new_id(dynamodb_deployment.clock.nanoseconds)
    for method, body, status, kind in (
        ("PATCH", {"title": "Retro"}, 200, "update"),
        ("PUT", REVIEW, 200, "update"),
        ("DELETE", None, 204, "delete"),
    ):
        put(dynamodb_deployment, {**bare(event_id), **stamp})
        answer = ADA(method, f"/events/{event_id}", body)
        assert answer.status == status, method
        item = item_of(dynamodb_deployment, event_id)
        assert (item["version"], item["change_type"]) == ({"N": "1"}, {"S": kind}), method
        assert item["changed_by"] == {"S": ADA.user_id}


@pytest.mark.parametrize("made_up", ["", "1", "0-made-up", "zzz", "ffffffff-ffff-7fff-bfff-ffffffffffffx"])
def test_an_id_that_a_script_has_made_up_is_no_stamp(dynamodb_deployment: Deployment, made_up: str) -> None:
    event_id = created()["id"]
    item = item_of(dynamodb_deployment, event_id)
    put(dynamodb_deployment, item | {"title": {"S": "by a script"}, "history_id": {"S": made_up}})
    dynamodb_deployment.record()
    first, version = dynamodb_deployment.versions()
    assert first["history_id"] == item["history_id"]
    assert ids.is_id(version["history_id"]["S"])
    assert version["sk"] == version["history_id"]
    assert version["history_id"]["S"] > item["history_id"]["S"]
    assert version["changed_by"] == {"S": "external"}
    assert version["changed_at"] == {"S": ids.made_at(version["history_id"]["S"])}


def test_the_next_stamp_after_an_id_that_was_made_up_is_that_of_the_api(dynamodb_deployment: Deployment) -> None:
    event_id = created()["id"]
    put(dynamodb_deployment, item_of(dynamodb_deployment, event_id) | {"history_id": {"S": "0-made-up"}})
    dynamodb_deployment.clock.forward(days=DECADE)
    changed = ADA("PATCH", f"/events/{event_id}", {"title": "Retro"}).body
    dynamodb_deployment.record()
    newest = dynamodb_deployment.versions()[-1]
    assert newest["history_id"] == {"S": changed["history_id"]}
    assert newest["changed_by"] == {"S": ADA.user_id}


def test_who_brings_a_deleted_event_back_by_hand_restores_it(dynamodb_deployment: Deployment) -> None:
    event_id = created()["id"]
    live = item_of(dynamodb_deployment, event_id)
    assert ADA("DELETE", f"/events/{event_id}").status == 204
    put(dynamodb_deployment, live)
    dynamodb_deployment.record()
    newest = dynamodb_deployment.versions()[-1]
    assert (newest["change_type"], newest["changed_by"]) == ({"S": "restore"}, {"S": "external"})
    assert history(event_id)[0]["type"] == "restore"


def nested(depth: int) -> Json:
    """An attribute value in so many lists, one in the other."""
    value: Json = {"S": "deep"}
    for _ in range(depth):
        value = {"L": [value]}
    return value


def test_what_is_nested_as_deep_as_the_database_takes_it_is_a_version(dynamodb_deployment: Deployment) -> None:
    """32 levels: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes."""
    event_id = created()["id"]
    item = item_of(dynamodb_deployment, event_id)
    with pytest.raises(ClientError, match="Nesting Levels"):
        put(dynamodb_deployment, item | {"extra": nested(40)})
    put(dynamodb_deployment, item | {"extra": nested(31)})
    dynamodb_deployment.record()
    assert dynamodb_deployment.versions()[-1]["extra"] == nested(31)


def test_what_is_nested_deeper_than_calls_may_go_is_no_version(dynamodb_deployment: Deployment) -> None:
    """No stream brings such a record; an object that somebody has mended may hold it."""
    created()
    (record,) = dynamodb_deployment.new_records()
    record["dynamodb"]["NewImage"]["extra"] = nested(100_000)
    with pytest.raises(UnreadableRecordError, match="RecursionError"):
        change_in(record)
