"""Wiring of the rotation of keys."""

import json
from collections.abc import Callable
from typing import Any, Final

from shared.errors import Contended
from shared.identity.rotation import KeyRotation, Rotated
from shared.runtime import current
from shared.store.http import Http
from shared.store.versioned_secret import VersionedSecret

RETRY_SECONDS: Final = 20.0
RESPONSE_SECONDS: Final = 20.0


def ensure_keys() -> Rotated:
    """Makes the keys if there are none."""
    return _run(KeyRotation.ensure)


def rotate_keys() -> Rotated:
    """Promotes the next key."""
    return _run(KeyRotation.rotate)


def rotate_keys_if_due() -> Rotated:
    """Promotes the next key if the current one has signed for the period that the deployment states."""
    period = current().settings.key_rotation_seconds
    return _run(lambda rotation: rotation.rotate(period))


def revoke_keys() -> Rotated:
    """Replaces all keys."""
    return _run(KeyRotation.revoke)


def respond(url: str, document: dict[str, Any]) -> None:
    """Sends `document` to the address to which a custom resource responds. Raises StoreFault."""
    runtime = current()
    http = Http(runtime.monotonic)
    # The address is signed for a request without a media type.
    headers = {"Content-Type": ""}
    body = json.dumps(document).encode()
    runtime.deadline(RESPONSE_SECONDS).retry(lambda: http.put(url, body, headers))


def _run(work: Callable[[KeyRotation], Rotated]) -> Rotated:
    """Returns the result of `work`, which starts over if another rotation takes place at the same time."""
    runtime = current()
    settings, clients = runtime.settings, runtime.clients
    signing = VersionedSecret(clients, settings.signing_keys)
    verification = VersionedSecret(clients, settings.verification_keys)
    return runtime.deadline(RETRY_SECONDS).retry(
        lambda: work(KeyRotation(signing, verification, runtime.now())), on=Contended
    )
