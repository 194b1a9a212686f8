"""Creations that have a name, so that they can be sent again: a key, a uid, or both."""

from typing import Any

import pytest

from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, ALLOW, REVIEW

KEY = {"Idempotency-Key": '"order-4711"'}
TRANSPARENT = {**REVIEW, "transparency": "transparent"}
WAYS = [("", REVIEW), (ALLOW, REVIEW), ("", TRANSPARENT), (ALLOW, TRANSPARENT)]
REPLAY = "Idempotent-Replay"
ways = pytest.mark.parametrize(("query", "body"), WAYS, ids=["checked", "allowed", "transparent", "both"])
named = pytest.mark.parametrize("how", ["key", "uid", "key and uid"])


def send(body: dict[str, Any], how: str = "key", query: str = "", **more: Any) -> Reply:
    """Create an event that is known by a key, a uid, or both."""
    sent = {**body, "uid": "4711@example.com"} if "uid" in how else body
    return ADA("POST", f"/events{query}", sent, headers=KEY if "key" in how else {}, **more)


def same_answer(first: Reply, again: Reply) -> None:
    """Assert that `again` repeats `first`."""
    assert (again.status, again.body) == (first.status, first.body) == (201, first.body)
    assert again.headers.pop(REPLAY) == "true"
    assert again.headers == first.headers
