"""Secrets from AWS Secrets Manager."""

from typing import Final

from botocore.exceptions import ClientError

from shared.errors import KeysUnavailable
from shared.store.client import Clients
from shared.store.faults import store_faults

KEPT_SECONDS: Final = 15 * 60


class Secrets:
    """Reads secrets, and keeps those that are asked for with `text` for 15 minutes."""

    def __init__(self, clients: Clients) -> None:
        """Uses the Secrets Manager client of `clients`, which is created on first use."""
        self._clients = clients
        self._kept: dict[str, tuple[int, str]] = {}

    def text(self, secret_id: str, now: int) -> str:
        """Returns the string of the secret with the name or ARN `secret_id`; `now` in seconds since 1970 (UTC).

        Raises the errors of `read`.
        """
        kept = self._kept.get(secret_id)
        if kept is not None and now < kept[0]:
            return kept[1]
        value = self.read(secret_id)
        self._kept[secret_id] = (now + KEPT_SECONDS, value)
        return value

    def read(self, secret_id: str) -> str:
        """Returns the current string of the secret with the name or ARN `secret_id`.

        Raises:
            Throttled, AnswerLost: Retry.
            KeysUnavailable: The secret is missing or has no value, or access to it is denied.
        """
        try:
            with store_faults():
                return self._clients.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"]
        except ClientError as fault:
            raise KeysUnavailable(fault.response["Error"]["Code"]) from fault
