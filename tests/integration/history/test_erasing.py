"""Erasure of a calendar: nothing of it is left in the tables and the bucket, and nothing of it comes back."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from shared.ids import CalendarId
from shared.store import keys
from shared.store.erasing import CalendarEraser, Erased
from shared.store.unreadable_erasing import UnreadableEraser
from tests.harness.deployment import BUCKET, Item
from tests.harness.gateway import Api
from tests.harness.payloads import GRACE
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment, no_deadline
from tests.integration.history.upkeep import EVENT, bulk, check, put, redrive

ADA = Api()
MINE = CalendarId(ADA.user_id)
WORDS = ("Ada's secret", "what it is about", "Room 4711", "because I say so", "4711@example.com")
PRIVATE = {**EVENT, "title": WORDS[0], "description": WORDS[1], "location": WORDS[2], "uid": WORDS[4]}


def eraser(deployment: HistoryDeployment) -> CalendarEraser:
    settings = deployment.runtime.settings
    return CalendarEraser(deployment.clients, settings.events_table, settings.history_table, no_deadline)


def total(erased: Erased) -> Counter[str]:
    return sum(erased, Counter[str]())


def erase(deployment: HistoryDeployment) -> Counter[str]:
    """Erases Ada's calendar, as an erasure does: events, versions, bucket."""
    erasing = eraser(deployment)
    return (
        total(erasing.erase_calendar(MINE, ADA.user_id, deployment.runtime.now()))
        + total(erasing.erase_versions(MINE))
        + total(UnreadableEraser(deployment.clients, BUCKET).erase(MINE))
    )


def of_calendar(items: list[Item], calendar_id: str = MINE) -> list[Item]:
    return [item for item in items if item["pk"]["S"].startswith(keys.calendar(CalendarId(calendar_id)))]


def stored(deployment: HistoryDeployment) -> str:
    """All that is stored, as text."""
    settings = deployment.runtime.settings
    tables = [deployment.scan(settings.events_table), deployment.scan(settings.history_table)]
    return json.dumps([*tables, deployment.objects()], ensure_ascii=False)


def story(deployment: HistoryDeployment, api: Api = ADA) -> str:
    """A calendar with each kind of item: live, changed, deleted and bulk-created events, and claims on keys."""
    event_id: str = api("POST", "/events", PRIVATE).body["id"]
    deployment.clock.forward(1)
    api("PATCH", f"/events/{event_id}", {"location": f"{WORDS[2]}!", "reason": WORDS[3]})
    gone = api("POST", "/events?on_conflict=allow", {**PRIVATE, "uid": "other"}).body["id"]
    api("DELETE", f"/events/{gone}", reason=WORDS[3])
    api("POST", "/events/bulk", {"events": [PRIVATE | {"uid": None}] * 3}, headers={"Idempotency-Key": "17"})
    return event_id


def test_nothing_is_left_and_nothing_comes_back(deployment: HistoryDeployment) -> None:
    story(deployment)
    story(deployment, GRACE)
    deployment.record()
    hers = of_calendar(deployment.calendars(), GRACE.user_id), of_calendar(deployment.versions(), GRACE.user_id)
    mine = of_calendar(deployment.calendars())
    counts = erase(deployment)
    assert counts == {
        "events": 5,
        "fences": 1,
        "idempotency_keys": 1,
        "bulk_counts": 1,
        "versions": 7,
        "usages": 1,
    }
    assert len(mine) == 7
    assert of_calendar(deployment.calendars()) == of_calendar(deployment.versions()) == []

    records = deployment.new_records()
    assert Counter(record["eventName"] for record in records) == {"MODIFY": 5, "REMOVE": 5}
    assert deployment.deliver(records) == []
    assert of_calendar(deployment.versions()) == []
    assert (
        of_calendar(deployment.calendars(), GRACE.user_id),
        of_calendar(deployment.versions(), GRACE.user_id),
    ) == hers
    assert MINE not in stored(deployment)


def test_what_the_recorder_brings_late_is_erased_by_a_second_pass(deployment: HistoryDeployment) -> None:
    story(deployment)
    late = deployment.new_records()
    assert erase(deployment)["versions"] == 0
    deployment.deliver(late)
    assert WORDS[0] in stored(deployment)
    assert erase(deployment) == {"versions": 7, "usages": 1}
    deployment.record()
    assert MINE not in stored(deployment)


def test_versions_of_events_that_are_gone_are_found(deployment: HistoryDeployment) -> None:
    """By TTL, and by a script that wrote no index key."""
    event_id = story(deployment)
    item = next(item for item in of_calendar(deployment.calendars()) if item["sk"]["S"] == f"EVENT#{event_id}")
    odd = {name: value for name, value in item.items() if name != "span"} | {"sk": {"S": "EVENT#odd"}}
    put(deployment, odd | {"history_id": {"S": f"{item['history_id']['S'][:-4]}ffff"}})
    deployment.record()
    deployment.empty(deployment.runtime.settings.events_table)
    deployment.stream.read()
    assert len(of_calendar(deployment.versions())) == 8
    assert erase(deployment)["versions"] == 8
    assert of_calendar(deployment.versions()) == []


