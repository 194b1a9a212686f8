"""The context of a request: its user, calendar, time and deadline. The HTTP edge creates it and passes it on."""

from dataclasses import dataclass, field
from typing import Final

from shared.ids import CalendarId, OperationId, UserId
from shared.retries import Deadline

NS_PER_SECOND: Final = 1_000_000_000
NS_PER_MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: its address as the gateway sees it, and what the client says it is."""

    source: str
    user_agent: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request by the user `actor`, received at `now_ns` (nanoseconds since 1970, UTC).

    All changes that it makes share `operation_id`. Retries end at `deadline`.
    """

    actor: UserId
    calendar_id: CalendarId
    operation_id: OperationId
    now_ns: int
    deadline: Deadline

    @property
    def now(self) -> int:
        """Returns the time of the request in whole seconds since 1970 (UTC)."""
        return self.now_ns // NS_PER_SECOND

    @property
    def now_ms(self) -> int:
        """Returns the time of the request in milliseconds since 1970 (UTC)."""
        return self.now_ns // NS_PER_MILLISECOND
