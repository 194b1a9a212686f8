"""Secrets of AWS Secrets Manager."""

from typing import Final

from shared.store.client import Clients
from shared.store.faults import store_faults

KEPT_SECONDS: Final = 15 * 60


class Secrets:
    """The secrets that this process has read, each kept for 15 minutes.

    There is no more to rotation than that: a new secret takes up to 15 minutes to reach every process, and what the
    old one signed is refused from then on.
    """

    def __init__(self, clients: Clients) -> None:
        """Read with the client for Secrets Manager, which is made at the first need."""
        self._clients = clients
        self._kept: dict[str, tuple[int, str]] = {}

    def text(self, secret_id: str, now: int) -> str:
        """Returns the secret string of the name or ARN `secret_id`; `now` in seconds since 1970 (UTC).

        Raises:
            Throttled, AnswerLost: try again.
            ClientError: the secret is missing, or access to it is denied.
        """
        kept = self._kept.get(secret_id)
        if kept is not None and now < kept[0]:
            return kept[1]
        with store_faults():
            value = self._clients.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"]
        self._kept[secret_id] = (now + KEPT_SECONDS, value)
        return value
