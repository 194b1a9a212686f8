"""Security events: what the domain reports, and an operator's alarms count."""

from typing import Literal, Protocol

SecurityFact = Literal[
    "LoginFailed",
    "LoginLocked",
    "LoginSucceeded",
    "PasswordChanged",
    "RefreshReused",
    "Registered",
    "SessionsEnded",
]


class SecurityReport(Protocol):
    """Takes note of a security event, such as `shared.observability.security_event`."""

    def __call__(self, name: SecurityFact, *, user_id: str | None = None, source: str | None = None) -> None:
        """Notes that `name` happened to `user_id`, if known, by a request from the address `source`."""
