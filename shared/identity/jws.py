"""Signed tokens (JWS, RFC 7515), with PyJWT: ES256 for those of this API, ES256 and RS256 for those of another issuer.

Everything that a token could choose is fixed (RFC 8725): no other algorithm is known here, and a key is used with its
own algorithm only. Messages of errors are returned to the client, so they quote nothing of a token.
"""

import json
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt import PyJWS
from jwt.algorithms import AllowedECKeys, ECAlgorithm
from jwt.exceptions import InvalidTokenError
from jwt.utils import base64url_encode

from shared.errors import NotAuthenticated
from shared.identity.keys import ES256, RS256, SigningKey, VerificationKey

MAX_TOKEN_CHARACTERS: Final = 4096
INVALID: Final = "the token is not valid"

_NUMBER_BYTES: Final = 32
# The order of the curve P-256 (NIST SP 800-186, section 3.2.1.3).
_ORDER: Final = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551


class _OneSignature(ECAlgorithm):
    """ES256 with a single valid signature for each key and message.

    * The signature is deterministic (RFC 6979), so that concurrent requests that sign the same claims return the same
      token.
    * If (r, s) is a valid signature, so is (r, order - s). Only the one with the smaller `s` is made and accepted:
      otherwise anybody could turn a token into another one that is valid too.
    """

    def __init__(self) -> None:
        super().__init__(ECAlgorithm.SHA256)

    def sign(self, msg: bytes, key: EllipticCurvePrivateKey) -> bytes:
        """Returns the signature of `msg`."""
        r, s = decode_dss_signature(key.sign(msg, ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return b"".join(number.to_bytes(_NUMBER_BYTES) for number in (r, min(s, _ORDER - s)))

    def verify(self, msg: bytes, key: AllowedECKeys, sig: bytes) -> bool:
        """Returns whether `sig` is the signature of `msg`."""
        return int.from_bytes(sig[_NUMBER_BYTES:]) <= _ORDER // 2 and super().verify(msg, key, sig)


_own = PyJWS(algorithms=[])
_own.register_algorithm(ES256, _OneSignature())
_foreign = PyJWS(algorithms=[ES256, RS256])


def sign(claims: dict[str, Any], kind: str, key: SigningKey) -> str:
    """Returns the token of the type `kind` with `claims`: the same for the same arguments."""
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return _own.encode(payload, key.private, ES256, headers={"kid": key.kid, "typ": kind})


def header_of(token: str, most_characters: int = MAX_TOKEN_CHARACTERS) -> dict[str, Any]:
    """Returns the header of `token`, which is not verified. Raises NotAuthenticated if it is not a token."""
    if len(token) > most_characters or not token.isascii():
        raise NotAuthenticated(INVALID)
    try:
        return _own.get_unverified_header(token)
    except InvalidTokenError:
        raise NotAuthenticated(INVALID) from None


def unverified_claims(token: str, most_characters: int) -> dict[str, Any]:
    """Returns the claims of `token`, which are not verified: only good for finding out who could verify them.

    Raises NotAuthenticated if it is not a token.
    """
    header_of(token, most_characters)
    try:
        decoded = _own.decode_complete(token, options={"verify_signature": False})
    except InvalidTokenError:
        raise NotAuthenticated(INVALID) from None
    return _claims(decoded["payload"])


def own_claims(token: str, key: VerificationKey) -> dict[str, Any]:
    """Returns the claims of a token that `sign` has made with `key`. Raises NotAuthenticated."""
    payload, signature = _verify(_own, token, key)
    # Base64 has unused bits at its end, so the same signature could be encoded in several ways: only one is accepted.
    if token.rpartition(".")[2] != base64url_encode(signature).decode():
        raise NotAuthenticated(INVALID)
    return _claims(payload)


def foreign_claims(token: str, key: VerificationKey) -> dict[str, Any]:
    """Returns the claims of a token that another issuer has signed with `key`. Raises NotAuthenticated."""
    return _claims(_verify(_foreign, token, key)[0])


def _verify(jws: PyJWS, token: str, key: VerificationKey) -> tuple[bytes, bytes]:
    """Returns the payload and the signature of `token`. Raises NotAuthenticated if the signature is not of `key`."""
    try:
        decoded = jws.decode_complete(token, key.public, [key.algorithm])
    except InvalidTokenError:
        raise NotAuthenticated(INVALID) from None
    return decoded["payload"], decoded["signature"]


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError):
        raise NotAuthenticated(INVALID) from None
    if not isinstance(claims, dict):
        raise NotAuthenticated(INVALID)
    return claims
