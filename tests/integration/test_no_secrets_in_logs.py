"""What somebody could break in with appears in no log, on no stream, and in no error."""

import io
import logging
import traceback

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.harness.deployment import SECRET
from tests.harness.gateway import Reply
from tests.harness.identity_client import Identity, authorize, exchange, login, logout, post, register

PASSWORD = "an-unmistakable-password"
WRONG = "another-unmistakable-password"
EMAIL = "unmistakable@example.com"


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
    refusals.append(exchange(first["refresh_token"]))
    refusals.append(exchange(third["refresh_token"]))
    refusals.append(exchange(second["access_token"]))
    refusals.append(exchange(second["refresh_token"] + "x"))
    tracebacks = []
    authorize(second["access_token"])
    for token in (second["refresh_token"], second["access_token"] + "x", second["access_token"][:-20]):
        with pytest.raises(Exception, match="Unauthorized") as refusal:
            authorize(token)
        tracebacks += traceback.format_exception(refusal.value)
    with monkeypatch.context() as broken:

        def lost(**_: object) -> None:
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

        for operation in ("transact_write_items", "batch_get_item", "update_item"):
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
            *tracebacks,
            *(str(reply.headers) + reply.text for reply in refusals),
        ]
    )
    hashes = [item["password_hash"]["S"] for item in identity.items("NAME#")]
    tokens = [pair[name] for pair in (first, second, third) for name in ("access_token", "refresh_token")]
    assert len(hashes) == 1
    assert '"message":"request"' in log.getvalue(), "the logs were captured"
    for secret in (PASSWORD, WRONG, EMAIL, SECRET, "$argon2id$", *hashes, *tokens):
        assert secret not in said
    for token in tokens:
        assert token.split(".")[2] not in said
        assert token.split(".")[1] not in said
