"""The stamp of every kind of change, field by field, read back over the API: before the stream brings it and after.

One table: what each kind of change says of itself, and that the next change takes nothing of it over.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.scheduling.ids import is_id
from tests.deployment import Deployment
from tests.integration.payloads import ADA, LATER, REVIEW, created
from tests.samples import OWNER

Json = dict[str, Any]
WHY = "asked for by the team"
ALLOW: Json = {"on_conflict": "allow"}
ASIDE = {"start": "2027-03-02T09:00:00Z", "end": "2027-03-02T10:00:00Z"}


@dataclass
class Scene:
    """An event, and what a change of it has told."""

    deployment: Deployment
    event: Json = field(default_factory=dict)
    said: Json = field(default_factory=dict)
    operation_id: str | None = None
    back_to: str | None = None

    @property
    def path(self) -> str:
        return f"/events/{self.event['id']}"

    def send(self, method: str, path: str, body: Json | None = None, **query: Any) -> Json:
        """Send a request of Ada's a second after what was before; gives the body of its response."""
        self.deployment.record()
        self.deployment.clock.forward(seconds=1)
        reply = ADA(method, path, body, **query)
        assert reply.status in (200, 201, 204), reply
        answered: Json = reply.body if reply.text else {}
        return answered

    def versions(self) -> list[Json]:
        """The versions of the event as they are listed, newest first."""
        items: list[Json] = ADA("GET", f"{self.path}/history").body["items"]
        return items

    def undo(self, **query: Any) -> None:
        """Undo the latest operation on the event."""
        latest = self.versions()[0]
        undone = self.send("POST", f"/operations/{latest['operation_id']}/undo", {"reason": WHY}, **query)
        assert (len(undone["undone"]), undone["left"], undone["missing"]) == (1, [], 0)
        self.operation_id = undone["operation_id"]


Act = Callable[[Scene], None]


def nothing(_: Scene) -> None:
    """The event as it was created."""


def change(method: str, suffix: str, body: Json, query: Json | None = None) -> Act:
    """A change whose response is the event."""

    def act(scene: Scene) -> None:
        scene.said = scene.send(method, scene.path + suffix, {**body, "reason": WHY}, **(query or {}))

    return act


def create(query: Json | None = None, **fields: str) -> Act:
    def act(scene: Scene) -> None:
        scene.event = scene.said = scene.send(
            "POST", "/events", {**REVIEW, **ASIDE, **fields, "reason": WHY}, **query or {}
        )

    return act


def bulk(headers: Json | None = None, **fields: str) -> Act:
    def act(scene: Scene) -> None:
        events = [{**REVIEW, **ASIDE, **fields}, {**REVIEW, **ASIDE}]
        scene.deployment.clock.forward(seconds=1)
        made = ADA("POST", "/events/bulk", {"events": events, "reason": WHY}, headers=headers)
        assert made.status == 201, made
        scene.event = ADA("GET", f"/events/{made.body['items'][0]['id']}").body
        scene.operation_id = made.body["operation_id"]

    return act


def delete(scene: Scene) -> None:
    scene.send("DELETE", scene.path, reason=WHY)


def rename(scene: Scene) -> None:
    scene.send("PATCH", scene.path, {"title": "Renamed", "reason": "before"})


def moved(scene: Scene) -> None:
    scene.send("PATCH", scene.path, {**LATER, "reason": "before"}, on_conflict="allow")


def removed(scene: Scene) -> None:
    scene.send("DELETE", scene.path, reason="before")


def renamed_back(scene: Scene) -> None:
    """It is at a version that a rollback has made, which says more of itself than others."""
    rename(scene)
    scene.send("POST", f"{scene.path}/rollback", {"history_id": scene.event["history_id"], "reason": "before"})


def roll_back(query: Json | None = None) -> Act:
    def act(scene: Scene) -> None:
        first = scene.event["history_id"]
        scene.said = scene.send("POST", f"{scene.path}/rollback", {"history_id": first, "reason": WHY}, **(query or {}))
        assert scene.said.pop("changed") is True
        scene.back_to = first

    return act


def undo(**query: Any) -> Act:
    def act(scene: Scene) -> None:
        versions = scene.versions()
        scene.undo(**query)
        scene.back_to = versions[1]["history_id"] if len(versions) > 1 else None

    return act


