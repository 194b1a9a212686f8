"""Sets of keys: kept, read again for a key that is not in them, and at most once a minute."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from shared.errors import AnswerLost, KeysUnavailable
from shared.identity.jwks import Jwk, public_jwk, published
from shared.identity.key_sets import AFTER_FAILURE_SECONDS, BETWEEN_READS_SECONDS, KeySet
from shared.identity.keyring import current_key, own_keys
from shared.identity.keys import ES256, RS256, VerificationKey, signing_key, verification_keys
from tests.harness.signing_keys import SIGNING_KEYS, VERIFICATION_KEYS, key_of

NOW = 1_000_000
KEPT = 900
FIRST, SECOND = key_of(1), key_of(2)
BOTH = [ES256, RS256]
RSA = {**RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048).public_key(), as_dict=True), "kid": "rsa"}


@dataclass
class Source:
    """Keys that can be changed, and read in vain."""

    jwks: list[Jwk] = field(default_factory=lambda: [FIRST])
    broken: bool = False
    reads: int = 0

    def read(self) -> Mapping[str, VerificationKey]:
        self.reads += 1
        if self.broken:
            raise AnswerLost("ReadTimeoutError")
        return verification_keys({"keys": [public_jwk(jwk) for jwk in self.jwks]}, [ES256])


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def keys(source: Source) -> KeySet:
    return KeySet(source.read, KEPT)


def test_a_set_is_kept(keys: KeySet, source: Source) -> None:
    for second in range(0, KEPT, 30):
        assert keys.find(FIRST["kid"], NOW + second)
    assert source.reads == 1
    assert keys.find(FIRST["kid"], NOW + KEPT)
    assert source.reads == 2


def test_a_new_key_is_found_once_the_minute_is_over(keys: KeySet, source: Source) -> None:
    assert keys.find(FIRST["kid"], NOW)
    source.jwks.append(SECOND)
    assert keys.find(SECOND["kid"], NOW + BETWEEN_READS_SECONDS - 1) is None
    assert keys.find(SECOND["kid"], NOW + BETWEEN_READS_SECONDS)
    assert source.reads == 2


def test_keys_that_do_not_exist_cost_one_read_a_minute(keys: KeySet, source: Source) -> None:
    for second in range(600):
        for number in range(3):
            assert keys.find(f"unknown-{second}-{number}", NOW + second) is None
    assert source.reads == 10


def test_a_key_that_is_no_longer_in_the_set_is_not_found(keys: KeySet, source: Source) -> None:
    assert keys.find(FIRST["kid"], NOW)
    source.jwks = [SECOND]
    assert keys.find(FIRST["kid"], NOW + KEPT - 1)
    assert keys.find(FIRST["kid"], NOW + KEPT) is None


def test_a_set_outlasts_a_fault_and_is_read_again_a_minute_later(keys: KeySet, source: Source) -> None:
    assert keys.find(FIRST["kid"], NOW)
    source.broken = True
    for second in range(KEPT, KEPT + 600):
        assert keys.find(FIRST["kid"], NOW + second)
    assert source.reads == 1 + 10
    source.broken, source.jwks = False, [SECOND]
    assert keys.find(FIRST["kid"], NOW + KEPT + 600) is None


def test_without_a_set_a_fault_is_one_and_is_not_tried_again_at_once(keys: KeySet, source: Source) -> None:
    source.broken = True
    with pytest.raises(AnswerLost):
        keys.find(FIRST["kid"], NOW)
    for second in range(AFTER_FAILURE_SECONDS):
        with pytest.raises(KeysUnavailable):
            keys.find(FIRST["kid"], NOW + second)
    assert source.reads == 1
    source.broken = False
    assert keys.find(FIRST["kid"], NOW + AFTER_FAILURE_SECONDS)


def usable(*jwks: Any, algorithms: list[str] = BOTH) -> set[str]:
    """The ids of the keys of a set that are used, beside one that always is."""
    found = verification_keys({"keys": [*jwks, public_jwk(FIRST)]}, algorithms)
    return found.keys() - {FIRST["kid"]}


def test_a_key_is_used_with_its_own_algorithm_only() -> None:
    found = verification_keys({"keys": [public_jwk(FIRST), RSA]}, BOTH)
    assert {kid: key.algorithm for kid, key in found.items()} == {FIRST["kid"]: ES256, "rsa": RS256}
    assert usable(RSA, algorithms=[ES256]) == set()


EC = {**public_jwk(SECOND), "kid": "ec"}
P384 = {**ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True), "kid": "p384"}
SMALL = {
    **RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True),  # noqa: S505 to be refused
    "kid": "small",
}


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        "text",
        [],
        {},
        {**EC, "kid": None},
        {**EC, "kid": ""},
        {**EC, "kid": "x" * 257},
        {**EC, "kid": 1},
        {**EC, "kty": "oct", "k": "c2VjcmV0"},
        {**EC, "kty": "OKP"},
        {**EC, "kty": ["EC"]},
        {**EC, "use": "enc"},
        {**EC, "alg": "ES384"},
        {**EC, "alg": None},
        {**EC, "key_ops": ["sign"]},
        {**EC, "key_ops": "verify"},
        {**EC, "crv": "secp256k1"},
        {**EC, "y": EC["x"]},
        {**EC, "x": "AA"},
        {**EC, "x": "é"},
        {**EC, "x": 7},
        {**EC, "d": SECOND["d"]},
        {**RSA, "alg": "RS512"},
        {**RSA, "alg": "HS256"},
        {**RSA, "n": "AA"},
        {**RSA, "e": "AA"},
        {**RSA, "n": None},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        P384,
        SMALL,
    ],
    ids=str,
)
def test_a_key_for_anything_else_is_left_out(jwk: Any) -> None:
    assert usable(jwk) == set()


def test_of_two_keys_with_one_id_the_first_counts() -> None:
    (key,) = verification_keys({"keys": [EC, {**public_jwk(FIRST), "kid": "ec"}]}, BOTH).values()
    assert key.public == verification_keys({"keys": [EC]}, BOTH)["ec"].public


@pytest.mark.parametrize("key_set", [None, [], {}, {"keys": {}}, {"keys": []}, {"keys": [{}]}, "keys"], ids=str)
def test_what_is_no_set_of_keys(key_set: Any) -> None:
    with pytest.raises(ValueError, match="JWK Set"):
        verification_keys(key_set, BOTH)
    with pytest.raises(KeysUnavailable):
        own_keys(json.dumps(key_set))


def test_the_two_secrets_are_read() -> None:
    current = json.loads(SIGNING_KEYS)["current"]
    assert current_key(SIGNING_KEYS).kid == current["kid"]
    assert current["kid"] in own_keys(VERIFICATION_KEYS)
    assert published(VERIFICATION_KEYS) == json.loads(VERIFICATION_KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "no JSON",
        json.dumps({"current": None}),
        json.dumps({"current": public_jwk(FIRST)}),
        json.dumps({"current": {**FIRST, "kid": "short"}}),
        json.dumps({"current": {**FIRST, "crv": "P-384"}}),
        json.dumps({"next": FIRST}),
    ],
)
def test_a_secret_without_a_signing_key(text: str) -> None:
    with pytest.raises(KeysUnavailable):
        current_key(text)


def test_only_public_members_are_published() -> None:
    stored = json.dumps({"keys": [{**FIRST, "retired_at": NOW, "more": "x"}]})
    (jwk,) = published(stored)["keys"]
    assert jwk == {name: FIRST[name] for name in ("kty", "crv", "x", "y", "kid", "use", "alg")}
    for text in ("", "{}", "[]", '{"keys": [{}]}', '{"keys": 1}'):
        with pytest.raises(KeysUnavailable):
            published(text)


def test_an_id_of_a_key_is_its_thumbprint() -> None:
    """RFC 7638, section 3.1: the members that make up the key, sorted, without spaces."""
    members = f'{{"crv":"P-256","kty":"EC","x":"{FIRST["x"]}","y":"{FIRST["y"]}"}}'
    digest = hashlib.sha256(members.encode()).digest()
    assert signing_key(FIRST).kid == base64.urlsafe_b64encode(digest).decode().rstrip("=")
