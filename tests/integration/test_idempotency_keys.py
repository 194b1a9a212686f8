"""What may be a key of a creation, and what may not."""

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, REVIEW
from tests.integration.creation_requests import REPLAY, same_answer


@pytest.mark.parametrize(
    "same",
    ['"a-b"', "a-b", "  a-b ", ' "a-b"'],
)
def test_quotes_are_not_part_of_a_key(deployment: Deployment, same: str) -> None:
    ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": '"a-b"'})
    assert ADA("POST", "/events", REVIEW, headers={"idempotency-key": same}).headers[REPLAY] == "true"
    assert len(deployment.events()) == 1


@pytest.mark.parametrize(
    "key",
    ['"say \\"no\\" \\\\ twice"', '"with blank"', "x" * 255, f'"{"x" * 255}"', "8e03978e-40d5-43e8-bc93", "a:b/c=="],
)
def test_keys_that_are_taken(deployment: Deployment, key: str) -> None:
    first = ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": key})
    same_answer(first, ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": key}))
    assert len(deployment.events()) == 1


@pytest.mark.parametrize(
    "key",
    [
        *("", " ", '""', '"', '"a', 'a"', "a b", "a,b", '"a", "b"', '"a";b=1', "a;b"),
        *("ä", '"ä"', '"\\x"', "a\tb", "a\x00", "x" * 256, f'"{"x" * 256}"', "\\"),
    ],
)
def test_keys_that_are_none(deployment: Deployment, key: str) -> None:
    for path, body in (("/events", REVIEW), ("/events/bulk", {"events": [REVIEW]})):
        answer = ADA("POST", path, body, headers={"Idempotency-Key": key})
        assert (answer.status, answer.fields) == (422, ["Idempotency-Key"]), key
    assert deployment.calendars() == []
