"""What each kind of change leaves in the events table, in the history table, and in what the API tells of it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.deployment import Deployment, Item
from tests.gateway import Reply
from tests.integration.payloads import ADA, ALLOW, LATER, REVIEW, created

from shared import ids
from tests.integration.store.stored import item_of

Json = dict[str, Any]
Change = Callable[[Json], Reply]

WHY = {"reason": "it was needed"}
# Attributes of a change that only some have.
OPTIONAL = ("reason", "rolled_back_to", "operation_size", "expires_at")


def event(made: Json) -> str:
    return f"/events/{made['id']}"


def roll_back(query: str = "") -> Change:
    """Go back to the first version."""
    return lambda made: ADA("POST", f"{event(made)}/rollback{query}", {"history_id": made["history_id"], **WHY})


def undo(made: Json) -> Reply:
    """Undo the latest change."""
    latest = ADA("GET", f"{event(made)}/history").body["items"][0]
    return ADA("POST", f"/operations/{latest['operation_id']}/undo", {"reason": "a mistake"})


# For each kind: the change, and what its stamp has to say beside its id, its time, its author and its operation.
CHANGES: dict[str, tuple[Change, Json]] = {
    "patch": (lambda made: ADA("PATCH", event(made), {"title": "x", **WHY}), {"change_type": "update", **WHY}),
    "patch, no reason": (lambda made: ADA("PATCH", event(made), {"title": "x"}), {"change_type": "update"}),
    "patch one time": (lambda made: ADA("PATCH", event(made), {"end": LATER["end"]}), {"change_type": "update"}),
    "move": (lambda made: ADA("PATCH", event(made), LATER), {"change_type": "update"}),
    "move beside": (
        lambda made: ADA("PATCH", f"{event(made)}{ALLOW}", LATER),
        {"change_type": "update", "on_conflict": "allow"},
    ),
    "replace": (lambda made: ADA("PUT", event(made), {**REVIEW, "title": "x"}), {"change_type": "update"}),
    "replace beside": (
        lambda made: ADA("PUT", f"{event(made)}{ALLOW}", {**REVIEW, **LATER}),
        {"change_type": "update", "on_conflict": "allow"},
    ),
    "delete": (lambda made: ADA("DELETE", event(made), reason=WHY["reason"]), {"change_type": "delete", **WHY}),
    "roll back": (roll_back(), {"change_type": "rollback", "rolled_back_to": True, **WHY}),
    "roll back beside": (
        roll_back(ALLOW),
        {"change_type": "rollback", "rolled_back_to": True, "on_conflict": "allow", **WHY},
    ),
    "undo": (undo, {"change_type": "rollback", "reason": "a mistake", "rolled_back_to": True}),
}


def stamp_of(item: Item) -> Json:
    """What an item says of the latest change of its event."""
    names = ("history_id", "changed_at", "changed_by", "change_type", "operation_id", "on_conflict", *OPTIONAL)
    return {name: next(iter(item[name].values())) for name in names if name in item}


def check_history(deployment: Deployment, item: Item) -> None:
    """The stream brings just this item into the history, and the API tells just that."""
    deployment.record()
    (version,) = [each for each in deployment.versions() if each["sk"] == item["history_id"]]
    place = {name: version.pop(name) for name in ("pk", "sk", "calendar", "operation")}
    assert place["pk"] == {"S": f"CAL#{ADA.user_id}#EVENT#{item['id']['S']}"}
    assert place["calendar"] == {"S": f"CAL#{ADA.user_id}"}
    assert place["operation"] == {"S": f"CAL#{ADA.user_id}#OPERATION#{item['operation_id']['S']}"}
    # A version that had `expires_at` would be gone with its event, should the table ever have a time to live.
    assert version == {name: value for name, value in item.items() if name not in {"pk", "sk", "expires_at"}}

    history_id = item["history_id"]["S"]
    told = ADA("GET", f"/events/{item['id']['S']}/history/{history_id}").body
    stamp = stamp_of(item)
    assert {name: told[name] for name in told if name != "event"} == {
        "history_id": history_id,
        "version": int(item["version"]["N"]),
        "type": stamp["change_type"],
        "changed_at": stamp["changed_at"],
        "changed_by": ADA.user_id,
        "reason": stamp.get("reason"),
        "operation_id": stamp["operation_id"],
        "on_conflict": stamp["on_conflict"],
        **({"rolled_back_to": stamp["rolled_back_to"]} if "rolled_back_to" in stamp else {}),
    }
    listed = ADA("GET", f"/events/{item['id']['S']}/history").body["items"][0]
    assert listed == {name: told[name] for name in told if name != "event"}


def full_of_words(deployment: Deployment) -> tuple[Json, Item]:
    """An event of a bulk creation, rolled back with a reason and leave to overlap: nothing of that is to stay."""
    beside = {**REVIEW, "transparency": "transparent"}
    made: Json = ADA("POST", "/events/bulk", {"events": [REVIEW, beside], **WHY}).body["items"][0]
    between: Json = ADA("PATCH", event(made), {"title": "Between"}).body
    assert ADA("PATCH", event(made), {"location": "Room 5"}).status == 200
    deployment.record()
    assert roll_back(ALLOW)(between).status == 200
    deployment.record()
    deployment.clock.forward(seconds=1)
    return made, item_of(deployment, made["id"])


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_says_all_of_itself_and_nothing_of_the_one_before(dynamodb_deployment: Deployment, kind: str) -> None:
    change, expected = CHANGES[kind]
    made, before = full_of_words(dynamodb_deployment)
    assert {"reason", "rolled_back_to"} <= stamp_of(before).keys()
    assert change(made).status in {200, 204}
    item = item_of(dynamodb_deployment, made["id"])
    stamp = stamp_of(item)
    assert ids.is_id(stamp["history_id"])
    assert stamp["history_id"] > before["history_id"]["S"]
    assert ids.is_id(stamp["operation_id"])
    assert stamp["operation_id"] != before["operation_id"]["S"]
    assert int(item["version"]["N"]) == int(before["version"]["N"]) + 1
    expected = {"on_conflict": "reject", **expected}
    if "rolled_back_to" in expected:
        assert ids.is_id(stamp["rolled_back_to"])
        expected["rolled_back_to"] = stamp["rolled_back_to"]
    if expected["change_type"] == "delete":
        expected["expires_at"] = str(dynamodb_deployment.clock.nanoseconds // 10**9 + 30 * 86_400)
    assert stamp == {
        "history_id": stamp["history_id"],
        "operation_id": stamp["operation_id"],
        "changed_at": ids.made_at(stamp["history_id"]),
        "changed_by": ADA.user_id,
        **expected,
    }
    if expected["change_type"] != "delete":
        check_history(dynamodb_deployment, item)


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        (REVIEW, "", {"on_conflict": "reject"}),
        ({**REVIEW, **WHY}, ALLOW, {"on_conflict": "allow", **WHY}),
        ({"events": [REVIEW]}, "/bulk", {"on_conflict": "allow"}),
        ({"events": [REVIEW, REVIEW], **WHY}, "/bulk", {"on_conflict": "allow", "operation_size": "2", **WHY}),
    ],
    ids=["create", "create beside", "bulk of one", "bulk of two"],
)
def test_a_creation_says_all_of_itself(dynamodb_deployment: Deployment, body: Json, query: str, expected: Json) -> None:
    assert ADA("POST", f"/events{query}", body).status == 201
    item = dynamodb_deployment.events()[0]
    stamp = stamp_of(item)
    assert stamp == {
        "history_id": stamp["history_id"],
        "operation_id": stamp["operation_id"],
        "changed_at": ids.made_at(stamp["history_id"]),
        "changed_by": ADA.user_id,
        "change_type": "create",
        **expected,
    }
    assert item["created_at"] == item["changed_at"]
    check_history(dynamodb_deployment, item)


def test_a_deletion_is_a_version_and_its_restoration_another(dynamodb_deployment: Deployment) -> None:
    made = created()
    assert ADA("DELETE", event(made), reason=WHY["reason"]).status == 204
    check_history(dynamodb_deployment, deleted := item_of(dynamodb_deployment, made["id"]))
    assert "expires_at" in deleted
    assert roll_back()(made).status == 200
    restored = item_of(dynamodb_deployment, made["id"])
    assert "expires_at" not in restored
    assert stamp_of(restored)["change_type"] == "restore"
    assert stamp_of(restored)["rolled_back_to"] == made["history_id"]
    check_history(dynamodb_deployment, restored)
