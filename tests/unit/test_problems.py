import json
from typing import Any

import pytest

from shared import errors, series_errors, sharing_errors
from shared.errors import Collision, FieldError, InvalidRequest, SchedulingError
from shared.http import problems
from shared.http.errors import BodyTooLarge, MalformedBody, UnsupportedMediaType
from shared.http.problem_documents import ERRORS_SHOWN, field_problems
from shared.ids import CalendarId, EventId, HistoryId
from tests.harness.samples import END, START

MODULES = {"shared.errors", "shared.series_errors", "shared.sharing_errors", "shared.http.errors"}
CASES: list[tuple[SchedulingError, int]] = [
    (errors.InvalidRequest.of("end", "must be later than start"), 422),
    (MalformedBody("is no JSON"), 400),
    (errors.MalformedEvent([errors.FieldError("httpMethod", "is missing")]), 400),
    (BodyTooLarge(10), 413),
    (errors.IdempotencyKeyReused("was used for another request"), 422),
    (errors.InvalidItems([FieldError("events[7].end", "must be later than start")], 1, 12), 422),
    (UnsupportedMediaType("application/json"), 415),
    (errors.InvalidCursor(), 422),
    (errors.EmptyWindow(), 422),
    (errors.WindowTooLong(62), 422),
    (errors.NotAuthenticated("no access token"), 401),
    (errors.InvalidToken("the access token has expired"), 401),
    (errors.NotFound("event"), 404),
    (errors.NotAllowed("viewer", "write"), 403),
    (sharing_errors.ManagedElsewhere(), 403),
    (sharing_errors.DefaultCalendar(), 403),
    (sharing_errors.LastOwner(), 409),
    (errors.PreconditionFailed(HistoryId("x")), 412),
    (errors.EventConflict([]), 409),
    (errors.NameTaken(["username"]), 409),
    (errors.TooManyAttempts(7), 429),
    (errors.SentRecently(7), 429),
    (errors.CalendarFull(), 507),
    (errors.QuotaExceeded("events", 10, 10), 409),
    (series_errors.TooManySeries(500), 409),
    (errors.TooManyBulkRequests(60, 7), 429),
    (errors.ContentErased(), 410),
    (errors.Unavailable("busy", 3), 503),
    (errors.NotRecordedYet("on its way"), 503),
    (errors.OutcomeUnknown("read it"), 503),
    (errors.Contended("TransactionConflictException"), 503),
    (errors.Throttled("ThrottlingException"), 503),
    (errors.AnswerLost("ReadTimeoutError"), 503),
    (errors.KeysUnavailable("there is no signing key"), 503),
]


def subclasses(cls: type[Any]) -> set[type[Any]]:
    return {cls}.union(*(subclasses(each) for each in cls.__subclasses__()))


def answered(error: SchedulingError) -> tuple[int, dict[str, str], dict[str, Any]]:
    status, headers, body = problems.of_error(error)
    return status, headers, json.loads(body)


def test_every_error_has_a_case_here() -> None:
    # A Python that has seen other tests knows errors of theirs.
    ours = {each for each in subclasses(SchedulingError) if each.__module__ in MODULES}
    assert {type(error) for error, _ in CASES} == ours - {SchedulingError, errors.StoreFault}


@pytest.mark.parametrize(("error", "status"), CASES, ids=lambda case: type(case).__name__)
def test_every_error_is_a_problem_document_with_its_status(error: SchedulingError, status: int) -> None:
    got, _, document = answered(error)
    assert got == document["status"] == status
    assert document["type"] == "/problems/" + document["title"].lower().replace(" ", "-")
    assert isinstance(document["detail"], str)
    assert document["detail"]


def test_an_error_that_has_no_status_is_a_defect_and_passes() -> None:
    with pytest.raises(SchedulingError):
        problems.of_error(SchedulingError())


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.TooManyAttempts(7), "7"),
        (errors.SentRecently(7), "7"),
        (errors.Unavailable("busy", 3), "3"),
        (errors.NotRecordedYet("on its way"), "1"),
        (errors.OutcomeUnknown("read it"), "1"),
        (errors.Throttled("x"), "1"),
    ],
)
def test_what_may_be_tried_again_says_when(error: SchedulingError, seconds: str) -> None:
    _, headers, _ = answered(error)
    assert headers["Retry-After"] == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.AnswerLost("ReadTimeoutError"), "outcome-unknown"),
        (errors.Contended("TransactionConflictException"), "unavailable"),
        (errors.Throttled("ThrottlingException"), "unavailable"),
    ],
    ids=lambda case: type(case).__name__,
)
def test_no_fault_of_the_database_is_said_to_have_written_nothing(error: SchedulingError, kind: str) -> None:
    _, headers, document = answered(error)
    assert document["type"] == f"/problems/{kind}"
    assert "nothing" not in document["detail"]
    assert headers["Retry-After"] == "1"


