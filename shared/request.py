"""A request that changes events: who makes it, and what all of its changes have in common."""

from dataclasses import dataclass
from typing import Final

from shared import ids
from shared.scheduling.caller import Caller
from shared.scheduling.events import Change, ChangeType, OnConflict

NS_PER_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, under which operation, and when (nanoseconds since 1970)."""

    user_id: str
    operation_id: str
    now_ns: int

    @classmethod
    def by(cls, caller: Caller, now_ns: int) -> "Request":
        """A request of `caller`, under an operation of its own."""
        return cls(caller.user_id, ids.new_id(now_ns), now_ns)

    def change(
        self,
        kind: ChangeType,
        *,
        reason: str | None = None,
        on_conflict: OnConflict = "reject",
        rolled_back_to: str = "",
        operation_size: int = 1,
    ) -> Change:
        """A change that this request makes, one of `operation_size`. An empty reason is none."""
        return Change(kind, self.user_id, self.operation_id, reason or "", on_conflict, rolled_back_to, operation_size)
