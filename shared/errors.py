"""What can go wrong, in the domain's words. Exceptions carry facts; `shared.http.problems` turns them into HTTP.

SchedulingError
├── InvalidRequest           what the caller sent cannot be understood or breaks a rule (shared.http.errors has more)
│   ├── MalformedEvent       what invoked the function sent no event of the kind that it takes
│   └── InvalidItems         some events of a bulk request
├── InvalidCursor            a cursor or token that nobody was given, or one of another query
├── EmptyWindow              a window of time that ends where it begins, or before
├── WindowTooLong
├── IdempotencyKeyReused     the key of the request was that of another request
├── NotAuthenticated         no valid token, wrong credentials
├── NotFound
├── PreconditionFailed       the request names another version: in If-Match, or in a document sent back
├── EventConflict            the time is taken
├── NameTaken                a unique user name or address is taken
├── CalendarFull             the calendar holds as much as one partition of the database can
├── TooManyAttempts          slow down: a guess at a password, not a rate of requests
├── Unavailable              nothing was written; try again
│   ├── NotRecordedYet       the version exists, the stream has not delivered it
│   └── OutcomeUnknown       the write may or may not have happened
└── StoreFault               what the store tells the domain; never reaches a caller
    ├── Contended            somebody else was quicker: read again
    ├── Throttled            the database asks for a pause: nothing was written
    └── AnswerLost           no answer came: the write may or may not have happened
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from shared.ids import EventId, HistoryId
    from shared.scheduling.instants import Instant


class SchedulingError(Exception):
    """The root of everything this product raises on purpose."""


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field of a request; `field` is its path, such as `events[7].start`."""

    field: str
    message: str


class InvalidRequest(SchedulingError):
    """The request breaks a rule of the contract; `errors` says which field and why."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = tuple(errors)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequest":
        """The error of a single field."""
        return cls([FieldError(field, message)])


class MalformedEvent(InvalidRequest):
    """What invoked the function did not send the event that it takes; `errors` says what is missing or wrong."""


class InvalidItems(InvalidRequest):
    """`invalid` of the `total` events of a bulk request break a rule; `errors` has the first few of each."""

    def __init__(self, errors: Sequence[FieldError], invalid: int, total: int) -> None:
        super().__init__(errors)
        self.invalid = invalid
        self.total = total


class InvalidCursor(SchedulingError):
    """A cursor cannot be understood, or belongs to another query (`OTHER_QUERY`)."""

    OTHER_QUERY: Final = "belongs to another query"

    def __init__(self, why: str = "is no cursor of this API") -> None:
        super().__init__(why)


class EmptyWindow(SchedulingError):
    """A window of time does not end later than it begins."""


class WindowTooLong(SchedulingError):
    """A window of time is longer than `days`."""

    def __init__(self, days: int) -> None:
        super().__init__(f"at most {days} days")
        self.days = days


class IdempotencyKeyReused(SchedulingError):
    """The key of the request belongs to another request, which the message describes."""


class NotAuthenticated(SchedulingError):
    """The caller did not prove who they are."""


class NotFound(SchedulingError):
    """There is no such thing, or it belongs to somebody else: the caller cannot tell which."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no such {what}")
        self.what = what


class PreconditionFailed(SchedulingError):
    """The event is at version `history_id`, which does not meet the condition of the request; `detail` says why."""

    def __init__(self, history_id: "HistoryId", detail: str = "the event has changed since") -> None:
        super().__init__(detail)
        self.history_id = history_id


@dataclass(frozen=True)
class Collision:
    """An event that is in the way; `start` and `end` in UTC."""

    id: "EventId"
    title: str
    start: "Instant"
    end: "Instant"


NextFreeSearch = Literal["found", "none_within_31_days", "stopped"]

# How many of the events in the way a refusal names. Once more are known the search stops.
COLLISIONS_SHOWN: Final = 20


class EventConflict(SchedulingError):
    """The time asked for overlaps `collisions`, in order of their start; if not `complete` there may be more of them.

    `next_free` is the earliest later start that would do; None if there is none within 31 days, or if the search for it
    was `stopped`.
    """

    def __init__(
        self,
        collisions: Sequence[Collision],
        next_free: "Instant | None" = None,
        *,
        stopped: bool = False,
        complete: bool = True,
    ) -> None:
        count = len(collisions)
        if count > COLLISIONS_SHOWN:
            detail = f"overlaps at least {COLLISIONS_SHOWN} events"
        else:
            detail = f"overlaps {'' if complete else 'at least '}{count} event(s)"
        super().__init__(detail)
        self.collisions = tuple(collisions)
        self.next_free = next_free
        self._stopped = stopped

    @property
    def next_free_search(self) -> NextFreeSearch:
        """What came of the search for the next free start."""
        if self.next_free is not None:
            return "found"
        return "stopped" if self._stopped else "none_within_31_days"


class NameTaken(SchedulingError):
    """A user with the same value of one of `fields` (`username`, `email`) exists."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(f"taken: {', '.join(fields)}")
        self.fields = tuple(fields)


class CalendarFull(SchedulingError):
    """The calendar has reached the 10 GB that a local index allows one partition; nothing was written.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections.SizeLimit
    """

    def __init__(self) -> None:
        super().__init__("the calendar is full: nothing more can be written to it before events are deleted and gone")


class TooManyAttempts(SchedulingError):
    """Too many wrong passwords for one name; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many failed attempts")
        self.retry_after = retry_after


class Unavailable(SchedulingError):
    """The request could not be served now and wrote nothing; `retry_after` in seconds."""

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class NotRecordedYet(Unavailable):
    """The version exists, and the stream has not yet brought it to the history."""


class OutcomeUnknown(Unavailable):
    """The response to a write was lost, and what is stored now does not tell whether it was applied."""


# What a caller is told of a fault of the store.
STORE_FAULT: Final = "the database could not serve this request now; nothing is lost, try again"


class StoreFault(SchedulingError):
    """What a store tells the domain about one call."""


class Contended(StoreFault):
    """A condition no longer held, or another transaction was in the way; nothing was written."""


class Throttled(StoreFault):
    """The database refused for load; nothing was written."""


class AnswerLost(StoreFault):
    """The call ended without a response; whether it was applied is unknown."""
