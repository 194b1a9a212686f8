"""Conditional requests (RFC 9110, section 13): a guard that is sent is looked at, or the request is refused."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, LATER, REVIEW, created, tag
from tests.harness.samples import new_id

pytestmark = pytest.mark.usefixtures("dynamodb_deployment")


def put(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("PUT", f"/events/{event['id']}", {**REVIEW, "title": "New"}, headers=headers)


def patch_text(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("PATCH", f"/events/{event['id']}", {"title": "New"}, headers=headers)


def patch_end(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("PATCH", f"/events/{event['id']}", {"end": LATER["end"]}, headers=headers)


def patch_both(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("PATCH", f"/events/{event['id']}", LATER, headers=headers)


def patch_nothing(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("PATCH", f"/events/{event['id']}", {}, headers=headers)


def delete(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("DELETE", f"/events/{event['id']}", headers=headers)


def roll_back(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("POST", f"/events/{event['id']}/rollback", {"history_id": event["history_id"]}, headers=headers)


def preview(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    path = f"/events/{event['id']}/rollback?dry_run=true"
    return ADA("POST", path, {"history_id": event["history_id"]}, headers=headers)


WRITES = (put, patch_text, patch_end, patch_both, patch_nothing, delete, roll_back, preview)
every_write = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)


def read(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("GET", f"/events/{event['id']}", headers=headers)


def read_version(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("GET", f"/events/{event['id']}/history/{event['history_id']}", headers=headers)


def read_as_of(event: dict[str, Any], headers: dict[str, Any]) -> Reply:
    return ADA("GET", f"/events/{event['id']}", headers=headers, as_of=event["updated_at"])


every_read = pytest.mark.parametrize("get", [read, read_version, read_as_of], ids=lambda get: get.__name__)


def malformed(event: dict[str, Any]) -> list[str]:
    """Values that name the current version, but not as a list of tags does, and some that name none."""
    current = event["history_id"]
    return [
        "",
        current,
        f'"{current}',
        f'{current}"',
        f"'{current}'",
        f'w/"{current}"',
        f'*, "{current}"',
        f'"{current}", *',
        f'"{current}" "{current}"',
        ",",
        ", ,",
        ",".join([tag(event)] * 101),
    ]


@every_write
def test_an_if_match_that_is_not_understood_is_never_met(write: Any) -> None:
    event = created()
    for value in malformed(event):
        refused = write(event, {"If-Match": value})
        assert (refused.status, refused.body["history_id"]) == (412, event["history_id"]), value
        assert refused.body["detail"].startswith("If-Match "), value
    assert read(event, {}).body == event


@every_write
def test_nor_is_an_if_none_match(write: Any) -> None:
    event = created()
    for value in malformed(event):
        refused = write(event, {"If-None-Match": value})
        assert (refused.status, refused.body["history_id"]) == (412, event["history_id"]), value
        assert refused.body["detail"].startswith("If-None-Match "), value
    assert read(event, {}).body == event


@every_write
def test_a_change_only_if_there_is_no_event_yet(write: Any) -> None:
    event = created()
    for value in ("*", tag(event), f"W/{tag(event)}", f'"x", {tag(event)}'):
        refused = write(event, {"If-None-Match": value})
        assert (refused.status, refused.body["history_id"]) == (412, event["history_id"]), value
    assert read(event, {}).body == event
    assert write(event, {"If-None-Match": f'"{new_id()}"'}).status in (200, 204)


@every_write
def test_a_weak_tag_of_the_version_is_told_apart_from_a_change(write: Any) -> None:
    event = created()
    weak = write(event, {"If-Match": f"W/{tag(event)}"})
    other = write(event, {"If-Match": f'"{new_id()}"'})
    assert (weak.status, other.status) == (412, 412)
    assert "weak" in weak.body["detail"]
    assert other.body["detail"] == "the event has changed since"
    assert weak.body["history_id"] == other.body["history_id"] == event["history_id"]
    assert read(event, {}).body == event


@every_write
def test_a_header_that_is_sent_twice_counts_as_one_list(write: Any) -> None:
    event = created()
    other = f'"{new_id()}"'
    assert write(event, {"If-Match": [other, other]}).status == 412
    assert write(event, {"If-Match": ["*", tag(event)]}).status == 412
    assert write(event, {"If-None-Match": [tag(event), other]}).status == 412
    assert read(event, {}).body == event
    assert write(event, {"If-Match": [tag(event), other]}).status in (200, 204)


@every_write
def test_both_conditions_have_to_be_met(write: Any) -> None:
    event = created()
    other = f'"{new_id()}"'
    assert write(event, {"If-Match": tag(event), "If-None-Match": tag(event)}).status == 412
    assert write(event, {"If-Match": other, "If-None-Match": other}).status == 412
    assert write(event, {"If-Match": "*", "If-None-Match": other}).status in (200, 204)


@every_write
def test_no_condition_is_met_by_an_event_that_is_not_there(write: Any) -> None:
    event = {**created(), "id": new_id()}
    for headers in ({"If-Match": "*"}, {"If-None-Match": "*"}, {"If-Match": ""}, {"If-Match": tag(event)}):
        assert write(event, headers).status == 404, headers


def test_a_deleted_event_is_none_to_a_condition(dynamodb_deployment: Deployment) -> None:
    event = created()
    assert delete(event, {}).status == 204
    dynamodb_deployment.record()
    refused = roll_back(event, {"If-Match": "*"})
    assert (refused.status, refused.body["detail"]) == (412, "the event is deleted")
    restored = roll_back(event, {"If-None-Match": "*"})
    assert (restored.status, restored.body["version"]) == (200, 3)


@every_read
def test_a_read_of_what_the_caller_has(get: Any) -> None:
    event = created()
    for value in ("*", tag(event), f"W/{tag(event)}", f'"x" , {tag(event)}', ['"x"', tag(event)]):
        answered = get(event, {"If-None-Match": value})
        assert (answered.status, answered.text, answered.headers["ETag"]) == (304, "", tag(event)), value


@every_read
def test_a_read_with_a_condition_that_it_need_not_understand_answers_all(get: Any) -> None:
    event = created()
    whole = get(event, {})
    for value in malformed(event):
        assert get(event, {"If-None-Match": value}) == whole, value
    assert get(event, {"If-None-Match": f'"{new_id()}"'}) == whole
    for header in ("If-Modified-Since", "If-Unmodified-Since", "If-Range"):
        assert get(event, {header: "Wed, 25 Nov 2026 09:00:00 GMT"}) == whole


@every_read
def test_a_read_only_of_the_version_that_the_caller_means(get: Any) -> None:
    event = created()
    whole = get(event, {})
    for value in ("*", tag(event), f'"{new_id()}", {tag(event)}'):
        assert get(event, {"If-Match": value}) == whole, value
    for value in (f'"{new_id()}"', f"W/{tag(event)}", *malformed(event)):
        refused = get(event, {"If-Match": value})
        assert (refused.status, refused.body["history_id"]) == (412, event["history_id"]), value


def test_a_condition_costs_no_call(dynamodb_deployment: Deployment) -> None:
    event = created()
    dynamodb_deployment.clock.forward(seconds=1)  # ids of one millisecond may need a second try
    calls: list[str] = []

    def count(model: Any, **_: Any) -> None:
        calls.append(model.name)

    hooks = dynamodb_deployment.runtime.clients.dynamodb.meta.events
    hooks.register("before-call.dynamodb", count)
    changed = patch_text(event, {"If-Match": tag(event), "If-None-Match": f'"{new_id()}"'})
    dynamodb_deployment.clock.forward(seconds=1)
    refused = patch_text(event, {"If-None-Match": "*"})
    hooks.unregister("before-call.dynamodb", count)
    assert (changed.status, refused.status) == (200, 412)
    assert calls == ["UpdateItem", "UpdateItem"]
