"""Every kind of change of an event, one table: what comes before it, how it is made, and what its stamp has to say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, LATER, REVIEW

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


def bulk(headers: Json | None = None, others: int = 1, **fields: str) -> Act:
    def act(scene: Scene) -> None:
        events = [{**REVIEW, **ASIDE, **fields}, *[{**REVIEW, **ASIDE}] * others]
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


def full_of_words(scene: Scene) -> None:
    """An event whose latest change says all that one can: of a bulk, rolled back with a reason and leave to overlap.

    Nothing of that may stay when it is changed again.
    """
    transparent = {**REVIEW, **ASIDE, "transparency": "transparent"}
    events = [{**REVIEW, **ASIDE, "uid": "words@example.com"}, transparent]
    made = scene.send("POST", "/events/bulk", {"events": events, "reason": "before"})["items"][0]
    scene.event = ADA("GET", f"/events/{made['id']}").body
    between = scene.send("PATCH", scene.path, {"title": "Between"})["history_id"]
    scene.send("PATCH", scene.path, {"location": "Room 5"})
    scene.send("POST", f"{scene.path}/rollback", {"history_id": between, "reason": "before"}, **ALLOW)


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
    "bulk of one": (nothing, bulk(others=0), "create", "allow", False),
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
    "patch after one full of words": (full_of_words, change("PATCH", "", NO_TIME), "update", "reject", False),
    "patch one time after one full of words": (
        full_of_words,
        change("PATCH", "", {"end": "2027-03-02T11:00:00Z"}),
        "update",
        "reject",
        False,
    ),
    "patch time after one full of words": (full_of_words, change("PATCH", "", LATER), "update", "reject", False),
    "replace after one full of words": (
        full_of_words,
        change("PUT", "", {**REVIEW, **ASIDE, "location": "4"}),
        "update",
        "reject",
        False,
    ),
    "replace time after one full of words": (
        full_of_words,
        change("PUT", "", {**REVIEW, **LATER}),
        "update",
        "reject",
        False,
    ),
    "delete": (nothing, delete, "delete", "reject", False),
    "delete after one full of words": (full_of_words, delete, "delete", "reject", False),
    "delete after one that was allowed": (moved, delete, "delete", "reject", False),
    "rollback": (rename, roll_back(), "rollback", "reject", True),
    "rollback allowed": (rename, roll_back(ALLOW), "rollback", "allow", True),
    "rollback of a time": (moved, roll_back(), "rollback", "reject", True),
    "rollback of a time allowed": (moved, roll_back(ALLOW), "rollback", "allow", True),
    "rollback after one full of words": (full_of_words, roll_back(), "rollback", "reject", True),
    "rollback allowed after one full of words": (full_of_words, roll_back(ALLOW), "rollback", "allow", True),
    "restore": (removed, roll_back(), "restore", "reject", True),
    "restore allowed": (removed, roll_back(ALLOW), "restore", "allow", True),
    "undo of a creation": (nothing, undo(), "delete", "reject", False),
    "undo of a creation allowed": (nothing, undo(on_conflict="allow"), "delete", "reject", False),
    "undo of an update": (moved, undo(), "rollback", "reject", True),
    "undo of an update allowed": (moved, undo(on_conflict="allow"), "rollback", "allow", True),
    "undo after one full of words": (full_of_words, undo(), "rollback", "reject", True),
    "undo of a deletion": (removed, undo_of_a_deletion, "restore", "reject", True),
}
