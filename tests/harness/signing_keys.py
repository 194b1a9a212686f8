"""The keys of the deployments under test, in the form of the two secrets. They sign for no deployment."""

import json
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from shared.identity.jwks import Jwk, public_jwk
from shared.identity.key_sets import KeySet
from shared.identity.keyring import current_key, own_keys
from shared.identity.keys import private_jwk
from shared.identity.tokens import Tokens


def key_of(number: int) -> Jwk:
    """Returns a private key: the same for the same number."""
    return private_jwk(derive_private_key(number, SECP256R1()))


_CURRENT: Final = key_of(0x5C4ED)
_NEXT: Final = key_of(0x1E47)

SIGNING_KEYS: Final = json.dumps({"current": _CURRENT, "next": _NEXT, "made_at": 0, "rotated_at": None})
VERIFICATION_KEYS: Final = json.dumps({"keys": [public_jwk(_CURRENT), public_jwk(_NEXT)]})
# What no log may contain.
PRIVATE_NUMBERS: Final = (_CURRENT["d"], _NEXT["d"])
# The string of each secret by its name, which is also its variable's value.
SECRETS: Final = {"signing": SIGNING_KEYS, "verification": VERIFICATION_KEYS}


def tokens_of(issuer: str, *, access_seconds: int = 900, refresh_seconds: int = 86_400) -> Tokens:
    """Returns the tokens of a deployment with the keys above."""
    keys = KeySet(lambda: own_keys(VERIFICATION_KEYS), kept_seconds=900)
    return Tokens(issuer, access_seconds, refresh_seconds, keys, lambda: current_key(SIGNING_KEYS))
