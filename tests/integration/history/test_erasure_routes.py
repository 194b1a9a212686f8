"""DELETE /me and the certificate: who may ask for an erasure, and what the answers say."""

import json
from typing import Any

import pytest

from shared.identity.erasures import ErasureStatus
from shared.ids import ErasureId, UserId
from tests.harness.botocore_faults import Wire
from tests.harness.gateway import Api, Reply, invoke, payload, reply
from tests.harness.identity_client import PASSWORD, exchange, login
from tests.harness.openapi_document import check
from tests.harness.payloads import send
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.test_erase import ADDRESS, NAME, bytes_of, certificate, erase, kinds, story, user, users

FOREIGN = UserId("5c9e1b1e-0000-5000-8000-000000000001")


def ask(api: Api, password: str | None = PASSWORD) -> Reply:
    """Asks for the erasure of a user."""
    answered = api("DELETE", "/me", None if password is None else {"password": password})
    check("DELETE", "/me", answered)
    return answered


def read(erasure_id: str) -> Reply:
    """Reads a certificate, as anybody who has its id: without a token."""
    event = json.loads(
        json.dumps(payload("get_erasure")).replace("q2Xr5kYwUjO0b3l9mN7pQvT1sZ8dH4aGcE6fW-iJ_xA", erasure_id)
    )
    assert "authorizer" not in event["requestContext"]
    answered = reply("erasure", event)
    check("GET", "/erasures/{erasure_id}", answered)
    return answered


def disabled(deployment: HistoryDeployment) -> bool:
    (login_item,) = [item for item in users(deployment) if item["sk"]["S"] == "LOGIN"]
    return "disabled_at" in login_item


def test_a_user_is_erased_from_the_request_to_the_certificate(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    story(deployment, ada)
    tokens = login(NAME).body
    begun = ask(ada)
    assert begun.status == 202
    erasure_id = begun.body["erasure_id"]
    assert begun.headers["Location"] == f"erasures/{erasure_id}"
    assert (begun.body["status"], begun.body["counts"], begun.body["erased_at"]) == ("erasing", {}, None)
    # At once: nobody logs in, and no session goes on.
    assert login(NAME).status == 401
    assert exchange(tokens["refresh_token"]).status == 401
    assert "sessions" not in kinds(deployment)

    assert read(erasure_id).body == begun.body
    statuses: list[ErasureStatus] = []
    for _ in range(2):
        erase()
        shown = read(erasure_id)
        statuses.append(shown.body["status"])
        assert not any(word in shown.text for word in (NAME, ADDRESS, ada.user_id))
        deployment.clock.forward(days=2)
        deployment.record()
    assert statuses == ["erased", "verified"]
    assert bytes_of(deployment, ada) == []
    assert read(erasure_id).body["counts"]["events"] == 5


def test_a_request_that_is_repeated_gets_the_same_erasure(deployment: HistoryDeployment) -> None:
    """Its answer may have been lost; by then the password may be gone with the user."""
    ada = user(deployment)
    first = ask(ada).body
    assert ask(ada).body == first
    erase()
    assert ask(ada).body["erasure_id"] == first["erasure_id"]
    assert ask(ada, password=None).body["status"] == "erased"
    assert kinds(deployment)["erasures"] == 1


def test_a_lost_answer_of_the_database_begins_one_erasure(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    with Wire(deployment.clients) as wire:
        wire.lose_answer("TransactWriteItems")
        begun = ask(ada)
    assert begun.status == 202
    assert kinds(deployment)["erasures"] == 1
    assert certificate(ErasureId(begun.body["erasure_id"])).status == "erasing"


@pytest.mark.parametrize("password", [None, "a wrong password"])
def test_without_the_password_nobody_is_erased(deployment: HistoryDeployment, password: str | None) -> None:
    ada = user(deployment)
    refused = ask(ada, password)
    assert (refused.status, refused.fields) == (422, ["password"])
    assert "erasures" not in kinds(deployment)
    assert not disabled(deployment)


def test_the_password_is_a_guess(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    answers = [ask(ada, "a wrong password").status for _ in range(8)]
    assert set(answers) == {422, 429}
    # The right one is not looked at while the others wait: not here, and not at the login.
    assert ask(ada).status == 429
    assert login(NAME).status == 429
    assert not disabled(deployment)


def test_a_name_in_a_token_of_somebody_elses_issuer_is_not_that_user(deployment: HistoryDeployment) -> None:
    user(deployment)
    stranger = Api(user_id=FOREIGN, username=NAME)
    assert ask(stranger).fields == ["password"]
    assert ask(stranger, password=None).status == 202
    assert not disabled(deployment)


@pytest.mark.usefixtures("deployment")
def test_a_foreign_identity_is_erased_without_a_password() -> None:
    foreign = Api(user_id=FOREIGN)
    begun = ask(foreign, password=None)
    erase()
    assert read(begun.body["erasure_id"]).body["status"] == "erased"


def test_the_payloads_are_answered_as_the_table_says(deployment: HistoryDeployment) -> None:
    assert send("erase_me").status == 422
    assert send("get_erasure").status == 404
    assert kinds(deployment) == {}


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize("erasure_id", ["x", "x" * 44, "x" * 42 + ".", "01998f00-0000-7000-8000-000000000001"])
def test_what_is_no_id_of_an_erasure_is_refused(erasure_id: str) -> None:
    assert read(erasure_id).status == 422


def test_an_unknown_id_is_not_found(deployment: HistoryDeployment) -> None:
    ask(user(deployment))
    assert read("x" * 43).status == 404


@pytest.mark.usefixtures("deployment")
def test_a_request_without_a_token_is_refused() -> None:
    event: dict[str, Any] = payload("erase_me")
    del event["requestContext"]["authorizer"]
    assert invoke("erasure", event)["statusCode"] == 401
