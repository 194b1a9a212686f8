"""Secrets from AWS Secrets Manager."""

from typing import Final

from botocore.exceptions import ClientError

from shared.errors import KeysUnavailable, StoreFault
from shared.store.client import Clients
from shared.store.faults import store_faults

# A revoked key is out of use so soon; and a busy function reads a secret so seldom.
KEPT_SECONDS: Final = 60


class Secrets:
    """Reads secrets, and keeps those that are asked for with `text` for a minute."""

    def __init__(self, clients: Clients) -> None:
        """Uses the Secrets Manager client of `clients`, which is created on first use."""
        self._clients = clients
        self._kept: dict[str, tuple[int, str]] = {}

    def text(self, secret_id: str, now: int) -> str:
        """Returns the string of the secret with the name or ARN `secret_id`; `now` in seconds since 1970 (UTC).

        If it cannot be read again, what was read before remains in use.

        Raises:
            StoreFault: As of `read`; it could not be read so far.
        """
        kept = self._kept.get(secret_id)
        if kept is not None and now < kept[0]:
            return kept[1]
        try:
            value = self.read(secret_id)
        except StoreFault:
            if kept is None:
                raise
            value = kept[1]
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
