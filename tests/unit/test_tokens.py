"""Tokens: only what was issued here, for this purpose, and is still in time, is taken."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import KeysUnavailable, NotAuthenticated
from shared.identity.jwks import Jwk, public_jwk
from shared.identity.jws import MAX_TOKEN_CHARACTERS
from shared.identity.key_sets import KeySet
from shared.identity.keys import ES256, VerificationKey, signing_key, verification_keys
from shared.identity.tokens import (
    ACCESS_TYPE,
    AUDIENCE,
    DEVICE_SECONDS,
    DEVICE_TYPE,
    REFRESH_TYPE,
    SKEW_SECONDS,
    Access,
    Refresh,
    Tokens,
)
from shared.ids import SessionId, TokenId, UserId
from tests.harness.deployment import ISSUER
from tests.harness.identity_samples import session
from tests.harness.signing_keys import key_of

JWK = key_of(1)
OTHER = key_of(2)
KID = JWK["kid"]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NOW = 1_000_000  # In 1970: a check against the real clock would find every token expired.
FAMILY = "00000001-2345-7000-8000-000000000001"
TOKEN_ID = "00000001-2345-7000-8000-000000000002"
DEVICE = "00000001-2345-7000-8000-000000000003"
SESSION = session(now=NOW, family=SessionId(FAMILY), token_id=TokenId(TOKEN_ID))


def key_set(*jwks: Jwk) -> KeySet:
    """The public keys of `jwks`."""
    return KeySet(lambda: verification_keys({"keys": [public_jwk(jwk) for jwk in jwks]}, [ES256]), 900)


def tokens_with(*verifying: Jwk, signing: Jwk = JWK) -> Tokens:
    return Tokens(ISSUER, 900, 86_400, key_set(*verifying), lambda: signing_key(signing))


TOKENS = tokens_with(JWK)


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


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def halves(signature: bytes) -> tuple[int, int]:
    """The numbers r and s of a signature."""
    return int.from_bytes(signature[:32]), int.from_bytes(signature[32:])


def with_low_s(token: str) -> str:
    """`token`, signed by PyJWT, with the one of its two signatures that is accepted."""
    rest, _, signature = token.rpartition(".")
    r, s = halves(decoded(signature))
    return f"{rest}.{encoded(r.to_bytes(32) + min(s, ORDER - s).to_bytes(32))}"


def signed_bytes(payload: bytes, *, key: Jwk = JWK, **header: Any) -> str:
    """A token with any payload, signed by PyJWT itself."""
    headers = {"typ": ACCESS_TYPE, "kid": key["kid"], **header}
    headers = {name: value for name, value in headers.items() if value is not None}
    return with_low_s(jwt.api_jws.encode(payload, jwt.PyJWK(key), ES256, headers=headers))


def signed(payload: Mapping[str, Any], *, key: Jwk = JWK, **header: Any) -> str:
    """A token with any content, signed by PyJWT itself."""
    return signed_bytes(json.dumps(payload).encode(), key=key, **header)


def by_hand(header: Any, payload: Any, signature: bytes = b"") -> str:
    """A token that no library would make."""
    return ".".join(map(encoded, (json.dumps(header).encode(), json.dumps(payload).encode(), signature)))


def refused(token: str, now: int = NOW) -> bool:
    try:
        TOKENS.access(token, now)
    except NotAuthenticated:
        return True
    return False


def test_a_pair_says_who_it_is_for() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    assert TOKENS.access(pair.access_token, NOW) == Access("user-1", "Ada", FAMILY, NOW + 900)
    assert TOKENS.refresh(pair.refresh_token, NOW) == Refresh(UserId("user-1"), SessionId(FAMILY), TokenId(TOKEN_ID))
    assert pair.expires_in == 900


def test_a_pair_has_the_claims_and_headers_that_are_documented() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    common = {"iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "sid": FAMILY, "iat": NOW}
    for token, kind, more in (
        (pair.access_token, ACCESS_TYPE, {"exp": NOW + 900, "username": "Ada"}),
        (pair.refresh_token, REFRESH_TYPE, {"exp": NOW + 86_400, "jti": TOKEN_ID}),
    ):
        header, payload, _ = token.split(".")
        assert json.loads(decoded(header)) == {"alg": "ES256", "kid": KID, "typ": kind}
        found = json.loads(decoded(payload))
        assert found == {"jti": found["jti"], **common, **more}


def test_the_same_session_and_key_make_the_same_pair() -> None:
    assert len({TOKENS.pair(SESSION, NOW) for _ in range(16)}) == 1
    for other in (
        TOKENS.pair(replace(SESSION, token_id=TokenId(FAMILY)), NOW),
        TOKENS.pair(SESSION, NOW + 1),
        tokens_with(JWK, signing=OTHER).pair(SESSION, NOW),
    ):
        assert other != TOKENS.pair(SESSION, NOW)


def test_the_tokens_of_a_pair_have_ids_of_their_own() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    ids = {jwt.decode(t, options={"verify_signature": False})["jti"] for t in (pair.access_token, pair.refresh_token)}
    assert len(ids) == 2


def test_a_device_is_known_for_a_year_to_its_user() -> None:
    token = TOKENS.device("user-1", DEVICE, NOW)
    assert token == TOKENS.device("user-1", DEVICE, NOW)
    assert TOKENS.known_device(token, "user-1", NOW) == DEVICE
    assert TOKENS.known_device(token, "user-1", NOW + DEVICE_SECONDS - 1) == DEVICE
    assert TOKENS.known_device(token, "user-1", NOW + DEVICE_SECONDS) is None
    assert TOKENS.known_device(token, "user-2", NOW) is None


def test_what_is_no_device_token_names_no_device() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    device = TOKENS.device("user-1", DEVICE, NOW)
    for token in ("", "\ud800", "a.b.c", pair.access_token, pair.refresh_token, device[:-1], device + "="):
        assert TOKENS.known_device(token, "user-1", NOW) is None
    assert TOKENS.known_device(signed(claims(jti=DEVICE), typ=DEVICE_TYPE), "user-1", NOW) == DEVICE
    assert TOKENS.known_device(signed(claims(jti=None), typ=DEVICE_TYPE), "user-1", NOW) is None


def test_a_device_is_not_known_while_the_keys_cannot_be_read() -> None:
    def fail() -> Mapping[str, VerificationKey]:
        raise KeysUnavailable("none")

    tokens = replace(TOKENS, keys=KeySet(fail, 900))
    device = TOKENS.device("user-1", DEVICE, NOW)
    assert tokens.known_device(device, "user-1", NOW) is None
    with pytest.raises(KeysUnavailable):
        tokens.access(TOKENS.pair(SESSION, NOW).access_token, NOW)


def test_a_device_token_is_nothing_else() -> None:
    device = TOKENS.device("user-1", DEVICE, NOW)
    assert refused(device)
    with pytest.raises(NotAuthenticated):
        TOKENS.refresh(device, NOW)


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


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "iat", "exp", "username", "sid"])
def test_a_claim_that_is_missing(name: str) -> None:
    assert refused(signed(claims(**{name: None})))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "username", "sid"])
@pytest.mark.parametrize("value", [1, True, ["user-1"], {"a": 1}])
def test_a_claim_of_another_type(name: str, value: Any) -> None:
    assert refused(signed(claims(**{name: value})))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "username", "sid"])
def test_a_claim_that_is_empty(name: str) -> None:
    assert refused(signed(claims(**{name: ""})))


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["2000000", 2000000.5, 2e6, True, [], {}, float("inf"), float("nan"), "soon"])
def test_a_time_that_is_no_whole_number(name: str, value: Any) -> None:
    assert refused(signed(claims(**{name: value})))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody-else"},
        {"iss": f"{ISSUER}/"},
        {"iss": [ISSUER]},
        {"aud": "something-else"},
        {"aud": [AUDIENCE]},
        {"exp": NOW},
        {"exp": -1},
        {"iat": NOW + SKEW_SECONDS + 1},
        {"nbf": NOW + SKEW_SECONDS + 1},
        {"iat": NOW - 1},
        {"exp": NOW + 901},
        {"exp": NOW + 10**18},
    ],
)
def test_a_claim_with_another_value(changes: dict[str, Any]) -> None:
    assert refused(signed(claims(**changes)))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "AT+JWT"},
        {"typ": None},
        {"kid": None},
        {"kid": "x"},
        {"kid": KID + "A"},
        {"kid": OTHER["kid"]},
        {"crit": ["exp"]},
        {"cty": "JWT"},
        {"jwk": public_jwk(JWK)},
        {"jku": "https://example.com"},
        {"x5u": "https://example.com"},
    ],
    ids=str,
)
def test_a_header_that_is_none_of_ours(header: dict[str, Any]) -> None:
    assert refused(signed(claims(), **header))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "ES384", "RS256", "", None, 1, ["ES256"]])
def test_another_algorithm_without_a_signature(algorithm: Any) -> None:
    assert refused(by_hand({"alg": algorithm, "kid": KID, "typ": ACCESS_TYPE}, claims()))


@pytest.mark.parametrize("secret", [json.dumps(public_jwk(JWK)), JWK["x"], KID, ""])
def test_a_signature_made_with_what_everybody_knows(secret: str) -> None:
    """The public key is no secret of HMAC's, in whatever form."""
    unsigned = by_hand({"alg": "HS256", "kid": KID, "typ": ACCESS_TYPE}, claims()).removesuffix(".")
    assert refused(f"{unsigned}.{encoded(hmac.digest(secret.encode(), unsigned.encode(), 'sha256'))}")


