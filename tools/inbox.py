"""The mails that the local stack's functions have sent: ministack keeps what is sent with SES, and delivers nothing.

It keeps them in memory, and forgets them when it stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tools.access import Access

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


def prepare(access: Access) -> None:
    """Makes SENDER, the parameter MailFrom of the local deployment, an identity that may send."""
    access.client("sesv2").create_email_identity(EmailIdentity=SENDER)


def mails(access: Access) -> list[Mail]:
    """Returns all mails since the local AWS has started, oldest first. Raises one of `following.FAULTS`."""
    return mails_in(access.emulator(_PATH, seconds=10))


def mails_in(document: dict[str, Any]) -> list[Mail]:
    """Returns the mails in ministack's document, oldest first. Raises LookupError, TypeError, ValueError."""
    found = [
        Mail(each["MessageId"], float(each["Timestamp"]), ", ".join(each["To"]), each["Subject"], each["BodyText"])
        for messages in document["messages"].values()
        for each in messages
    ]
    return sorted(found, key=lambda mail: mail.at)


class Inbox:
    """The mails from now on, a source of lines for `tools.following`."""

    name: Final = "the mails"

    def __init__(self, look: Callable[[], list[Mail]]) -> None:
        """`look` returns all mails, such as `mails` of a stack."""
        self._look = look
        self._since = time.time()
        self._shown: set[str] = set()

    def poll(self) -> Iterator[str]:
        """Yields the mails since the last poll, as lines."""
        for mail in self._look():
            if mail.at >= self._since and mail.id not in self._shown:
                self._shown.add(mail.id)
                yield from mail.lines()
