"""The stamp of every kind of change, field by field: in the tables, and over the API before and after the stream.

And that the next change takes nothing of it over.
"""

import pytest

from shared.ids import is_id
from tests.harness.deployment import Deployment, Item
from tests.harness.payloads import ADA, REVIEW, created
from tests.harness.samples import OWNER
from tests.integration.every_change import ASIDE, KINDS, WHY, Act, Json, Scene, full_of_words, moved, removed
from tests.integration.store.stored import item_of

# How many versions an operation has made is stored unless it is one.
SIZES = {"bulk": "2", "bulk by key": "2", "bulk by uid": "2"}
OF_A_STAMP = {
    *("history_id", "version", "change_type", "changed_at", "changed_by", "reason", "operation_id", "on_conflict"),
    *("rolled_back_to", "operation_size", "expires_at"),
}


def assert_stored(scene: Scene, item: Item, stamp: Json, size: str | None) -> None:
    """The event's item says just what `stamp` does; what it says by default is left out."""
    expected = {name: str(value) for name, value in stamp.items() if value is not None}
    expected["change_type"] = expected.pop("type")
    if expected["on_conflict"] == "reject":
        del expected["on_conflict"]
    if size is not None:
        expected["operation_size"] = size
    if stamp["type"] == "delete":
        expected["expires_at"] = str(scene.deployment.clock() // 1_000_000_000 + 30 * 86_400)
    assert {name: next(iter(item[name].values())) for name in item if name in OF_A_STAMP} == expected
    if stamp["type"] == "create":
        assert item["created_at"] == item["changed_at"]


def assert_recorded(deployment: Deployment, item: Item) -> None:
    """The stream has brought just this item into the history."""
    (version,) = [each for each in deployment.versions() if each["sk"] == item["history_id"]]
    place = {name: version.pop(name) for name in ("pk", "sk", "calendar", "operation")}
    assert place["pk"] == {"S": f"CAL#{OWNER}#EVENT#{item['id']['S']}"}
    assert place["calendar"] == {"S": f"CAL#{OWNER}"}
    assert place["operation"] == {"S": f"CAL#{OWNER}#OPERATION#{item['operation_id']['S']}"}
    # A version that had `expires_at` would be gone with its event, should the table ever have a time to live.
    assert version == {name: value for name, value in item.items() if name not in {"pk", "sk", "expires_at"}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_says_all_of_itself_in_its_version(dynamodb_deployment: Deployment, kind: str) -> None:
    before, act, type_, on_conflict, goes_back = KINDS[kind]
    scene = Scene(dynamodb_deployment, created())
    before(scene)
    dynamodb_deployment.record()
    number = 1 if type_ == "create" else scene.versions()[0]["version"] + 1
    known = {each["operation_id"] for each in scene.versions()}
    act(scene)
    at = f"2026-11-22T09:00:{dynamodb_deployment.clock() // 1_000_000_000 % 60:02d}.000Z"

    live = ADA("GET", scene.path)
    newest = scene.versions()[0]
    stamp = {
        "history_id": newest["history_id"],
        "version": number,
        "type": type_,
        "changed_at": at,
        "changed_by": OWNER,
        "reason": WHY,
        "operation_id": scene.operation_id or newest["operation_id"],
        "on_conflict": on_conflict,
    }
    if goes_back:
        stamp["rolled_back_to"] = scene.back_to
    assert newest == stamp, "as the live event has it"
    assert is_id(newest["operation_id"])
    assert newest["operation_id"] not in known
    item = item_of(dynamodb_deployment, scene.event["id"])
    assert_stored(scene, item, stamp, SIZES.get(kind))
    dynamodb_deployment.record()
    assert_recorded(dynamodb_deployment, item)
    assert scene.versions()[0] == stamp, "as the history has it"
    version = ADA("GET", f"{scene.path}/history/{newest['history_id']}").body
    event = version.pop("event")
    assert version == stamp
    assert (
        event.items()
        >= {
            "id": scene.event["id"],
            "calendar_id": OWNER,
            "created_by": OWNER,
            "version": number,
            "history_id": newest["history_id"],
            "created_at": at if type_ == "create" else scene.event["created_at"],
            "updated_at": at,
            "updated_by": OWNER,
            "uid": scene.event["uid"],
        }.items()
    )
    if scene.said:
        assert event == scene.said, "as the change was answered"
    if type_ == "delete":
        assert live.status == 404
        (deleted,) = ADA("GET", "/events/deleted").body["items"]
        assert deleted == {
            **event,
            "deleted_at": at,
            "deleted_by": OWNER,
            "restorable_until": f"2026-12-22{at[10:19]}Z",
        }
    else:
        assert (live.status, live.body) == (200, event)


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_change_says_nothing_of_the_one_before(dynamodb_deployment: Deployment, kind: str) -> None:
    before, act, type_, *_ = KINDS[kind]
    scene = Scene(dynamodb_deployment, created())
    before(scene)
    dynamodb_deployment.record()
    act(scene)
    dynamodb_deployment.record()
    previous = scene.versions()[0]
    plain = {"on_conflict": "reject", "reason": None, "changed_by": OWNER}
    if type_ == "delete":
        scene.send("POST", f"{scene.path}/rollback", {"history_id": scene.event["history_id"]})
        plain |= {"type": "restore", "rolled_back_to": scene.event["history_id"]}
    else:
        scene.send("PATCH", scene.path, {"title": "And then"})
        plain |= {"type": "update"}
    dynamodb_deployment.record()
    newest = scene.versions()[0]
    own = {name: newest[name] for name in ("history_id", "changed_at", "operation_id")}
    assert newest == {**plain, **own, "version": previous["version"] + 1}
    assert all(newest[name] > previous[name] for name in own)


def by_hand(scene: Scene, **attributes: Json) -> Json:
    """Put the event's item, with `attributes`, around the API; gives what was there before."""
    settings = scene.deployment.runtime.settings
    key = {"pk": {"S": f"CAL#{OWNER}"}, "sk": {"S": f"EVENT#{scene.event['id']}"}}
    database = scene.deployment.runtime.clients.dynamodb
    item: Json = database.get_item(TableName=settings.events_table, Key=key, ConsistentRead=True)["Item"]
    database.put_item(TableName=settings.events_table, Item={**item, **attributes})
    return item


def updated_by_hand(scene: Scene) -> None:
    by_hand(scene, title={"S": "By hand"})


def removed_by_hand(scene: Scene) -> None:
    settings = scene.deployment.runtime.settings
    key = {"pk": {"S": f"CAL#{OWNER}"}, "sk": {"S": f"EVENT#{scene.event['id']}"}}
    scene.deployment.runtime.clients.dynamodb.delete_item(TableName=settings.events_table, Key=key)


def restored_by_hand(scene: Scene) -> None:
    by_hand(scene, change_type={"S": "update"}, title={"S": "By hand"})


EXTERNAL: dict[str, tuple[Act, Act, str]] = {
    "update": (moved, updated_by_hand, "update"),
    "update after one full of words": (full_of_words, updated_by_hand, "update"),
    "removal": (moved, removed_by_hand, "delete"),
    "restoration": (removed, restored_by_hand, "restore"),
}


@pytest.mark.parametrize("kind", EXTERNAL)
def test_a_change_around_the_api_says_so_and_nothing_of_the_one_before(
    dynamodb_deployment: Deployment, kind: str
) -> None:
    before, act, type_ = EXTERNAL[kind]
    scene = Scene(dynamodb_deployment, created({**REVIEW, "uid": "4711@example.com"}))
    before(scene)
    dynamodb_deployment.record()
    previous = scene.versions()[0]
    act(scene)
    dynamodb_deployment.record()
    newest = scene.versions()[0]
    stamp = {
        "history_id": newest["history_id"],
        "version": previous["version"],
        "type": type_,
        "changed_at": newest["changed_at"],
        "changed_by": "external",
        "reason": None,
        "operation_id": None,
        "on_conflict": "reject",
    }
    assert newest == stamp
    assert newest["history_id"] > previous["history_id"]
    assert newest["changed_at"] > previous["changed_at"]
    version = ADA("GET", f"{scene.path}/history/{newest['history_id']}").body
    event = version.pop("event")
    assert version == stamp
    assert (
        event.items()
        >= {
            "id": scene.event["id"],
            "calendar_id": OWNER,
            "created_by": OWNER,
            "uid": scene.event["uid"],
            "created_at": scene.event["created_at"],
            "version": previous["version"],
            "history_id": newest["history_id"],
            "updated_at": newest["changed_at"],
            "updated_by": "external",
        }.items()
    )


@pytest.mark.parametrize("undone", [0, 1, 2], ids=["creation", "deletion", "restoration"])
def test_an_operation_knows_how_many_versions_it_made(dynamodb_deployment: Deployment, undone: int) -> None:
    events = [{**REVIEW, **ASIDE}] * 3
    operation_id = ADA("POST", "/events/bulk", {"events": events}).body["operation_id"]
    dynamodb_deployment.record()
    for _ in range(undone):
        dynamodb_deployment.clock.forward(seconds=1)
        operation_id = ADA("POST", f"/operations/{operation_id}/undo", on_conflict="allow").body["operation_id"]
        dynamodb_deployment.record()
    lost = dynamodb_deployment.versions()[-1]
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(
        TableName=dynamodb_deployment.runtime.settings.history_table, Key={"pk": lost["pk"], "sk": lost["sk"]}
    )
    dynamodb_deployment.clock.forward(seconds=60)
    answer = ADA("POST", f"/operations/{operation_id}/undo", on_conflict="allow").body
    assert (len(answer["undone"]), answer["missing"]) == (2, 1)
