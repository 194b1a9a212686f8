"""The errors of the domain. Exceptions carry facts; `shared.http.problems` translates them to HTTP.

SchedulingError
├── InvalidRequest           the request cannot be parsed or breaks a rule (shared.http.errors has more)
│   ├── MalformedEvent       the function was invoked with an event of the wrong kind
│   └── InvalidItems         some events of a bulk request are invalid
├── InvalidCursor            a cursor or token that was never issued, or one of another query
├── EmptyWindow              a time window that does not end later than it begins
├── WindowTooLong
├── IdempotencyKeyReused     the idempotency key was used by another request
├── NotAuthenticated         no valid token, or wrong credentials
│   └── InvalidToken         the access token that was sent is not valid, or not any more
├── NotFound
├── NotAllowed               the caller has a role in the calendar that does not allow this
├── PreconditionFailed       the request names another version
├── EventConflict            the time is taken
├── NameTaken                another user has the user name
├── CalendarFull             the calendar has reached the size limit of a partition of the database
├── QuotaExceeded            the calendar holds as much as the deployment allows
├── TooManyBulkRequests      the user has made as many bulk requests this minute as the deployment allows
├── ContentErased            the version's event was deleted too long ago: its content is erased
├── TooManyAttempts          too many wrong passwords; not a limit on the rate of requests
│   └── SentRecently         a code was sent to the user less than a minute ago
├── Unavailable              not served now; retry. The message says so if it is certain that nothing was written
│   ├── NotRecordedYet       the version exists, but the stream has not delivered it yet
│   └── OutcomeUnknown       the write may or may not have been applied
└── StoreFault               an error of the store for the domain; never reaches a caller
    ├── Contended            another writer was faster: read again
    ├── Throttled            the database asks for a pause: nothing was written
    ├── AnswerLost           no response arrived: the write may or may not have been applied
    └── KeysUnavailable      the keys of tokens cannot be read
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from shared.ids import CalendarId, EventId, HistoryId
    from shared.scheduling.instants import Instant
    from shared.scheduling.roles import Right, Role


class SchedulingError(Exception):
    """The base class of all errors that this application raises deliberately."""


@dataclass(frozen=True)
class FieldError:
    """A fault of one field of a request; `field` is its path, such as `events[7].start`."""

    field: str
    message: str


class InvalidRequest(SchedulingError):
    """The request breaks a rule of the API; `errors` lists the fields and the reasons."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = tuple(errors)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequest":
        """Returns the error for a single field."""
        return cls([FieldError(field, message)])


class MalformedEvent(InvalidRequest):
    """The function was invoked with an event that it does not accept; `errors` says what is missing or wrong."""


class InvalidItems(InvalidRequest):
    """`invalid` of the `total` events of a bulk request break a rule; `errors` has the first few faults of each."""

    def __init__(self, errors: Sequence[FieldError], invalid: int, total: int) -> None:
        super().__init__(errors)
        self.invalid = invalid
        self.total = total


class InvalidCursor(SchedulingError):
    """A cursor cannot be parsed, or belongs to another query (`OTHER_QUERY`)."""

    OTHER_QUERY: Final = "belongs to another query"

    def __init__(self, why: str = "is no cursor of this API") -> None:
        super().__init__(why)


class EmptyWindow(SchedulingError):
    """A time window does not end later than it begins."""


class WindowTooLong(SchedulingError):
    """A time window is longer than `days` days."""

    def __init__(self, days: int) -> None:
        super().__init__(f"at most {days} days")
        self.days = days


class IdempotencyKeyReused(SchedulingError):
    """The idempotency key was used by another request, which the message describes."""


class NotAuthenticated(SchedulingError):
    """The caller did not authenticate."""


class InvalidToken(NotAuthenticated):
    """The caller sent an access token that is not valid, or has expired: another one is needed."""


class NotFound(SchedulingError):
    """The resource does not exist or belongs to another user: the caller cannot distinguish the two."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no such {what}")
        self.what = what


class NotAllowed(SchedulingError):
    """The caller's `role` in the calendar does not include the right that the request `needs`."""

    def __init__(self, role: "Role", needs: "Right") -> None:
        super().__init__(f"this needs the right to {needs}, which the role {role} does not include")
        self.role = role
        self.needs = needs


