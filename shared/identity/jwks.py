"""The public keys of this deployment, as a JWK Set (RFC 7517, section 5). Needs no cryptography."""

import json
from typing import Any, Final

from shared.errors import KeysUnavailable

Jwk = dict[str, Any]

# The members of a key of this API that are public (RFC 7518, section 6.2.1), in the order in which they are shown.
_PUBLIC: Final = ("kty", "crv", "x", "y", "kid", "use", "alg")


def public_jwk(jwk: Jwk) -> Jwk:
    """Returns the public part of a key of this API, and nothing else that may be stored with it."""
    return {name: jwk[name] for name in _PUBLIC}


def stored_keys(text: str) -> list[Jwk]:
    """Returns the keys of the secret of verification keys `text`, as they are stored. Raises KeysUnavailable."""
    try:
        keys: list[Jwk] = [{**jwk, **public_jwk(jwk)} for jwk in json.loads(text)["keys"]]
    except (KeyError, TypeError, ValueError):
        raise KeysUnavailable("there are no verification keys") from None
    return keys


def published(text: str) -> dict[str, list[Jwk]]:
    """Returns the JWK Set of the secret of verification keys `text`: public members only. Raises KeysUnavailable."""
    return {"keys": [public_jwk(jwk) for jwk in stored_keys(text)]}
