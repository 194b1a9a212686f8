"""What somebody could break in with appears in no log, on no stream, and in no error."""

import io
import logging

import pytest
from botocore.exceptions import ReadTimeoutError

from shared.ids import UserId
from tests.harness.botocore_faults import lost
from tests.harness.gateway import Api, Reply
from tests.harness.identity_client import Identity, authorize, exchange, login, logout, post, register
from tests.harness.mailbox import Mailbox, refuse
from tests.harness.signing_keys import PRIVATE_NUMBERS

PASSWORD = "an-unmistakable-password"
WRONG = "another-unmistakable-password"
EMAIL = "unmistakable@example.com"
OTHER = "not-to-be-mistaken@example.com"
NEW = "a-third-unmistakable-password"
GUESS = "GUESS-GUESS"


def test_nothing_secret_leaves_but_in_an_answer(
    identity: Identity,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = io.StringIO()
    ours = logging.getLogger("event-scheduling-api")
    monkeypatch.setattr(ours, "level", logging.DEBUG)
    # Powertools' handler writes to the stream that was the standard output when it was made.
    for handler in ours.handlers:
        monkeypatch.setattr(handler, "stream", log)
    refusals: list[Reply] = []

    first = register("Ada", password=PASSWORD, email=EMAIL).body
    refusals.append(register("Ada", password=PASSWORD, email=EMAIL))
    refusals.append(post("register", {"username": ["Ada"], "password": PASSWORD + "\0", "email": EMAIL + "\0"}))
    refusals.append(post("register", raw='{"password": "' + PASSWORD))
    second = login("Ada", PASSWORD).body
    refusals += [login("Ada", WRONG) for _ in range(6)]
    refusals.append(login("Bob", WRONG))
    third = exchange(first["refresh_token"]).body
    identity.clock.forward(identity.runtime.settings.refresh_grace_seconds)
    refusals.append(exchange(first["refresh_token"]))
    refusals.append(exchange(third["refresh_token"]))
    refusals.append(exchange(second["access_token"]))
    refusals.append(exchange(second["refresh_token"] + "x"))
    authorize(second["access_token"])
    policies = [
        authorize(token)
        for token in (second["refresh_token"], second["access_token"] + "x", second["access_token"][:-20])
    ]
    with monkeypatch.context() as broken:

        def lost(**_: object) -> None:
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

        for operation in ("transact_write_items", "get_item", "update_item"):
            broken.setattr(identity.runtime.clients.dynamodb, operation, lost)
        refusals.append(register("Eve", password=PASSWORD, email=EMAIL))
        refusals.append(login("Ada", PASSWORD))
        refusals.append(exchange(second["refresh_token"]))
    logout(second["refresh_token"])

    assert {reply.status for reply in refusals} == {400, 401, 409, 422, 429, 503}
    streams = capfd.readouterr()
    said = "\n".join(
        [
            log.getvalue(),
            streams.out,
            streams.err,
            caplog.text,
            str(policies),
            *(str(reply.headers) + reply.text for reply in refusals),
        ]
    )
    hashes = [item["password_hash"]["S"] for item in identity.items("NAME#")]
    tokens = [pair[name] for pair in (first, second, third) for name in ("access_token", "refresh_token")]
    assert len(hashes) == 1
    assert '"message":"request"' in log.getvalue(), "the logs were captured"
    for secret in (PASSWORD, WRONG, EMAIL, *PRIVATE_NUMBERS, "$argon2id$", *hashes, *tokens):
        assert secret not in said
    for token in tokens:
        assert token.split(".")[2] not in said
        assert token.split(".")[1] not in said


def test_neither_an_address_nor_a_code_leaves_but_in_a_mail_and_to_its_owner(
    identity: Identity,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = io.StringIO()
    ours = logging.getLogger("event-scheduling-api")
    monkeypatch.setattr(ours, "level", logging.DEBUG)
    for handler in ours.handlers:
        monkeypatch.setattr(handler, "stream", log)
    refusals: list[Reply] = []
    with Mailbox(identity.runtime) as mailbox:
        tokens = register("Ada", password=PASSWORD, email=EMAIL).body
        ada = Api(user_id=UserId(authorize(tokens["access_token"])["principalId"]), username="Ada")
        records = mailbox.new_records()
        for code in ("MessageRejected", "AccessDeniedException", "TooManyRequestsException"):
            mailbox.answers.append(refuse(code))
        mailbox.answers.append(lost)
        for _ in range(4):
            mailbox.failed(records)
            identity.runtime.clients.dynamodb.put_item(
                TableName=identity.runtime.settings.users_table, Item=records[0]["dynamodb"]["NewImage"]
            )
        (mail,) = mailbox.deliver(records)
        refusals.append(ada("POST", "/me/email/verification", {"code": GUESS}))
        refusals.append(ada("POST", "/me/email/verification", {"code": mail.code, "email": EMAIL}))
        assert ada("POST", "/me/email/verification", {"code": mail.code}).status == 204
        refusals.append(ada("POST", "/me/email/verification", {"code": mail.code}))
        identity.clock.forward(60)
        refusals.append(ada("PATCH", "/me", {"email": OTHER, "current_password": WRONG}))
        assert ada("PATCH", "/me", {"email": OTHER, "current_password": PASSWORD}).status == 200
        refusals.append(ada("PATCH", "/me", {"email": EMAIL + "\0", "current_password": PASSWORD}))
        refusals.append(ada("POST", "/auth/password-reset", {"email": EMAIL + "\0"}))
        assert ada("POST", "/auth/password-reset", {"email": EMAIL}).status == 202
        mails = [mail, *mailbox.deliver()]
        confirmation = {"email": EMAIL, "code": GUESS, "new_password": NEW}
        refusals.append(ada("POST", "/auth/password-reset/confirmation", confirmation))
        confirmation["code"] = mails[-1].code if mails[-1].to == EMAIL else mails[-2].code
        refusals.append(ada("POST", "/auth/password-reset/confirmation", {**confirmation, "new_password": EMAIL}))
        assert ada("POST", "/auth/password-reset/confirmation", confirmation).status == 204

    assert {reply.status for reply in refusals} == {404, 422}
    assert len(mails) == 3
    streams = capfd.readouterr()
    answers = [str(reply.headers) + reply.text for reply in refusals]
    said = "\n".join([log.getvalue(), streams.out, streams.err, caplog.text, *answers])
    assert '"outcome":"sent"' in log.getvalue(), "the logs were captured"
    for secret in (EMAIL, OTHER, PASSWORD, WRONG, NEW, GUESS, *(each.code for each in mails)):
        assert secret not in said
        assert secret.replace("-", "") not in said
