"""The two secrets with the keys of a deployment, as JSON.

* The signing keys, which only functions that create tokens may read: the private key that signs (`current`), and the
  one that will sign after the next rotation (`next`).
* The verification keys: a JWK Set with the public keys of both, and of all that may have signed a token that is still
  valid.
"""

import json
from collections.abc import Mapping
from functools import lru_cache

from shared.errors import KeysUnavailable
from shared.identity.keys import ES256, SigningKey, VerificationKey, signing_key, verification_keys


@lru_cache(maxsize=1)
def current_key(text: str) -> SigningKey:
    """Returns the key that signs, of the secret of signing keys `text`. Raises KeysUnavailable."""
    try:
        return signing_key(json.loads(text)["current"])
    except (KeyError, TypeError, ValueError):
        raise KeysUnavailable("there is no signing key") from None


def own_keys(text: str) -> Mapping[str, VerificationKey]:
    """Returns the keys of the secret of verification keys `text`, by `kid`. Raises KeysUnavailable."""
    try:
        return verification_keys(json.loads(text), [ES256])
    except ValueError:
        raise KeysUnavailable("there are no verification keys") from None
