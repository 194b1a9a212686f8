"""Mails that are to be sent to users. Times are whole seconds since 1970 (UTC)."""

from dataclasses import dataclass, field
from typing import Final, Literal

from shared.identity.users import Profile, id_made_at
from shared.ids import MailId, UserId

MailKind = Literal["registered"]

# A mail that could not be sent within this time is not sent any more.
MAIL_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to be sent until `expires_at`. It holds no text and no secret: those are made when it is sent."""

    id: MailId
    kind: MailKind
    user_id: UserId
    address: str = field(repr=False)
    expires_at: int

    @classmethod
    def to(cls, profile: Profile, kind: MailKind, now: int) -> "Mail":
        """Returns a new mail to the address in `profile`."""
        return cls(MailId(id_made_at(now)), kind, profile.user_id, profile.email, now + MAIL_SECONDS)
