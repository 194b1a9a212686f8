"""Tokens: only what was issued here, for this purpose, and is still in time, is taken."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import jwt
import pytest
from jwt.exceptions import InvalidKeyError

from shared.errors import NotAuthenticated
from shared.identity.tokens import (
    ACCESS_TYPE,
    AUDIENCE,
    ISSUER,
    MAX_TOKEN_CHARACTERS,
    REFRESH_TYPE,
    Access,
    Refresh,
    Tokens,
)
from shared.ids import SessionId, TokenId, UserId
from tests.harness.identity_samples import session

KEY = "0123456789abcdef0123456789abcdef"
NOW = 1_000_000  # In 1970: a check against the real clock would find every token expired.
TOKENS = Tokens(key=KEY, access_seconds=900, refresh_seconds=86_400)
SESSION = session(now=NOW)


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of an access token that is good, with `changes`; a change to None leaves the claim out."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-1",
        "jti": "token-1",
        "iat": NOW,
        "exp": NOW + 900,
        "username": "Ada",
        "sid": "family-1",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(payload: dict[str, Any], *, key: str = KEY, algorithm: str = "HS256", **header: Any) -> str:
    """A token with any content, signed."""
    return jwt.api_jws.encode(json.dumps(payload).encode(), key, algorithm, headers={"typ": ACCESS_TYPE, **header})


def by_hand(header: Any, payload: Any, signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def refused(token: str, now: int = NOW) -> bool:
    try:
        TOKENS.access(token, now)
    except NotAuthenticated:
        return True
    return False


def test_a_pair_says_who_it_is_for() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    assert TOKENS.access(pair.access_token, NOW) == Access("user-1", "Ada", NOW + 900)
    assert TOKENS.refresh(pair.refresh_token, NOW) == Refresh(
        UserId("user-1"), SessionId("family-1"), TokenId("token-1")
    )
    assert pair.expires_in == 900


def test_the_tokens_of_a_pair_have_ids_of_their_own() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    ids = {jwt.decode(t, options={"verify_signature": False})["jti"] for t in (pair.access_token, pair.refresh_token)}
    assert len(ids) == 2


def test_a_token_is_good_until_the_second_it_expires() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    assert not refused(pair.access_token, NOW + 899)
    assert refused(pair.access_token, NOW + 900)
    TOKENS.refresh(pair.refresh_token, NOW + 86_399)
    with pytest.raises(NotAuthenticated):
        TOKENS.refresh(pair.refresh_token, NOW + 86_400)


def test_the_helper_makes_tokens_that_are_taken() -> None:
    """Or the refusals below would prove nothing."""
    assert not refused(signed(claims()))


def test_a_refresh_token_is_no_access_token_and_the_reverse() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    with pytest.raises(NotAuthenticated):
        TOKENS.access(pair.refresh_token, NOW)
    with pytest.raises(NotAuthenticated):
        TOKENS.refresh(pair.access_token, NOW)
    # The type alone decides: this one has every claim that both need.
    assert refused(signed(claims(), typ=REFRESH_TYPE))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "iat", "exp", "username"])
def test_a_claim_that_is_missing(name: str) -> None:
    assert refused(signed(claims(**{name: None})))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "username"])
@pytest.mark.parametrize("value", [1, True, ["user-1"], {"a": 1}])
def test_a_claim_of_another_type(name: str, value: Any) -> None:
    assert refused(signed(claims(**{name: value})))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "username"])
def test_a_claim_that_is_empty(name: str) -> None:
    assert refused(signed(claims(**{name: ""})))


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize("value", ["2000000", 2000000.5, 2e6, True, [], {}, float("inf"), float("nan"), "soon"])
def test_a_time_that_is_no_whole_number(name: str, value: Any) -> None:
    assert refused(signed(claims(**{name: value})))


@pytest.mark.parametrize(
    "changes",
    [{"iss": "somebody-else"}, {"aud": "something-else"}, {"aud": [AUDIENCE]}, {"exp": NOW}, {"exp": -1}],
)
def test_a_claim_with_another_value(changes: dict[str, Any]) -> None:
    assert refused(signed(claims(**changes)))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": "AT+JWT"}, {"kid": "x"}, {"crit": ["exp"]}, {"cty": "JWT"}])
def test_a_header_that_is_none_of_ours(header: dict[str, Any]) -> None:
    assert refused(signed(claims(), **header))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "HS512", "RS256", "", None, 1, ["HS256"]])
def test_another_algorithm_without_a_signature(algorithm: Any) -> None:
    assert refused(by_hand({"alg": algorithm, "typ": ACCESS_TYPE}, claims()))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_a_good_signature(algorithm: str) -> None:
    key = KEY * 2
    tokens = replace(TOKENS, key=key)
    with pytest.raises(NotAuthenticated):
        tokens.access(signed(claims(), key=key, algorithm=algorithm), NOW)


def test_another_key() -> None:
    assert refused(signed(claims(), key=KEY[::-1]))


def test_a_token_with_any_one_character_changed() -> None:
    """The last one above all: two of its bits are not part of the signature."""
    token = TOKENS.pair(SESSION, NOW).access_token
    for place, character in enumerate(token):
        for other in "AB_.=":
            if other != character:
                assert refused(token[:place] + other + token[place + 1 :]), place


@pytest.mark.parametrize("suffix", ["=", "==", ".", " ", "\n", "A"])
def test_a_token_with_something_after_it(suffix: str) -> None:
    assert refused(TOKENS.pair(SESSION, NOW).access_token + suffix)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "\0",
        "\ud800",
        "\u00e9.\u00e9.\u00e9",
        "Bearer x",
        "null",
        "\U0001f511" * 1000,
    ],
)
def test_what_is_no_token(token: str) -> None:
    assert refused(token)


def test_a_token_that_is_too_long() -> None:
    fits = signed(claims(more="x" * 2500))
    assert len(fits) <= MAX_TOKEN_CHARACTERS
    assert not refused(fits)
    assert refused(signed(claims(more="x" * 3500)))


@pytest.mark.parametrize("part", ["[" * 3000, '{"a":' * 600, "9" * 3000, "[]", "1", '"text"', "null", "{"])
def test_parts_made_to_upset_a_parser(part: str) -> None:
    hostile = urlsafe_b64encode(part.encode()).decode().rstrip("=")
    header, payload, signature = TOKENS.pair(SESSION, NOW).access_token.split(".")
    assert refused(f"{hostile}.{payload}.{signature}")
    assert refused(f"{header}.{hostile}.{signature}")
    assert refused(f"{header}.{payload}.{hostile}")
    assert refused(jwt.api_jws.encode(part.encode(), KEY, "HS256", headers={"typ": ACCESS_TYPE}))


def test_a_key_that_is_too_short_is_a_fault_of_the_deployment() -> None:
    token = TOKENS.pair(SESSION, NOW).access_token
    short = replace(TOKENS, key="short")
    with pytest.raises(InvalidKeyError):
        short.access(token, NOW)
    with pytest.raises(InvalidKeyError):
        short.pair(SESSION, NOW)


def test_neither_key_nor_tokens_are_in_the_representation() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    assert KEY not in repr(TOKENS)
    assert pair.access_token not in repr(pair)
    assert pair.refresh_token not in repr(pair)


def test_a_refusal_names_nothing_of_the_token() -> None:
    token = signed(claims(iss="somebody-else"))
    with pytest.raises(NotAuthenticated) as refusal:
        TOKENS.access(token, NOW)
    assert str(refusal.value) == "the token is not valid"
    assert refusal.value.__suppress_context__