def undo_of_a_deletion(scene: Scene) -> None:
    """A deletion keeps what it deletes: the restoration goes back to the tombstone itself."""
    deletion = scene.versions()[0]["history_id"]
    scene.undo()
    scene.back_to = deletion


NO_TIME = {"title": "Retro"}
# What is done before, the change, and what its stamp says: type, on_conflict, whether it names what it went back to.
KINDS: dict[str, tuple[Act, Act, str, str, bool]] = {
    "create": (nothing, create(), "create", "reject", False),
    "create allowed": (nothing, create(ALLOW), "create", "allow", False),
    "create by uid": (nothing, create(uid="4711@example.com"), "create", "reject", False),
    "create by uid allowed": (nothing, create(ALLOW, uid="4711@example.com"), "create", "allow", False),
    "bulk": (nothing, bulk(), "create", "allow", False),
    "bulk by key": (nothing, bulk({"Idempotency-Key": '"4711"'}), "create", "allow", False),
    "bulk by uid": (nothing, bulk(uid="4711@example.com"), "create", "allow", False),
    "replace": (nothing, change("PUT", "", {**REVIEW, **LATER}), "update", "reject", False),
    "replace allowed": (nothing, change("PUT", "", {**REVIEW, **LATER}, ALLOW), "update", "allow", False),
    "replace no time": (nothing, change("PUT", "", {**REVIEW, "location": "4"}), "update", "reject", False),
    "replace no time allowed": (
        nothing,
        change("PUT", "", {**REVIEW, "location": "4"}, ALLOW),
        "update",
        "allow",
        False,
    ),
    "patch no time": (nothing, change("PATCH", "", NO_TIME), "update", "reject", False),
    "patch no time allowed": (nothing, change("PATCH", "", NO_TIME, ALLOW), "update", "allow", False),
    "patch time": (nothing, change("PATCH", "", LATER), "update", "reject", False),
    "patch time allowed": (nothing, change("PATCH", "", LATER, ALLOW), "update", "allow", False),
    "patch one time": (nothing, change("PATCH", "", {"end": LATER["end"]}), "update", "reject", False),
    "patch transparency allowed": (
        nothing,
        change("PATCH", "", {"transparency": "transparent"}, ALLOW),
        "update",
        "allow",
        False,
    ),
    "patch zone": (nothing, change("PATCH", "", {"time_zone": "Europe/Berlin"}), "update", "reject", False),
    "patch after a rollback": (renamed_back, change("PATCH", "", NO_TIME), "update", "reject", False),
    "patch time after a rollback": (renamed_back, change("PATCH", "", LATER), "update", "reject", False),
    "delete": (nothing, delete, "delete", "reject", False),
    "delete after a rollback": (renamed_back, delete, "delete", "reject", False),
    "delete after one that was allowed": (moved, delete, "delete", "reject", False),
    "rollback": (rename, roll_back(), "rollback", "reject", True),
    "rollback allowed": (rename, roll_back(ALLOW), "rollback", "allow", True),
    "rollback of a time": (moved, roll_back(), "rollback", "reject", True),
    "rollback of a time allowed": (moved, roll_back(ALLOW), "rollback", "allow", True),
    "restore": (removed, roll_back(), "restore", "reject", True),
    "restore allowed": (removed, roll_back(ALLOW), "restore", "allow", True),
    "undo of a creation": (nothing, undo(), "delete", "reject", False),
    "undo of an update": (moved, undo(), "rollback", "reject", True),
    "undo of an update allowed": (moved, undo(on_conflict="allow"), "rollback", "allow", True),
    "undo of a deletion": (removed, undo_of_a_deletion, "restore", "reject", True),
}


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
    dynamodb_deployment.record()
    assert scene.versions()[0] == stamp, "as the history has it"
    version = ADA("GET", f"{scene.path}/history/{newest['history_id']}").body
    event = version.pop("event")
    assert version == stamp
    assert (
        event.items()
        >= {
            "id": scene.event["id"],
            "owner": OWNER,
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
    "update after a rollback": (renamed_back, updated_by_hand, "update"),
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
            "owner": OWNER,
            "uid": "4711@example.com",
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
