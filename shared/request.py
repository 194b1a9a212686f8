"""The context of a request: its user, calendar, time and deadline. The HTTP edge creates it and passes it on."""

from dataclasses import dataclass
from typing import Final, Self

from shared.ids import CalendarId, OperationId, UserId
from shared.retries import Deadline
from shared.scheduling.access import CalendarAccess

NS_PER_SECOND: Final = 1_000_000_000
NS_PER_MILLISECOND: Final = 1_000_000


# How much of a client's own name for itself is kept: a browser's has some 120 characters.
USER_AGENT_LENGTH: Final = 256


@dataclass(frozen=True, slots=True)
class Client:
    """Who sent a request, as the gateway saw it: the source address, and what the client calls itself.

    `source` is the address of the connection to the gateway (IPv4 or IPv6), which a client cannot choose. `user_agent`
    is the client's own claim, cut to 256 characters. Each is "unknown" where the gateway does not say.
    """

    source: str
    user_agent: str

    @classmethod
    def of(cls, identity: object) -> Self:
        """Returns the client of a request whose context has this `identity`."""
        known = identity if isinstance(identity, dict) else {}
        return cls(
            source=str(known.get("sourceIp") or "unknown"),
            user_agent=str(known.get("userAgent") or "unknown")[:USER_AGENT_LENGTH],
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A request by the user of `access`, to its calendar, received at `now_ns` (nanoseconds since 1970, UTC).

    `username` is the user's name when the access token was issued, and `session` the session that it belongs to; both
    are empty where the token's issuer does not say. All changes that the request makes share `operation_id`. Retries
    end at `deadline`.
    """

    access: CalendarAccess
    username: str
    session: str
    operation_id: OperationId
    now_ns: int
    deadline: Deadline

    @property
    def actor(self) -> UserId:
        """Returns the user who sent the request."""
        return self.access.user_id

    @property
    def calendar_id(self) -> CalendarId:
        """Returns the calendar that the request concerns."""
        return self.access.calendar_id

    @property
    def now(self) -> int:
        """Returns the time of the request in whole seconds since 1970 (UTC)."""
        return self.now_ns // NS_PER_SECOND

    @property
    def now_ms(self) -> int:
        """Returns the time of the request in milliseconds since 1970 (UTC)."""
        return self.now_ns // NS_PER_MILLISECOND