def test_an_event_is_not_there_while_it_is_erased(deployment: HistoryDeployment) -> None:
    """Between the two writes, for a request with a token that is still valid: 404, and never a 500."""
    event_id = story(deployment)
    path = f"/events/{event_id}"
    erasing = eraser(deployment)
    erasing._batches.delete = lambda *_: None  # type: ignore[method-assign]
    total(erasing.erase_calendar(MINE, ADA.user_id, deployment.runtime.now()))
    assert {item["sk"]["S"] for item in deployment.events()} >= {f"EVENT#{event_id}"}
    assert ADA("GET", path).status == 404
    assert ADA("PATCH", path, {"title": "x"}).status == 404
    assert ADA("PUT", path, EVENT).status == 404
    assert ADA("DELETE", path).status == 404
    assert ADA("GET", f"{path}?as_of=2026-11-22T09:00:00Z").status == 404
    assert ADA("GET", f"/events?from={EVENT['start']}&to={EVENT['end']}").body["items"] == []
    assert ADA("GET", "/events/deleted").body["items"] == []
    assert ADA("GET", "/events", uid=WORDS[4]).body["items"] == []
    again = ADA("POST", "/events", PRIVATE)
    assert (again.status, again.body["version"]) == (201, 1)
    deployment.record()
    assert {item["version"]["N"] for item in deployment.versions() if item["pk"]["S"].endswith(event_id)} == {"1", "2"}


def test_an_erasure_leaves_no_gaps_at_any_moment(deployment: HistoryDeployment) -> None:
    event_id: str = ADA("POST", "/events", EVENT).body["id"]
    for number in range(60):
        deployment.clock.forward(1)
        ADA("PATCH", f"/events/{event_id}", {"title": str(number)})
    deployment.record()
    deployment.clock.forward(3600)
    found: list[int] = []

    def look(**_: Any) -> None:
        client.meta.events.unregister("before-call.dynamodb.BatchWriteItem", look)
        found.append(check()["missing"])
        client.meta.events.register("before-call.dynamodb.BatchWriteItem", look)

    client = deployment.clients.dynamodb_once
    client.meta.events.register("before-call.dynamodb.BatchWriteItem", look)
    try:
        assert erase(deployment)["versions"] == 61
    finally:
        client.meta.events.unregister("before-call.dynamodb.BatchWriteItem", look)
    assert found == [0] * 6


@pytest.fixture(params=[False, True], ids=["without versioning", "with versioning"])
def versioned(deployment: HistoryDeployment, request: pytest.FixtureRequest) -> Iterator[HistoryDeployment]:
    """A deployment whose bucket keeps old versions of its objects, or does not."""
    set_versioning = deployment.clients.s3.put_bucket_versioning
    if request.param:
        set_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield deployment
    for each in versions_of_objects(deployment):
        deployment.clients.s3.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
    set_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def versions_of_objects(deployment: HistoryDeployment) -> list[Any]:
    listed = deployment.clients.s3.list_object_versions(Bucket=BUCKET)
    return [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]


def in_bucket(deployment: HistoryDeployment) -> bytes:
    """All that the bucket holds, in all versions of its objects."""
    get = deployment.clients.s3.get_object
    versions = deployment.clients.s3.list_object_versions(Bucket=BUCKET).get("Versions", [])
    return b"\n".join(
        get(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])["Body"].read() for each in versions
    )


def of_grace(deployment: HistoryDeployment) -> Record:
    (record,) = [each for each in _created(deployment, GRACE) if each["eventName"] == "INSERT"]
    return record


def _created(deployment: HistoryDeployment, api: Api) -> list[Record]:
    assert api("POST", "/events?on_conflict=allow", {**EVENT, "title": f"by {api.username}"}).status == 201
    return deployment.new_records()


def test_records_in_the_bucket_are_erased_and_those_of_others_stay(versioned: HistoryDeployment) -> None:
    (mine,) = _created(versioned, ADA)
    hers = of_grace(versioned)
    broken = {"dynamodb": {"Keys": {"pk": {"S": keys.calendar(MINE)}, "sk": "by ada"}}}
    versioned.put_object("unreadable/1.json", mine)
    versioned.put_object("unreadable/2.json", hers)
    versioned.put_object("unreadable/3.json", broken)
    versioned.put_object("aws/lambda/both", {"payload": json.dumps({"Records": [mine, hers, broken]})})
    versioned.put_object("aws/lambda/mine", {"Records": [mine]})
    versioned.put_object("aws/lambda/odd", {"payload": f"{{ {keys.calendar(MINE)} by ada"})
    # What was redriven is an older version, where there are such.
    versioned.put_object("unreadable/4.json", mine)
    versioned.clients.s3.delete_object(Bucket=BUCKET, Key="unreadable/4.json")
    versioned.put_object("aws/lambda/hers", {"Records": [hers, mine]})
    versioned.put_object("aws/lambda/hers", {"Records": [hers]})
    with_versions = len(in_bucket(versioned).splitlines()) > 7

    counts = total(UnreadableEraser(versioned.clients, BUCKET).erase(MINE))
    assert counts == {
        "unreadable_records": 3 if with_versions else 2,
        "failed_batches": 4 if with_versions else 3,
    }
    assert versioned.object_keys() == ["aws/lambda/both", "aws/lambda/hers", "unreadable/2.json"]
    assert versioned.objects()["aws/lambda/both"] == {"Records": [hers]}
    left = in_bucket(versioned)
    assert MINE.encode() not in left
    assert b"by ada" not in left
    assert total(UnreadableEraser(versioned.clients, BUCKET).erase(MINE)) == {}
    assert redrive()["replayed"] == 3


def test_all_pages_of_the_bucket_are_read(deployment: HistoryDeployment) -> None:
    for number, record in enumerate(bulk(deployment, 7)):
        deployment.put_object(f"unreadable/{number}.json", record)

    def few(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 2

    client = deployment.clients.s3
    client.meta.events.register("provide-client-params.s3.ListObjectVersions", few)
    try:
        pages = [*UnreadableEraser(deployment.clients, BUCKET).erase(MINE)]
    finally:
        client.meta.events.unregister("provide-client-params.s3.ListObjectVersions", few)
    assert sum(pages, Counter()) == {"unreadable_records": 7}
    assert len(pages) == 4
    assert deployment.object_keys() == []
