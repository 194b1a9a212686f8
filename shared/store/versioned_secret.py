"""A secret in AWS Secrets Manager, for the function that writes it."""

from botocore.exceptions import ClientError

from shared.errors import Contended, KeysUnavailable
from shared.identity.rotation import StoredSecret
from shared.ids import successor_of
from shared.store.client import Clients
from shared.store.faults import store_faults


class VersionedSecret:
    """One secret. A write is conditional on the version that it replaces."""

    def __init__(self, clients: Clients, secret_id: str) -> None:
        """Uses the secret with the name or ARN `secret_id`."""
        self._client = clients.secretsmanager
        self._secret_id = secret_id

    def read(self) -> StoredSecret:
        """Returns the current value. It is empty if the secret has none yet, or is missing: then it cannot be replaced.

        Raises:
            Throttled, AnswerLost: Retry.
            KeysUnavailable: Access to the secret is denied.
        """
        try:
            with store_faults():
                found = self._client.get_secret_value(SecretId=self._secret_id)
        except ClientError as fault:
            if fault.response["Error"]["Code"] == "ResourceNotFoundException":
                return StoredSecret("", "")
            raise KeysUnavailable(fault.response["Error"]["Code"]) from fault
        return StoredSecret(found.get("SecretString", ""), found["VersionId"])

    def replace(self, before: StoredSecret, text: str) -> None:
        """Stores `text` as the value that follows `before`.

        Secrets Manager has no conditional writes, but the writer chooses the id of the new version, and no id can be
        used for two values. This one follows from the id of the version before, so each version has one successor.
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html

        Raises:
            Contended: `before` already has another successor.
            Throttled, AnswerLost: Retry.
            KeysUnavailable: The secret is missing, or access to it is denied.
        """
        version = successor_of(before.version)
        try:
            with store_faults():
                self._client.put_secret_value(SecretId=self._secret_id, ClientRequestToken=version, SecretString=text)
        except ClientError as fault:
            code = fault.response["Error"]["Code"]
            if code == "ResourceExistsException":
                raise Contended(code) from fault
            raise KeysUnavailable(code) from fault
