"""Users, sessions and failed logins. Times are whole seconds since 1970 (UTC)."""

from dataclasses import dataclass, field
from typing import Final

from shared.ids import new_id
from shared.request import NS_PER_SECOND

# Against guessing: this many wrong passwords in a row cause no wait, then the wait doubles with each one (OWASP
# Authentication Cheat Sheet, Account Lockout: with an exponential lockout an attacker cannot lock out a user for good).
FREE_FAILURES: Final = 5
LONGEST_WAIT_SECONDS: Final = 15 * 60
FORGOTTEN_AFTER_SECONDS: Final = 24 * 3600


def id_made_at(now: int) -> str:
    """Returns a new identifier with the timestamp `now`."""
    return new_id(now * NS_PER_SECOND)


@dataclass(frozen=True, slots=True)
class User:
    """A registered person or service.

    `username` and `email` are as given; both are unique regardless of case. `created_at` is RFC 3339 in UTC. Fields
    that must not reach a log are left out of the representation.
    """

    user_id: str
    username: str
    email: str = field(repr=False)
    password_hash: str = field(repr=False)
    created_at: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the family of refresh tokens that starts with one login and grows with each exchange.

    `token_id` identifies the one refresh token of the family that is currently valid.
    """

    family: str
    user_id: str
    username: str
    token_id: str
    created_at: int
    expires_at: int

    @classmethod
    def begin(cls, user: User, now: int, seconds: int) -> "Session":
        """Returns a new session of `user` that expires after `seconds` without use."""
        return cls(
            family=id_made_at(now),
            user_id=user.user_id,
            username=user.username,
            token_id=id_made_at(now),
            created_at=now,
            expires_at=now + seconds,
        )


@dataclass(frozen=True, slots=True)
class Attempts:
    """The number of wrong passwords in a row at a user name, and the time of the last one.

    Counted whether or not the user exists, so that the response does not reveal which is the case.
    """

    failures: int = 0
    failed_at: int = 0

    def wait(self, now: int) -> int:
        """Returns for how many seconds from `now` no password is checked; 0 if the name is not locked."""
        if self.failures < FREE_FAILURES:
            return 0
        # The exponent is bounded, not only the result: under a long attack the number would be too large to compute.
        lock = min(LONGEST_WAIT_SECONDS, 1 << min(self.failures - FREE_FAILURES, 10))
        return max(0, self.failed_at + lock - now)


@dataclass(frozen=True, slots=True)
class LoginState:
    """The stored data of a user name that determines whether a login succeeds."""

    user: User | None
    attempts: Attempts
