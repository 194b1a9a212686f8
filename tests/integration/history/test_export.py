"""GET /me/export: all that is stored of a user, of every kind, once, and of nobody else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.ids import UserId
from shared.store.identity_keys import profile_key
from shared.store.item_kinds import ITEM_KINDS
from shared.wiring.export import exported_kinds
from tests.harness.gateway import Api, Context, Reply
from tests.harness.identity_client import login
from tests.harness.openapi_document import check
from tests.harness.payloads import send
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.test_erase import NAME, WORDS, everything, story, user
from tests.integration.history.upkeep import EVENT, put

LISTS = ("profiles", "sessions", "events", "deleted_events", "versions")
Json = dict[str, Any]


def export(api: Api, milliseconds: int = 28_000, cursor: str | None = None) -> Reply:
    path = "/me/export" if cursor is None else f"/me/export?cursor={cursor}"
    answered = api("GET", path, context=Context(milliseconds=milliseconds))
    check("GET", "/me/export", answered)
    assert len(json.dumps(answered.text)) < 6_000_000
    return answered


def pages(api: Api, milliseconds: int = 28_000) -> Iterator[Json]:
    """All pages of an export."""
    page = export(api, milliseconds).body
    yield page
    while page["next_cursor"] is not None:
        page = export(api, milliseconds, cursor=page["next_cursor"]).body
        yield page


def whole(api: Api, milliseconds: int = 28_000) -> dict[str, list[Json]]:
    """The lists of all pages together."""
    made = [*pages(api, milliseconds)]
    return {name: [each for page in made for each in page[name]] for name in LISTS}


def test_a_small_export_is_one_page_with_all_there_is(deployment: HistoryDeployment) -> None:
    ada, grace = user(deployment), user(deployment, "grace", "grace@example.com")
    story(deployment, ada)
    story(deployment, grace)
    (page,) = pages(ada)
    assert {name: len(page[name]) for name in LISTS} == {
        "profiles": 1,
        "sessions": 2,
        "events": 4,
        "deleted_events": 1,
        "versions": 7,
    }
    assert page["unreadable"] == 0
    text = json.dumps(page, ensure_ascii=False)
    assert [word for word in WORDS if word not in text] == []
    assert grace.user_id not in text
    assert "grace" not in text
    event_id = page["events"][0]["id"]
    assert ada("GET", f"/events/{event_id}").body in page["events"]
    listed = ada("GET", "/events/deleted").body["items"]
    assert page["deleted_events"] == listed
    history = ada("GET", f"/events/{event_id}/history").body["items"]
    assert [each["history_id"] for each in history] == sorted(
        (each["history_id"] for each in page["versions"] if each["event"]["id"] == event_id), reverse=True
    )


def test_an_address_that_is_not_verified_yet_is_exported(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    deployment.clients.dynamodb.update_item(
        TableName=deployment.runtime.settings.users_table,
        Key=profile_key(ada.user_id),
        UpdateExpression="SET pending_email = :address, pending_set_at = :now",
        ExpressionAttributeValues={":address": {"S": "ada@example.org"}, ":now": {"N": "1"}},
    )
    (page,) = pages(ada)
    assert page["profiles"][0]["pending_email"] == "ada@example.org"


def test_nothing_is_exported_that_would_help_to_become_the_user(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    story(deployment, ada)
    text = json.dumps([*pages(ada)])
    (stored,) = [item for key, item in everything(deployment).items() if key[2] == "LOGIN"]
    assert stored["password_hash"]["S"] not in text
    for key, item in everything(deployment).items():
        if key[2].startswith("SESSION#"):
            assert item["token_id"]["S"] not in text
            assert item["device_id"]["S"] not in text
    assert "argon2" not in text


def test_a_large_export_is_in_pages(deployment: HistoryDeployment) -> None:
    """Text that is escaped twice in the response of a function: pages are cut before a response is too large."""
    ada = user(deployment)
    wordy = {**EVENT, "description": '"\\' * 4096}
    for _ in range(3):
        assert ada("POST", "/events/bulk", {"events": [wordy] * 50}).status == 201
    deployment.record()
    made = [*pages(ada)]
    assert len(made) > 1
    versions = [each["history_id"] for page in made for each in page["versions"]]
    events = [each["id"] for page in made for each in page["events"]]
    assert (len(versions), len(set(versions)), len(events), len(set(events))) == (150, 150, 150, 150)
    assert sum(len(page["profiles"]) for page in made) == 1


def test_an_export_whose_time_is_up_goes_on(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    story(deployment, ada)
    hurried = whole(ada, milliseconds=2000)
    assert len([*pages(ada, milliseconds=2000)]) >= 4
    assert hurried == whole(ada)


def test_a_foreign_identity_has_its_events_exported(deployment: HistoryDeployment) -> None:
    foreign = Api(user_id=UserId("5c9e1b1e-0000-5000-8000-000000000001"))
    foreign("POST", "/events", EVENT)
    deployment.record()
    found = whole(foreign)
    assert {name: len(each) for name, each in found.items() if each} == {"events": 1, "versions": 1}


def test_an_item_that_cannot_be_read_does_not_end_the_export(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    ada("POST", "/events", EVENT)
    put(deployment, {"pk": {"S": f"CAL#{ada.user_id}"}, "sk": {"S": "EVENT#0"}, "title": {"S": "without a start"}})
    (page,) = pages(ada)
    assert (len(page["events"]), page["unreadable"]) == (1, 1)


def test_a_cursor_is_good_for_its_user_only(deployment: HistoryDeployment) -> None:
    ada, grace = user(deployment), user(deployment, "grace", "grace@example.com")
    story(deployment, ada)
    cursor = export(ada, milliseconds=2000).body["next_cursor"]
    assert export(ada, cursor=cursor).status == 200
    refused = export(grace, cursor=cursor)
    assert (refused.status, refused.fields) == (422, ["cursor"])
    assert export(grace, cursor="x").status == 422


def test_every_kind_that_is_exported_is_a_list(deployment: HistoryDeployment) -> None:
    assert exported_kinds() == ["profiles", "sessions", "events", "versions"]
    assert {kind.name for kind in ITEM_KINDS if kind.exported is True} <= {*LISTS}
    assert send("export_me").status == 200
    assert login(NAME).status == 401
    assert deployment.events() == []


@pytest.mark.usefixtures("deployment")
def test_head_answers_as_get() -> None:
    assert Api()("HEAD", "/me/export").status == 200
