"""The errors of series."""

from shared.errors import SchedulingError


class TooManySeries(SchedulingError):
    """A calendar has as many series that take time as it may: `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the calendar has {limit} series: end or delete one, or, unless it is strict, write with on_conflict=allow"
        )
        self.limit = limit