class PreconditionFailed(SchedulingError):
    """The event is at version `history_id`, which does not meet the request's precondition; `detail` says why."""

    def __init__(self, history_id: "HistoryId", detail: str = "the event has changed since") -> None:
        super().__init__(detail)
        self.history_id = history_id


@dataclass(frozen=True)
class Collision:
    """A conflicting event; `start` and `end` are in UTC. `id` and `title` are None if the caller may not read it."""

    calendar_id: "CalendarId"
    start: "Instant"
    end: "Instant"
    id: "EventId | None" = None
    title: str | None = None


NextFreeSearch = Literal["found", "none_within_31_days", "stopped"]

# The number of conflicting events that a refusal lists. Once more are known, the search for them stops.
COLLISIONS_SHOWN: Final = 20


class EventConflict(SchedulingError):
    """The requested time overlaps `collisions`, in order of their start; if not `complete` there may be more of them.

    `next_free` is the earliest later start without conflicts; None if there is none within 31 days, or if the search
    for it was `stopped`.
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
        """Returns the outcome of the search for the next free start."""
        if self.next_free is not None:
            return "found"
        return "stopped" if self._stopped else "none_within_31_days"


class NameTaken(SchedulingError):
    """A user with the same value of one of `fields` exists: of the user name, which is public. Addresses are not."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(f"taken: {', '.join(fields)}")
        self.fields = tuple(fields)


class CalendarFull(SchedulingError):
    """The calendar has reached the limit of 10 GB per partition of a table with a local index; nothing was written.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections.SizeLimit
    """

    def __init__(self) -> None:
        super().__init__("the calendar is full: nothing more can be written to it before events are deleted and gone")


QuotaName = Literal["events", "text_bytes", "series"]


class QuotaExceeded(SchedulingError):
    """The calendar uses `used` of `limit`, approximately, which leaves no room for the change; nothing was written.

    `quota` is what is limited: the number of events or of series, or the bytes of their text.
    """

    def __init__(self, quota: QuotaName, limit: int, used: int) -> None:
        what = {"events": "events", "text_bytes": "bytes of text", "series": "series"}[quota]
        super().__init__(f"the calendar may hold {limit} {what}, and holds about {used}: delete some first")
        self.quota = quota
        self.limit = limit
        self.used = used


class TooManyBulkRequests(SchedulingError):
    """The user has made `limit` bulk requests within a minute, which ends in `retry_after` seconds."""

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(f"at most {limit} bulk requests a minute; nothing was written")
        self.limit = limit
        self.retry_after = retry_after


class ContentErased(SchedulingError):
    """The version exists, but its event was deleted so long ago that only its stamp is kept."""

    def __init__(self) -> None:
        super().__init__("the event was deleted too long ago: who changed it and when is kept, what it was is not")


class TooManyAttempts(SchedulingError):
    """Too many wrong passwords for one user name; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many failed attempts")
        self.retry_after = retry_after


class SentRecently(TooManyAttempts):
    """A code was sent to the user less than a minute ago; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.args = ("a code was sent less than a minute ago",)


class Unavailable(SchedulingError):
    """The request could not be served now; `retry_after` is in seconds.

    The message says so if it is certain that nothing was written.
    """

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class NotRecordedYet(Unavailable):
    """The version exists, but the stream has not yet delivered it to the history."""


class OutcomeUnknown(Unavailable):
    """The response to a write was lost, and the stored data does not show whether it was applied."""


# The messages for a caller about a fault of the store. An operation may have made several calls, so neither says that
# nothing was written.
STORE_FAULT: Final = "the database could not serve this request now: try again"
ANSWER_LOST: Final = "the response of the database was lost: what was asked for may or may not have been done"


class StoreFault(SchedulingError):
    """An error of one call of a store, for the domain."""


class Contended(StoreFault):
    """A condition no longer held, or another transaction conflicted; nothing was written."""


class Throttled(StoreFault):
    """The database refused the call because of load; nothing was written."""


class AnswerLost(StoreFault):
    """The call ended without a response; it is unknown whether it was applied."""


class KeysUnavailable(StoreFault):
    """The keys that sign or verify tokens could not be read, or what was read has none."""
