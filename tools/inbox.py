"""The mails that the local stack's functions have sent: ministack keeps what is sent with SES, and delivers nothing.

It keeps them in memory, and forgets them when it stops.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tools.function_logs import FAULTS, POLL_SECONDS

if TYPE_CHECKING:
    from tools.local_stack import LocalStack

SENDER: Final = "calendar@example.com"
_PATH: Final = "/_ministack/ses/messages"


@dataclass(frozen=True)
class Mail:
    """A mail that a function has sent; `at` in seconds since 1970 (UTC)."""

    id: str
    at: float
    to: str
    subject: str
    text: str

    def lines(self) -> Iterator[str]:
        """Yields the mail as it is shown in the terminal."""
        yield f"==> Mail to {self.to}: {self.subject}"
        yield from (f"    {line}".rstrip() for line in self.text.rstrip().split("\n"))


def prepare(stack: LocalStack) -> None:
    """Makes SENDER, the parameter MailFrom of the local deployment, an identity that may send."""
    stack.client("sesv2").create_email_identity(EmailIdentity=SENDER)


def mails(stack: LocalStack) -> list[Mail]:
    """Returns all mails since the local AWS has started, oldest first.

    Raises:
        OSError, ValueError, LookupError, TypeError: It does not answer, or says something else.
    """
    with urllib.request.urlopen(f"{stack.endpoint}{_PATH}", timeout=10) as response:  # noqa: S310 - http
        return mails_in(json.loads(response.read()))


def mails_in(document: dict[str, Any]) -> list[Mail]:
    """Returns the mails in ministack's document, oldest first. Raises LookupError, TypeError, ValueError."""
    by_account = document["messages"]
    found = [
        Mail(each["MessageId"], float(each["Timestamp"]), ", ".join(each["To"]), each["Subject"], each["BodyText"])
        for messages in by_account.values()
        for each in messages
    ]
    return sorted(found, key=lambda mail: mail.at)


def follow(look: Callable[[], list[Mail]], alive: Callable[[], bool]) -> Iterator[Mail]:
    """Yields the mails that are sent from now on, as long as the stack is `alive`.

    Args:
        look: Returns all mails, such as `mails` of a stack. One that fails is repeated.
        alive: Returns whether the stack is still running.
    """
    since = time.time()
    shown: set[str] = set()
    while alive():
        try:
            fresh = [mail for mail in look() if mail.at >= since and mail.id not in shown]
        except FAULTS:
            fresh = []
        shown |= {mail.id for mail in fresh}
        yield from fresh
        time.sleep(POLL_SECONDS)