def test_no_word_of_the_database_reaches_a_caller() -> None:
    for fault in (errors.Contended, errors.Throttled, errors.AnswerLost):
        assert "TransactionCanceled" not in problems.of_error(fault("TransactionCanceledException"))[2]


def test_who_is_not_authenticated_is_told_the_scheme() -> None:
    assert answered(errors.NotAuthenticated("no access token"))[1]["WWW-Authenticate"] == "Bearer"


def test_a_token_that_was_sent_and_is_not_valid_is_told_from_none() -> None:
    # RFC 6750, section 3.1: without a token there is no error code.
    status, headers, _ = answered(errors.InvalidToken("the access token has expired"))
    assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


def test_each_invalid_field_is_named_and_counted() -> None:
    _, _, document = answered(InvalidRequest([FieldError("events[7].start", "is wrong"), FieldError("end", "too")]))
    assert document["detail"] == "2 field(s) of the request are invalid"
    assert document["errors"] == [
        {"field": "events[7].start", "message": "is wrong"},
        {"field": "end", "message": "too"},
    ]


@pytest.mark.parametrize(
    ("error", "field", "message"),
    [
        (errors.InvalidCursor(), "cursor", "is no cursor of this API"),
        (errors.InvalidCursor(errors.InvalidCursor.OTHER_QUERY), "cursor", "belongs to another query"),
        (errors.EmptyWindow(), "to", "must be later than from"),
        (errors.WindowTooLong(62), "to", "must be at most 62 days after from"),
    ],
    ids=lambda case: type(case).__name__,
)
def test_what_is_wrong_with_a_listing_names_its_parameter(error: SchedulingError, field: str, message: str) -> None:
    _, _, document = answered(error)
    assert document["title"] == "Invalid request"
    assert document["errors"] == [{"field": field, "message": message}]


def test_a_problem_stays_small_whatever_was_sent() -> None:
    many = [FieldError("\ud800" * 10_000, "x" * 10_000) for _ in range(1_000)]
    _, _, body = problems.of_error(InvalidRequest(many))
    assert len(json.loads(body)["errors"]) == ERRORS_SHOWN
    assert len(body) < 150_000
    assert body.isascii()


def collision(number: int) -> Collision:
    return Collision(CalendarId("calendar"), START, END, EventId(str(number)), "x")


def test_a_conflict_names_the_first_twenty_and_the_next_free_time() -> None:
    others = [collision(number) for number in range(30)]
    _, _, document = answered(errors.EventConflict(others, END))
    assert [each["id"] for each in document["conflicts"]] == [str(number) for number in range(20)]
    assert document["detail"] == "overlaps at least 20 events"
    assert (document["next_free"], document["next_free_search"]) == ("2027-03-01T10:00:00Z", "found")


def test_a_conflict_with_as_many_events_as_it_names_counts_them() -> None:
    others = [collision(number) for number in range(20)]
    _, _, document = answered(errors.EventConflict(others))
    assert (document["detail"], len(document["conflicts"])) == ("overlaps 20 event(s)", 20)


def test_a_conflict_that_does_not_name_all_says_at_least() -> None:
    others = [collision(number) for number in range(3)]
    _, _, document = answered(errors.EventConflict(others, complete=False))
    assert (document["detail"], len(document["conflicts"])) == ("overlaps at least 3 event(s)", 3)


@pytest.mark.parametrize(("stopped", "search"), [(True, "stopped"), (False, "none_within_31_days")])
def test_a_conflict_without_a_next_free_time_says_why(stopped: bool, search: str) -> None:
    _, _, document = answered(errors.EventConflict([], stopped=stopped))
    assert (document["next_free"], document["next_free_search"]) == (None, search)


def test_a_failed_precondition_names_the_version_there_is() -> None:
    assert answered(errors.PreconditionFailed(HistoryId("01998f00")))[2]["history_id"] == "01998f00"


def test_names_and_texts_of_a_client_are_cut_wherever_they_are_answered() -> None:
    cut = field_problems([errors.FieldError("f" * 300, "m" * 600), errors.FieldError("", "is no parameter")])
    assert cut == [{"field": "f" * 200, "message": "m" * 500}, {"field": "", "message": "is no parameter"}]
