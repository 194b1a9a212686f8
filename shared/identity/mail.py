"""Mails that are to be sent to users. Times are whole seconds since 1970 (UTC)."""

from dataclasses import dataclass, field
from typing import Final, Literal

from shared.identity.guessing import network_of
from shared.identity.users import id_made_at
from shared.ids import MailId, UserId
from shared.request import Client

MailKind = Literal["verification", "reset"]

# A mail that could not be sent within this time is not sent any more; whoever waits for it has asked again.
MAIL_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to be sent until `expires_at`. It holds no text and no secret: those are made when it is sent.

    One of the kind `verification` is for the address that the user `user_id` has set; one of the kind `reset` for
    whomever the address belongs to, which is not looked up before. `network` is that of the client who has asked for it
    (`guessing.network_of`).
    """

    id: MailId
    kind: MailKind
    address: str = field(repr=False)
    expires_at: int
    network: str
    user_id: UserId | None = None

    @classmethod
    def verification(cls, user_id: UserId, address: str, client: Client, now: int) -> "Mail":
        """Returns a new mail for the verification of `address`, for which `client` has asked."""
        mail_id, network = MailId(id_made_at(now)), network_of(client.source)
        return cls(mail_id, "verification", address, now + MAIL_SECONDS, network, user_id)

    @classmethod
    def reset(cls, address: str, client: Client, now: int) -> "Mail":
        """Returns a new mail for a reset of the password of whomever `address` belongs to."""
        return cls(MailId(id_made_at(now)), "reset", address, now + MAIL_SECONDS, network_of(client.source))