def test_another_hash_with_the_right_key() -> None:
    header, payload, _ = signed(claims()).split(".")
    der = signing_key(JWK).private.sign(f"{header}.{payload}".encode(), ECDSA(hashes.SHA384()))
    assert refused(f"{header}.{payload}.{encoded(der)}")
    assert refused(f"{header}.{payload}.{encoded(der[:64])}")


def test_another_key() -> None:
    assert refused(signed(claims(), key=OTHER))
    assert refused(signed(claims(), key=OTHER, kid=KID))


def test_a_token_of_every_published_key_is_accepted() -> None:
    tokens = tokens_with(JWK, OTHER)
    for key in (JWK, OTHER):
        assert tokens.access(signed(claims(), key=key), NOW).user_id == "user-1"


def test_a_key_is_looked_for_only_if_the_header_is_one_of_ours() -> None:
    reads: list[str] = []

    def read() -> Mapping[str, VerificationKey]:
        reads.append("read")
        return verification_keys({"keys": [public_jwk(JWK)]}, [ES256])

    tokens = replace(TOKENS, keys=KeySet(read, 900))
    unknown = OTHER["kid"]
    for token in (
        signed(claims(), kid="x"),
        signed(claims(), kid="../" * 15),
        signed(claims(), typ="JWT", kid=unknown),
        by_hand({"alg": "HS256", "kid": unknown, "typ": ACCESS_TYPE}, claims(), b"x" * 64),
    ):
        with pytest.raises(NotAuthenticated):
            tokens.access(token, NOW)
    assert reads == []


