"""Keys that sign and verify tokens, and their form as JSON Web Keys (RFC 7517)."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, TypeGuard

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from shared.identity.jwks import Jwk

ES256: Final = "ES256"
RS256: Final = "RS256"
# PyJWT accepts no smaller one (RFC 7518, section 3.3); the time that a verification takes grows with the size.
_RSA_BITS: Final = range(2048, 8192 + 1)
_MAX_KID_CHARACTERS: Final = 256
_KID: Final = re.compile(r"[-A-Za-z0-9_]{43}")
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key of this API, on the curve P-256."""

    kid: str
    private: EllipticCurvePrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, and the only algorithm that it is used with."""

    kid: str
    algorithm: str
    public: EllipticCurvePublicKey | RSAPublicKey


def new_private_jwk() -> Jwk:
    """Returns a new private key. Its `kid` is its thumbprint (RFC 7638)."""
    return private_jwk(generate_private_key(SECP256R1()))


def private_jwk(key: EllipticCurvePrivateKey) -> Jwk:
    """Returns `key`, which is on the curve P-256, with its thumbprint as `kid`."""
    jwk: Jwk = ECAlgorithm.to_jwk(key, as_dict=True)
    hashed = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":")).encode()
    kid = urlsafe_b64encode(sha256(hashed).digest()).decode().rstrip("=")
    return {**jwk, "kid": kid, "use": "sig", "alg": ES256}


def signing_key(jwk: Jwk) -> SigningKey:
    """Returns the private key that `private_jwk` has written. Raises ValueError if it is not one."""
    try:
        key = ECAlgorithm.from_jwk(jwk)
    except InvalidKeyError as error:
        raise ValueError(str(error)) from None
    if (
        not isinstance(key, EllipticCurvePrivateKey)
        or not isinstance(key.curve, SECP256R1)
        or not is_own_kid(jwk["kid"])
    ):
        raise ValueError("not a private key of this API")
    return SigningKey(jwk["kid"], key)


def is_own_kid(kid: object) -> TypeGuard[str]:
    """Returns whether `kid` has the form of a thumbprint, as that of every key of this API does."""
    return isinstance(kid, str) and _KID.fullmatch(kid) is not None


def verification_keys(key_set: Any, algorithms: Sequence[str]) -> Mapping[str, VerificationKey]:
    """Returns the keys of a JWK Set that verify signatures with one of `algorithms`, by `kid`.

    Other keys are left out (RFC 7517, section 5): those without a `kid`, for another purpose or of another kind, and
    those that are malformed. Of two keys with one `kid` the first is taken.

    Raises:
        ValueError: `key_set` is not a JWK Set, or none of its keys can be used.
    """
    if not isinstance(key_set, dict) or not isinstance(key_set.get("keys"), list):
        raise ValueError("not a JWK Set")  # noqa: TRY004 the form of a text, not the type of an argument
    found: dict[str, VerificationKey] = {}
    for jwk in key_set["keys"]:
        key = _verification_key(jwk)
        if key is not None and key.algorithm in algorithms:
            found.setdefault(key.kid, key)
    if not found:
        raise ValueError("a JWK Set without a usable key")
    return found


def _verification_key(jwk: Any) -> VerificationKey | None:
    """Returns the key of a JWK; None if it cannot be used."""
    if not isinstance(jwk, dict) or not _PRIVATE.isdisjoint(jwk):
        return None
    kid, kind = jwk.get("kid"), jwk.get("kty")
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID_CHARACTERS:
        return None
    if kind == "EC" and _is_for(jwk, ES256, ("x", "y")):
        public = _public(ECAlgorithm, jwk)
        if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
            return VerificationKey(kid, ES256, public)
    if kind == "RSA" and _is_for(jwk, RS256, ("n", "e")):
        public = _public(RSAAlgorithm, jwk)
        if isinstance(public, RSAPublicKey) and public.key_size in _RSA_BITS:
            return VerificationKey(kid, RS256, public)
    return None


def _is_for(jwk: Jwk, algorithm: str, numbers: Sequence[str]) -> bool:
    """Returns whether a JWK says nothing but that it verifies signatures with `algorithm`, and has its `numbers`."""
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("alg", algorithm) == algorithm
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and all(isinstance(jwk.get(name), str) for name in numbers)
    )


def _public(algorithm: type[ECAlgorithm | RSAAlgorithm], jwk: Jwk) -> object:
    """Returns the key that a JWK describes; None if its numbers are not those of one."""
    try:
        return algorithm.from_jwk(jwk)
    except (InvalidKeyError, ValueError):
        return None
