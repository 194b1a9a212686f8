"""Sending mails: the port, and the texts of the mails.

A mail has no text that somebody else chose. Even a user name can be one that mail programs turn into a link, so only a
mail to the verified address of the user has it.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from shared.identity.codes import LIFETIME_SECONDS

_MINUTES: Final = LIFETIME_SECONDS // 60


class MailRefused(Exception):
    """The mail service does not accept this mail, however often it is sent; the message is its code for why."""


class AddressRefused(MailRefused):
    """It does not accept any mail to this address, which anybody may have entered."""


class Notifier(Protocol):
    """What sends mails."""

    def send(self, to: str, subject: str, text: str) -> None:
        """Sends a mail in plain text to the address `to`.

        Raises:
            MailRefused: It will never be accepted; AddressRefused if that is for its address.
            StoreFault: It was not accepted now, or the response was lost: retry. It may then be sent twice.
        """


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is sent."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


def verification(to: str, code: str) -> Letter:
    """Returns the mail with the code that verifies the address `to`."""
    return Letter(
        to,
        "Verify your e-mail address",
        "Somebody, probably you, has entered this address in the event scheduling service.\n"
        "With this code it becomes the address of their user:\n\n"
        f"{code}\n\n"
        f"The code is valid for {_MINUTES} minutes.\n"
        "If it was not you, do not pass it on: without it nothing happens.\n",
    )


def already_used(to: str, username: str) -> Letter:
    """Returns the mail to `username`, whose verified address somebody has entered for another user."""
    return Letter(
        to,
        "Your e-mail address is in use already",
        "Somebody has entered this address for another user of the event scheduling service.\n"
        f"It stays the address of the user {username}; nothing has changed.\n\n"
        "If it was you: log in with that name, or reset its password.\n",
    )


def reset(to: str, username: str, code: str) -> Letter:
    """Returns the mail with the code for a new password of `username`, whose verified address is `to`."""
    return Letter(
        to,
        "Reset your password",
        f"Somebody, probably you, has asked for a new password of the user {username}\n"
        "of the event scheduling service. With this code it can be set:\n\n"
        f"{code}\n\n"
        f"The code is valid for {_MINUTES} minutes.\n"
        "If it was not you, do not pass it on: without it the password stays as it is.\n",
    )
