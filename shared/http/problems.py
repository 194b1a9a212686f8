"""Errors as RFC 9457 problem details: the only module that maps exceptions to HTTP statuses."""

import json
from typing import Any, cast

from shared.errors import (
    ANSWER_LOST,
    STORE_FAULT,
    AnswerLost,
    CalendarFull,
    ContentErased,
    EmptyWindow,
    EventConflict,
    FieldError,
    IdempotencyKeyReused,
    InvalidCursor,
    InvalidItems,
    InvalidRequest,
    InvalidToken,
    MalformedEvent,
    NameTaken,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotRecordedYet,
    OutcomeUnknown,
    PreconditionFailed,
    QuotaExceeded,
    SchedulingError,
    StoreFault,
    TooManyAttempts,
    TooManyBulkRequests,
    Unavailable,
    WindowTooLong,
)
from shared.http.errors import BodyTooLarge, MalformedBody, UnsupportedMediaType
from shared.http.problem_documents import (
    ERRORS_SHOWN,
    ProblemDocument,
    conflict_document,
    field_problems,
    quota_document,
)
from shared.series_errors import TooManySeries
from shared.sharing_errors import DefaultCalendar, LastOwner, ManagedElsewhere

MEDIA_TYPE = "application/problem+json"

TITLES = {
    BodyTooLarge: (413, "Body too large"),
    MalformedBody: (400, "Malformed body"),
    MalformedEvent: (400, "Malformed event"),
    UnsupportedMediaType: (415, "Unsupported media type"),
    IdempotencyKeyReused: (422, "Idempotency key reused"),
    InvalidRequest: (422, "Invalid request"),
    NotAuthenticated: (401, "Not authenticated"),
    NotFound: (404, "Not found"),
    NotAllowed: (403, "Not allowed"),
    ManagedElsewhere: (403, "Managed elsewhere"),
    DefaultCalendar: (403, "Default calendar"),
    PreconditionFailed: (412, "Precondition failed"),
    EventConflict: (409, "Event conflict"),
    NameTaken: (409, "Name taken"),
    LastOwner: (409, "Last owner"),
    CalendarFull: (507, "Calendar full"),
    # Not 507: the caller has to do something about it, and a server error would ring a bell of the operator.
    QuotaExceeded: (409, "Quota exceeded"),
    TooManySeries: (409, "Too many series"),
    TooManyBulkRequests: (429, "Too many bulk requests"),
    ContentErased: (410, "Content erased"),
    TooManyAttempts: (429, "Too many attempts"),
    NotRecordedYet: (503, "Not recorded yet"),
    OutcomeUnknown: (503, "Outcome unknown"),
    Unavailable: (503, "Unavailable"),
    AnswerLost: (503, "Outcome unknown"),
    StoreFault: (503, "Unavailable"),
}

# Errors after which the same request may succeed.
RETRIED = (TooManyAttempts, TooManyBulkRequests, Unavailable, StoreFault)


def status_and_title(error: SchedulingError) -> tuple[int, str]:
    """Returns the HTTP status and the title of `error`: those of its nearest class in TITLES."""
    for cls in type(error).__mro__:
        if cls in TITLES:
            return TITLES[cls]
    raise error


def problem(status: int, title: str, detail: str, **facts: Any) -> ProblemDocument:
    """Returns a problem document (RFC 9457, section 3). Its `type` is a URI reference: the title as a slug."""
    slug = title.lower().replace(" ", "-")
    document: Any = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail, **facts}
    return cast("ProblemDocument", document)


def _with_fields(error: SchedulingError) -> SchedulingError:
    """Returns `error`, or for errors of query parameters an InvalidRequest that names the parameter."""
    match error:
        case InvalidCursor():
            return InvalidRequest.of("cursor", str(error))
        case EmptyWindow():
            return InvalidRequest.of("to", "must be later than from")
        case WindowTooLong():
            return InvalidRequest.of("to", f"must be at most {error.days} days after from")
    return error


def _detail(error: SchedulingError) -> str:
    match error:
        case AnswerLost():
            return ANSWER_LOST
        case StoreFault():
            return STORE_FAULT
    return str(error)


def _headers(error: SchedulingError) -> dict[str, str]:
    match error:
        case InvalidToken():
            return {"WWW-Authenticate": 'Bearer error="invalid_token"'}  # RFC 6750, section 3.1
        case NotAuthenticated():
            return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, RETRIED):
        return {"Retry-After": str(getattr(error, "retry_after", 1))}
    return {}


def of_error(error: SchedulingError) -> tuple[int, dict[str, str], str]:
    """Returns status, headers and problem document of `error`. They contain no stored data but the caller's own."""
    error = _with_fields(error)
    document = problem_document(error)
    return document["status"], _headers(error), json.dumps(document, separators=(",", ":"))


def problem_document(error: SchedulingError) -> ProblemDocument:
    """Returns the problem document of `error`, with the facts of its kind."""
    status, title = status_and_title(error)
    facts: dict[str, Any] = {}
    detail = _detail(error)
    match error:
        case InvalidRequest():
            shown = error.errors if isinstance(error, InvalidItems) else error.errors[:ERRORS_SHOWN]
            facts["errors"] = field_problems(shown)
            detail = f"{len(error.errors)} field(s) of the request are invalid"
            if isinstance(error, InvalidItems):
                detail = f"{error.invalid} of {error.total} events are invalid; the first faults of each are told"
            if isinstance(error, MalformedBody | MalformedEvent | BodyTooLarge | UnsupportedMediaType):
                detail = f"{error.errors[0].field}: {error.errors[0].message}"
        case IdempotencyKeyReused():
            facts["errors"] = field_problems([FieldError("Idempotency-Key", detail)])
            detail = f"Idempotency-Key: {detail}"
        case EventConflict():
            facts.update(conflict_document(error))
        case NameTaken():
            facts["errors"] = [{"field": name, "message": "is taken"} for name in error.fields]
        case NotAllowed():
            facts.update(role=error.role, needs=error.needs)
        case PreconditionFailed():
            facts["history_id"] = error.history_id
        case QuotaExceeded() | TooManyBulkRequests():
            facts.update(quota_document(error))
    return problem(status, title, detail, **facts)
