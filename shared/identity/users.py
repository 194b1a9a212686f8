"""Users, their sessions, and failed logins. Times are whole seconds since 1970 (UTC)."""

from dataclasses import dataclass, field
from typing import Final

from shared.ids import new_id

_NS_PER_SECOND: Final = 1_000_000_000

# Guessing: so many wrong passwords in a row are free, then the wait doubles with each one (OWASP Authentication Cheat
# Sheet, Account Lockout: an exponential lockout keeps an attacker from locking somebody out for good).
FREE_FAILURES: Final = 5
LONGEST_WAIT_SECONDS: Final = 15 * 60
FORGOTTEN_AFTER_SECONDS: Final = 24 * 3600


def id_made_at(now: int) -> str:
    """Returns a new identifier made at `now`."""
    return new_id(now * _NS_PER_SECOND)


@dataclass(frozen=True, slots=True)
class User:
    """A person or service with a name. `username` and `email` as given; both are unique without regard to case.

    `created_at` is RFC 3339 in UTC. What must not reach a log is left out of the representation.
    """

    user_id: str
    username: str
    email: str = field(repr=False)
    password_hash: str = field(repr=False)
    created_at: str


@dataclass(frozen=True, slots=True)
class Session:
    """A family of refresh tokens: one login and all that was exchanged since.

    `token_id` names the one refresh token of the family that is good now.
    """

    family: str
    user_id: str
    username: str
    token_id: str
    created_at: int
    expires_at: int

    @classmethod
    def begin(cls, user: User, now: int, seconds: int) -> "Session":
        """Returns a new session of `user` that ends after `seconds` without use."""
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
    """How many wrong passwords in a row a name has seen, and when the last one came.

    Kept under the name whether or not there is such a user, so that nothing tells the two apart.
    """

    failures: int = 0
    failed_at: int = 0

    def wait(self, now: int) -> int:
        """Returns for how many seconds from `now` no password is looked at; 0 if one is."""
        if self.failures < FREE_FAILURES:
            return 0
        # The exponent is bounded, not only the result: under a long attack the number would get too long to compute.
        lock = min(LONGEST_WAIT_SECONDS, 1 << min(self.failures - FREE_FAILURES, 10))
        return max(0, self.failed_at + lock - now)


@dataclass(frozen=True, slots=True)
class LoginState:
    """What is stored under a user name: what decides whether a login succeeds."""

    user: User | None
    attempts: Attempts
