"""A right that is revoked while a request is under way: before its write, after it, between its reads."""

from collections.abc import Callable

import pytest

from tests.harness.botocore_faults import COMMIT, QUERY, READ, Document
from tests.harness.gateway import Api, Reply
from tests.integration.sharing.shared_scene import NIGHT, WAYS, WINDOW, SharedScene

ways = pytest.mark.parametrize("way", WAYS)
BULK = 250
REVOKED = "not written: you may not write in this calendar any more"


@ways
def test_a_write_that_the_revocation_overtakes_is_refused(scene: SharedScene, way: str) -> None:
    editor, before = scene.member("editor"), scene.stored()
    scene.wire.before(COMMIT, lambda: scene.revoke(editor))
    reply = WAYS[way](scene, editor)
    assert (reply.status, reply.body["type"]) == (404, "/problems/not-found")
    assert reply.text == WAYS[way](scene, scene.stranger()).text
    assert scene.stored() == before


@ways
def test_a_write_by_a_viewer_of_late_says_what_is_lacking(scene: SharedScene, way: str) -> None:
    editor, before = scene.member("editor"), scene.stored()
    scene.wire.before(COMMIT, lambda: scene.calendar.grant(editor.user_id, "viewer"))
    reply = WAYS[way](scene, editor)
    assert (reply.status, reply.body["type"], reply.body["role"]) == (403, "/problems/not-allowed", "viewer")
    assert scene.stored() == before


@ways
def test_a_write_by_an_owner_of_late_is_served(scene: SharedScene, way: str) -> None:
    """It is the role at the commit that counts, and not the one that was read."""
    editor, before = scene.member("editor"), scene.stored()
    scene.wire.before(COMMIT, lambda: scene.calendar.grant(editor.user_id, "owner"))
    assert WAYS[way](scene, editor).status < 300
    assert scene.stored() != before


@ways
@pytest.mark.parametrize("arrives", [True, False], ids=["answer lost", "request lost"])
def test_a_write_without_an_answer_beside_a_revocation_does_not_say_that_it_was_not_made(
    scene: SharedScene, way: str, arrives: bool
) -> None:
    editor, before = scene.member("editor"), scene.stored()
    lose = scene.wire.lose_answer if arrives else scene.wire.lose_request
    lose(COMMIT, lambda: scene.revoke(editor))
    reply = WAYS[way](scene, editor)
    assert (scene.stored() != before) == arrives
    assert (reply.status, reply.body["type"]) == (503, "/problems/outcome-unknown"), reply


@ways
def test_a_write_without_an_answer_recognises_itself(scene: SharedScene, way: str) -> None:
    editor = scene.member("editor")
    versions = sum(event.stamp.version for event in scene.stored())
    scene.wire.lose_answer(COMMIT)
    assert WAYS[way](scene, editor).status < 300
    assert sum(event.stamp.version for event in scene.stored()) == versions + 1


def bulk(api: Api, **named: str) -> Reply:
    """Sends a bulk of 250, each with a uid if `named`."""
    events = [{**NIGHT, **({"uid": f"{number}"} if named else {})} for number in range(BULK)]
    return api("POST", "/events/bulk", {"events": events})


@pytest.mark.parametrize("named", [{}, {"uid": "yes"}], ids=["without uids", "with uids"])
def test_a_bulk_that_is_revoked_on_the_way_tells_what_is_written(scene: SharedScene, named: dict[str, str]) -> None:
    editor = scene.member("editor")
    scene.wire.before(COMMIT, lambda: scene.revoke(editor), skip=1)
    reply = bulk(editor, **named)
    assert reply.status == 207
    items = reply.body["items"]
    assert [item["status"] for item in items] == [201] * 98 + [503] * (BULK - 98)
    assert {item["detail"] for item in items[98:]} == {REVOKED}
    assert len(scene.stored()) == 1 + 98
    assert scene.wire.calls[COMMIT] == 2


