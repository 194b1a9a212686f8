"""Sending mails with Amazon SES."""

from typing import Final

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from shared.domains import in_ascii
from shared.errors import AnswerLost, Throttled
from shared.identity.notifications import AddressRefused, MailRefused
from shared.store.client import Clients

# What no retry changes: the sender, or in the sandbox the recipient, is not verified; the address is not valid.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
_REFUSALS: Final = {"MessageRejected": MailRefused, "BadRequestException": AddressRefused}


class SesNotifier:
    """Sends each mail with one SendEmail of SES. Implements `shared.identity.notifications.Notifier`."""

    def __init__(self, clients: Clients, mail_from: str) -> None:
        """Sends mails from the address `mail_from`, which must be a verified identity of the account."""
        self._clients = clients
        self._from = mail_from

    def send(self, to: str, subject: str, text: str) -> None:
        """Sends a mail in plain text to the address `to`.

        No error has SES's own message, which quotes addresses.

        Raises:
            MailRefused: SES does not accept it: the sender is not verified, or the account is in the sandbox.
            AddressRefused: It does not accept the address; among others any whose part before the @ is not ASCII.
            Throttled: SES does not accept it now, for whatever reason: the sender may be made valid yet.
            AnswerLost: No response arrived.
        """
        content = {
            "Subject": {"Data": subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
        }
        try:
            self._clients.ses.send_email(
                FromEmailAddress=self._from,
                Destination={"ToAddresses": [_in_ascii(to)]},
                Content={"Simple": content},  # type: ignore[typeddict-item]
            )
        except ClientError as fault:
            code = fault.response["Error"]["Code"]
            raise _REFUSALS.get(code, Throttled)(code) from None
        except (HTTPClientError, BotoConnectionError) as fault:
            raise AnswerLost(type(fault).__name__) from None


def _in_ascii(address: str) -> str:
    """Returns `address` with its domain in ASCII. Raises AddressRefused if it has no such form."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{in_ascii(domain)}"
    except ValueError:
        raise AddressRefused("not ASCII") from None
