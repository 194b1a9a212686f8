"""Tokens of any session come back as they were; any change to any part of one is refused."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.errors import NotAuthenticated
from shared.identity.tokens import Access, Refresh, TokenPair, Tokens
from shared.ids import SessionId, TokenId, UserId
from tests.harness.deployment import ISSUER
from tests.harness.identity_samples import DAY, NOW, session
from tests.harness.signing_keys import tokens_of

TOKENS: Final = tokens_of(ISSUER)
PAIR: Final = TOKENS.pair(session(), NOW)
OTHER: Final = TOKENS.pair(session(user_id=UserId("user-2"), username="Grace"), NOW)

Verify = Callable[[Tokens, str], object]

KINDS: Final[dict[str, tuple[Callable[[TokenPair], str], Verify]]] = {
    "access": (lambda pair: pair.access_token, lambda tokens, token: tokens.access(token, NOW)),
    "refresh": (lambda pair: pair.refresh_token, lambda tokens, token: tokens.refresh(token, NOW)),
}
kinds = st.sampled_from(sorted(KINDS))
texts = st.text(min_size=1, max_size=40)
uuids = st.uuids(version=4).map(str)
values = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(texts, max_size=2)
characters = st.sampled_from("ABab01-_.=+/ \n\0é")


@given(user_id=uuids, username=texts, family=uuids, token_id=uuids, age=st.integers(0, 899))
def test_what_a_pair_is_made_for_comes_back(user_id: str, username: str, family: str, token_id: str, age: int) -> None:
    made = session(
        now=NOW - age,
        user_id=UserId(user_id),
        username=username,
        family=SessionId(family),
        token_id=TokenId(token_id),
        expires_at=NOW - age + DAY,
    )
    pair = TOKENS.pair(made, NOW)
    assert TOKENS.access(pair.access_token, NOW) == Access(user_id, username, family, NOW - age + 900)
    assert TOKENS.refresh(pair.refresh_token, NOW) == Refresh(UserId(user_id), SessionId(family), TokenId(token_id))
    assert pair.expires_in == 900 - age


def refused(kind: str, token: str) -> bool:
    try:
        KINDS[kind][1](TOKENS, token)
    except NotAuthenticated:
        return True
    return False


def spliced(kind: str, segment: int, text: str) -> str:
    """The token of `kind` with another text in place of one of its segments."""
    parts = KINDS[kind][0](PAIR).split(".")
    assume(parts[segment] != text)
    return ".".join([*parts[:segment], text, *parts[segment + 1 :]])


def document_of(kind: str, segment: int) -> dict[str, Any]:
    part = KINDS[kind][0](PAIR).split(".")[segment]
    document: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return document


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_helper_leaves_a_good_token_good(kind: str) -> None:
    """Or the refusals below would prove nothing."""
    token = KINDS[kind][0](PAIR)
    again = [encoded(json.dumps(document_of(kind, at), separators=(",", ":")).encode()) for at in (0, 1)]
    assert ".".join([*again, token.split(".")[2]]) == token
    assert not refused(kind, token)


@given(kind=kinds, at=st.integers(0, 10_000), length=st.integers(0, 8), text=st.text(characters, max_size=8))
def test_any_other_text_is_refused(kind: str, at: int, length: int, text: str) -> None:
    token = KINDS[kind][0](PAIR)
    at %= len(token) + 1
    changed = token[:at] + text + token[at + length :]
    assume(changed != token)
    assert refused(kind, changed)


@given(kind=kinds, segment=st.integers(0, 2), content=st.binary(max_size=200))
def test_any_other_bytes_in_a_segment_are_refused(kind: str, segment: int, content: bytes) -> None:
    assert refused(kind, spliced(kind, segment, encoded(content)))


@given(kind=kinds, segment=st.integers(0, 1), data=st.data())
def test_any_other_header_or_claim_is_refused(kind: str, segment: int, data: st.DataObject) -> None:
    document = document_of(kind, segment)
    name = data.draw(st.sampled_from([*document, "nbf", "crit", "jwk", "jku", "x5u"]))
    changed = {key: value for key, value in document.items() if key != name}
    if data.draw(st.booleans()):
        changed[name] = data.draw(values | st.sampled_from(["none", "HS256", "at+jwt", "rt+jwt", NOW + 1, "user-2"]))
    assert refused(kind, spliced(kind, segment, encoded(json.dumps(changed, separators=(",", ":")).encode())))


@given(kind=kinds, other=kinds, segment=st.integers(0, 2), of_another=st.booleans())
def test_a_segment_of_another_token_is_refused(kind: str, other: str, segment: int, *, of_another: bool) -> None:
    pair = OTHER if of_another else PAIR
    assert refused(kind, spliced(kind, segment, KINDS[other][0](pair).split(".")[segment]))


@given(kind=kinds, segment=st.integers(0, 2))
def test_a_segment_more_or_less_is_refused(kind: str, segment: int) -> None:
    parts = KINDS[kind][0](PAIR).split(".")
    assert refused(kind, ".".join([*parts[:segment], *parts[segment + 1 :]]))
    assert refused(kind, ".".join([*parts[:segment], parts[segment], *parts[segment:]]))