def test_a_signature_has_one_form_only() -> None:
    """(r, s) and (r, order - s) both verify: otherwise every token would have a twin that was never issued."""
    token = TOKENS.pair(SESSION, NOW).access_token
    rest, _, signature = token.rpartition(".")
    r, s = halves(decoded(signature))
    assert s <= ORDER // 2
    twin = f"{rest}.{encoded(r.to_bytes(32) + (ORDER - s).to_bytes(32))}"
    assert jwt.decode(twin, jwt.PyJWK(JWK), audience=AUDIENCE, options={"verify_exp": False}), "it does verify"
    assert refused(twin)


@given(st.binary(min_size=0, max_size=80))
def test_any_other_signature_is_refused(signature: bytes) -> None:
    token = TOKENS.pair(SESSION, NOW).access_token
    rest, _, right = token.rpartition(".")
    assert refused(f"{rest}.{encoded(signature)}") is (encoded(signature) != right)


@pytest.mark.parametrize("changes", [{"iat": NOW + SKEW_SECONDS, "exp": NOW + 900}, {"nbf": NOW + SKEW_SECONDS}])
def test_clocks_may_differ_by_a_minute(changes: dict[str, Any]) -> None:
    assert not refused(signed(claims(**changes)))


def test_a_token_lives_no_longer_than_its_kind() -> None:
    refresh = {"iat": NOW, "exp": NOW + 86_400}
    assert TOKENS.refresh(signed(claims(**refresh), typ=REFRESH_TYPE), NOW).token_id == "token-1"
    assert refused(signed(claims(**refresh)))
    with pytest.raises(NotAuthenticated):
        TOKENS.refresh(signed(claims(iat=NOW - 1, exp=NOW + 86_400), typ=REFRESH_TYPE), NOW)
    assert TOKENS.known_device(signed(claims(exp=NOW + DEVICE_SECONDS), typ=DEVICE_TYPE), "user-1", NOW)
    assert TOKENS.known_device(signed(claims(exp=NOW + DEVICE_SECONDS + 1), typ=DEVICE_TYPE), "user-1", NOW) is None


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
    assert refused(signed_bytes(part.encode()))


def test_neither_key_nor_tokens_are_in_the_representation() -> None:
    pair = TOKENS.pair(SESSION, NOW)
    assert JWK["d"] not in repr((TOKENS, signing_key(JWK)))
    assert "private" not in repr(TOKENS)
    assert pair.access_token not in repr(pair)
    assert pair.refresh_token not in repr(pair)


def test_a_refusal_names_nothing_of_the_token() -> None:
    for token in (signed(claims(iss="somebody-else")), signed(claims(), key=OTHER, kid=KID), "a.b.c"):
        with pytest.raises(NotAuthenticated) as refusal:
            TOKENS.access(token, NOW)
        assert str(refusal.value) == "the token is not valid"
        assert refusal.value.__context__ is None or refusal.value.__suppress_context__