@pytest.mark.parametrize("named", [{}, {"uid": "yes"}], ids=["without uids", "with uids"])
def test_a_bulk_without_an_answer_beside_a_revocation_says_so(scene: SharedScene, named: dict[str, str]) -> None:
    editor = scene.member("editor")
    scene.wire.lose_request(COMMIT, lambda: scene.revoke(editor))
    details = [item["detail"] for item in bulk(editor, **named).body["items"]]
    assert all("may" in detail and not detail.startswith("not written") for detail in details[:98]), details[0]
    assert set(details[98:]) == {REVOKED}
    assert len(scene.stored()) == 1


@pytest.mark.parametrize("named", [{}, {"uid": "yes"}], ids=["without uids", "with uids"])
def test_a_bulk_that_was_written_before_the_revocation_is_known_to_be(
    scene: SharedScene, named: dict[str, str]
) -> None:
    editor = scene.member("editor")
    scene.wire.lose_answer(COMMIT, lambda: scene.revoke(editor))
    items = bulk(editor, **named).body["items"]
    assert [item["status"] for item in items] == [201] * 98 + [503] * (BULK - 98)
    assert len(scene.stored()) == 1 + 98


def test_a_bulk_in_a_calendar_that_becomes_strict_stops(scene: SharedScene) -> None:
    editor = scene.member("editor")
    scene.wire.before(COMMIT, lambda: scene.calendar.set_state(strict=True), skip=1)
    assert [item["status"] for item in bulk(editor).body["items"]] == [201] * 98 + [503] * (BULK - 98)


READS: dict[str, Callable[[SharedScene, Api], Reply]] = {
    "list": lambda _, api: api("GET", f"/events?{WINDOW}"),
    "free-busy": lambda _, api: api("GET", f"/free-busy?{WINDOW}"),
    "deleted": lambda _, api: api("GET", "/events/deleted"),
    "history": lambda scene, api: api("GET", f"{scene.path}/history"),
    "diff": lambda scene, api: api("GET", f"{scene.path}/diff"),
    "as of": lambda scene, api: api("GET", f"{scene.path}?as_of=2026-11-22T09:00:00Z"),
}


@pytest.mark.parametrize("way", READS)
def test_a_read_that_takes_long_does_not_outlive_the_right(scene: SharedScene, way: str) -> None:
    """The right is read at once, and the Query is stalled: what it then reads may be of after the revocation."""
    viewer = scene.member("viewer")
    assert READS[way](scene, viewer).status == 200
    scene.wire.forget()

    def stall() -> None:
        scene.revoke(viewer)
        scene.clock.forward(seconds=1.5)

    scene.wire.after(QUERY, stall)
    assert READS[way](scene, viewer).status == 404


def test_a_grant_is_read_again_with_what_an_answer_has_left(scene: SharedScene) -> None:
    """It is never older than what it allows, however many calls a batch takes."""
    viewer = scene.member("viewer")
    table = scene.direct.settings.events_table

    def leave(response: Document) -> None:
        (item,) = response["Responses"].pop(table)
        key = {name: item[name] for name in ("pk", "sk")}
        response["UnprocessedKeys"] = {table: {"Keys": [key], "ConsistentRead": True}}
        scene.revoke(viewer)

    scene.wire.edit(READ, leave)
    assert viewer("GET", scene.path).status == 404
    first, second = scene.wire.requests[READ]
    access = scene.direct.settings.access_table
    assert first["RequestItems"][access] == second["RequestItems"][access]


def test_a_grant_that_an_answer_has_left_is_waited_for(scene: SharedScene) -> None:
    viewer = scene.member("viewer")
    table = scene.direct.settings.access_table

    def leave(response: Document) -> None:
        items = response["Responses"].pop(table)
        keys = [{name: item[name] for name in ("pk", "sk")} for item in items]
        response["UnprocessedKeys"] = {table: {"Keys": keys, "ConsistentRead": True}}

    scene.wire.edit(READ, leave)
    assert viewer("GET", scene.path).status == 200
    assert scene.wire.calls[READ] == 2
    scene.revoke(viewer)
    assert viewer("GET", scene.path).status == 404
