"""The keys of another issuer of tokens, as it publishes them."""

from collections.abc import Mapping
from typing import Final

from shared.errors import KeysUnavailable
from shared.identity.keys import ES256, RS256, VerificationKey, verification_keys
from shared.store.http import Http, is_safe

CONFIGURATION: Final = "/.well-known/openid-configuration"
MOST_BYTES_OF_CONFIGURATION: Final = 64 * 1024
MOST_BYTES_OF_KEYS: Final = 256 * 1024


def read_issuer_keys(http: Http, issuer: str) -> Mapping[str, VerificationKey]:
    """Returns the keys of `issuer` for ES256 and RS256, by `kid` (OpenID Connect Discovery 1.0, section 4).

    Raises:
        AnswerLost: A document is not to be had.
        KeysUnavailable: The documents are not those of this issuer, or have no usable key.
    """
    configuration = http.get_json(issuer.removesuffix("/") + CONFIGURATION, MOST_BYTES_OF_CONFIGURATION)
    # Section 4.3: otherwise one issuer could speak for another.
    if not isinstance(configuration, dict) or configuration.get("issuer") != issuer:
        raise KeysUnavailable("the configuration is of another issuer")
    address = configuration.get("jwks_uri")
    if not isinstance(address, str) or not is_safe(address):
        raise KeysUnavailable("the configuration has no https address of keys")
    try:
        return verification_keys(http.get_json(address, MOST_BYTES_OF_KEYS), [ES256, RS256])
    except ValueError as error:
        raise KeysUnavailable(str(error)) from None
