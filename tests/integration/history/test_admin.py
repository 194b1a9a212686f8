"""What an operator does about users, by invoking the function."""

import io
import json
import logging
from typing import Any

import pytest

from shared.errors import InvalidCursor, MalformedEvent, NotFound
from shared.identity.administration import BeingErased
from tests.harness.gateway import Context, invoke, payload
from tests.harness.identity_client import PASSWORD, exchange, login
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.test_erase import ADDRESS, NAME, erase, kinds, story, user

Json = dict[str, Any]


def admin(**event: Any) -> Json:
    answer: Json = invoke("admin", event, Context(function_name="admin"))
    return answer


def listed() -> list[Json]:
    """All users, from all pages."""
    page = invoke("admin", payload("admin"))
    found = [*page["users"]]
    while page["next_cursor"] is not None:
        page = admin(action="list", cursor=page["next_cursor"])
        found += page["users"]
    return sorted(found, key=lambda each: str(each["username"]))


def test_users_are_listed_without_their_addresses(
    deployment: HistoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.store.administration.PAGE_ITEMS", 2)
    ada, grace = user(deployment), user(deployment, "grace", "grace@example.com")
    story(deployment, ada)
    admin(action="disable", username="grace")
    for _ in range(6):
        login(NAME, "a wrong password")
    now = "2026-11-22T09:00:00Z"
    assert listed() == [
        {"user_id": ada.user_id, "username": NAME, "created_at": now, "disabled_at": None, "locked": True},
        {
            "user_id": grace.user_id,
            "username": "grace",
            "created_at": now,
            "disabled_at": "2026-11-22T09:00:01Z",
            "locked": False,
        },
    ]
    assert ADDRESS not in str(listed())


def test_a_user_who_is_disabled_has_no_sessions_and_cannot_log_in(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    tokens = login(NAME).body
    assert admin(action="disable", username=NAME.upper()) == {
        "user_id": ada.user_id,
        "username": NAME,
        "disabled": True,
        "sessions_ended": 2,
    }
    assert exchange(tokens["refresh_token"]).status == 401
    assert login(NAME).status == 401
    (since,) = [each["disabled_at"] for each in listed()]
    deployment.clock.forward(60)
    assert admin(action="disable", user_id=ada.user_id)["sessions_ended"] == 0
    assert [each["disabled_at"] for each in listed()] == [since]

    assert admin(action="enable", user_id=ada.user_id)["disabled"] is False
    assert login(NAME).status == 200
    assert admin(action="enable", user_id=ada.user_id)["disabled"] is False


def test_a_name_is_unlocked_from_all_sources(deployment: HistoryDeployment) -> None:
    user(deployment)
    grace = user(deployment, "grace", "grace@example.com")
    for name in (NAME, grace.username):
        for _ in range(7):
            login(name, "a wrong password")
    assert login(NAME).status == 429
    assert admin(action="unlock", username=NAME)["counters_deleted"] == 2
    assert login(NAME).status == 200
    assert login("grace").status == 429


def test_a_user_is_erased_without_a_password(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    begun = admin(action="erase", username=NAME)
    assert (begun["user_id"], begun["status"]) == (ada.user_id, "erasing")
    assert login(NAME).status == 401
    with pytest.raises(BeingErased):
        admin(action="enable", username=NAME)
    assert login(NAME).status == 401
    erase()
    with pytest.raises(NotFound):
        admin(action="erase", username=NAME)
    # By the id nevertheless, as after a restore from a backup.
    assert admin(action="erase", user_id=ada.user_id)["erasure_id"] == begun["erasure_id"]
    deployment.clock.forward(days=2)
    erase()
    assert admin(action="erase", user_id=ada.user_id)["erasure_id"] != begun["erasure_id"]
    assert kinds(deployment)["erasures"] == 2


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        None,
        {"action": "delete", "username": NAME},
        {"action": "disable"},
        {"action": "disable", "username": NAME, "user_id": "x"},
        {"action": "disable", "username": ""},
        # Not taken for a user who is gone: the certificate would say that all of nothing was erased.
        {"action": "erase", "user_id": "ada"},
        {"action": "erase", "user_id": "01998f00-0000-7000-8000-00000000000f "},
        {"action": "disable", "username": 7},
        {"action": "disable", "username": NAME, "reason": "spam"},
        {"action": "list", "username": NAME},
        {"action": "list", "cursor": 7},
    ],
)
def test_an_event_that_is_not_understood_is_refused(event: Any) -> None:
    with pytest.raises(MalformedEvent):
        invoke("admin", event)


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize("action", ["unlock", "disable", "enable"])
def test_a_user_who_is_not_there_is_not_found(action: str) -> None:
    for who in ({"username": "nobody"}, {"user_id": "01998f00-0000-7000-8000-00000000000f"}):
        with pytest.raises(NotFound):
            admin(action=action, **who)


@pytest.mark.usefixtures("deployment")
def test_a_cursor_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        admin(action="list", cursor="x")


def test_no_log_has_a_name_an_address_or_a_password(
    deployment: HistoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    for handler in logging.getLogger("event-scheduling-api").handlers:
        monkeypatch.setattr(handler, "stream", log)
    ada = user(deployment)
    admin(action="disable", username=NAME)
    admin(action="erase", username=NAME)
    erase()
    events = [line for line in map(json.loads, log.getvalue().splitlines()) if "security_event" in line]
    assert [(each["security_event"], each["user_id"]) for each in events][-3:] == [
        ("AccountDisabled", ada.user_id),
        ("AccountDisabled", ada.user_id),
        ("AccountErased", ada.user_id),
    ]
    assert [word for word in (NAME, ADDRESS, PASSWORD) if word in log.getvalue()] == []
