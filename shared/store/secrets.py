"""Secrets from AWS Secrets Manager."""

from typing import Final

from shared.store.client import Clients
from shared.store.faults import store_faults

KEPT_SECONDS: Final = 15 * 60


class Secrets:
    """A cache of the secrets that this process has read, each for 15 minutes.

    This is all the support for rotation: a new secret takes up to 15 minutes to reach every process, and what was
    signed with the old one is rejected from then on.
    """

    def __init__(self, clients: Clients) -> None:
        """Uses the Secrets Manager client of `clients`, which is created on first use."""
        self._clients = clients
        self._kept: dict[str, tuple[int, str]] = {}

    def text(self, secret_id: str, now: int) -> str:
        """Returns the string of the secret with the name or ARN `secret_id`; `now` in seconds since 1970 (UTC).

        Raises:
            Throttled, AnswerLost: Retry.
            ClientError: The secret is missing, or access to it is denied.
        """
        kept = self._kept.get(secret_id)
        if kept is not None and now < kept[0]:
            return kept[1]
        with store_faults():
            value = self._clients.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"]
        self._kept[secret_id] = (now + KEPT_SECONDS, value)
        return value
