"""Wiring of the published keys, without what signs or verifies."""

from shared.identity.jwks import Jwk, published
from shared.runtime import current


def published_keys() -> dict[str, list[Jwk]]:
    """Returns the JWK Set of this deployment, as read within the last 15 minutes.

    Raises the errors of reading the secret.
    """
    runtime = current()
    return published(runtime.secrets.text(runtime.settings.verification_keys, runtime.now()))
