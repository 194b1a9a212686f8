"""Users and their sessions, as they are stored. Times are whole seconds since 1970 (UTC).

Fields that must not reach a log are left out of the representations.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Final

from shared.domains import in_ascii
from shared.ids import DeviceId, SessionId, TokenId, UserId, new_id
from shared.request import NS_PER_SECOND, Client

MAX_USER_AGENT: Final = 200
# Of one user. People have a handful of devices; a program that logs in for each request has to end its sessions.
MAX_SESSIONS: Final = 50


def id_made_at(now: int) -> str:
    """Returns a new identifier with the timestamp `now`."""
    return new_id(now * NS_PER_SECOND)


def normal_address(address: str) -> str:
    """Returns an e-mail address without differences of case and of the composition of accents.

    Lower case and NFC, as in RFC 8265 (section 3.3) for user names; case folding would treat "\u00df" and "ss" as the
    same. The domain is the one that mails are sent to, so that a mailbox has one form.
    """
    local, at, domain = address.rpartition("@")
    try:
        domain = in_ascii(domain)
    except ValueError:
        domain = domain.lower()  # it is nobody's: such an address is refused
    return unicodedata.normalize("NFC", f"{local.lower()}{at}{domain}")


def normal_name(username: str) -> str:
    """Returns a user name without differences of case. Names that can be registered are ASCII."""
    return username.lower()


@dataclass(frozen=True, slots=True)
class Account:
    """What a login needs of a user, who is found by name regardless of case; `username` is as given.

    A user with `disabled_at` cannot log in. `password_set_at` is when the password was last changed or reset.
    """

    user_id: UserId
    username: str
    password_hash: str = field(repr=False)
    disabled_at: int | None = None
    password_set_at: int | None = None


@dataclass(frozen=True, slots=True)
class AddressClaim:
    """An address, as given, that a user has set at `set_at` and not verified: it is nobody's until then."""

    address: str = field(repr=False)
    set_at: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A user's data about themselves.

    The address is as given, set at `email_set_at`; nobody's until it is verified. `pending` is another one that takes
    the place of a verified address once it is verified itself. A code for either was last asked for at `code_asked_at`,
    if not with the registration.
    """

    user_id: UserId
    username: str
    email: str = field(repr=False)
    created_at: int
    email_set_at: int
    email_verified_at: int | None = None
    pending: AddressClaim | None = None
    code_asked_at: int | None = None


@dataclass(frozen=True, slots=True)
class SessionRules:
    """For how many seconds a session lives without use and at all, and an exchanged token can be repeated."""

    idle_seconds: int
    end_seconds: int
    grace_seconds: int

    def expires_at(self, created_at: int, now: int) -> int:
        """Returns when a session that was created at `created_at` and used `now` ends without further use."""
        return min(now + self.idle_seconds, created_at + self.end_seconds)


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the family of refresh tokens that starts with one login and grows with each exchange.

    `token_id` identifies the one refresh token of the family that is currently valid, issued at `rotated_at`, and
    `previous_id` the one that it was exchanged for. The session ends at `ends_at`, and without use at `expires_at`,
    which is never later.
    """

    family: SessionId
    user_id: UserId
    username: str
    token_id: TokenId
    created_at: int
    rotated_at: int
    ends_at: int
    expires_at: int
    user_agent: str = field(repr=False)
    device_id: DeviceId
    previous_id: TokenId | None = None

    @classmethod
    def begin(cls, account: Account, client: Client, device_id: DeviceId, rules: SessionRules, now: int) -> "Session":
        """Returns a new session of `account`."""
        return cls(
            family=SessionId(id_made_at(now)),
            user_id=account.user_id,
            username=account.username,
            token_id=TokenId(id_made_at(now)),
            created_at=now,
            rotated_at=now,
            ends_at=now + rules.end_seconds,
            expires_at=rules.expires_at(now, now),
            user_agent=_one_line(client.user_agent)[:MAX_USER_AGENT],
            device_id=device_id,
        )


def _one_line(user_agent: str) -> str:
    """Returns what a client says it is without characters that could break a line or hide text.

    The client chooses it, and people read it in the list of their sessions.
    """
    return "".join(character for character in user_agent if character.isprintable())
