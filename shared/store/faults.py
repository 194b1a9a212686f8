"""AWS's faults in the domain's words, and which conditions of a write have failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from shared.errors import AnswerLost, CalendarFull, Contended, Throttled
from shared.store.client import UNANSWERED

if TYPE_CHECKING:
    from shared.store.codec import Item

THROTTLES: Final = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "LimitExceededException",
}
CONDITION_FAILED: Final = "ConditionalCheckFailedException"
CONTENTION: Final = {"TransactionConflictException", CONDITION_FAILED}
CANCELLED: Final = "TransactionCanceledException"
FULL: Final = "ItemCollectionSizeLimitExceeded"
# The answer to the repetition of a transaction that DynamoDB is still at work on: it may yet be applied.
IN_PROGRESS: Final = "TransactionInProgressException"


@contextmanager
def store_faults() -> Iterator[None]:
    """Turns AWS's faults within the block into the domain's.

    Whoever needs the details of a failed condition catches the ClientError inside the block.

    Raises:
        Contended: a condition did not hold, or another transaction was in the way.
        Throttled: the database refused for load.
        AnswerLost: a try of the call got no answer, so it may have been applied.
        CalendarFull: the calendar has reached the size that a local index allows.
        ClientError: any other fault (a missing table, a denied action), which is a defect of the deployment.
    """
    try:
        yield
    except ClientError as fault:
        code = fault.response["Error"]["Code"]
        if unanswered(fault):
            raise AnswerLost(code) from fault
        if code == CANCELLED:
            raise _cancelled(fault) from fault
        if code in CONTENTION:
            raise Contended(code) from fault
        if code == f"{FULL}Exception":
            raise CalendarFull from fault
        if code in THROTTLES:
            raise Throttled(code) from fault
        raise
    except (HTTPClientError, BotoConnectionError) as fault:
        raise AnswerLost(type(fault).__name__) from fault


def unanswered(fault: ClientError) -> bool:
    """Returns whether a try of the call got no answer: it may have been applied, whatever the last try was answered."""
    return UNANSWERED in fault.response.get("ResponseMetadata", {}) or fault.response["Error"]["Code"] == IN_PROGRESS


def _cancelled(fault: ClientError) -> Contended | Throttled | CalendarFull:
    """Returns a cancelled transaction as contention, or as throttling if that is all that was wrong."""
    codes = {reason.get("Code", "None") for reason in _cancellation_reasons(fault)} - {"None"}
    if codes and codes <= {"ThrottlingError", "ProvisionedThroughputExceeded"}:
        return Throttled(", ".join(sorted(codes)))
    if FULL in codes:
        return CalendarFull()
    if "ValidationError" in codes:
        raise fault
    return Contended(", ".join(sorted(codes)))


def failed_conditions(fault: ClientError) -> "dict[int, Item]":
    """Returns the items that failed conditions met, by the position of the action in its transaction.

    A single write is at position 0. An item is empty if there was none, or if the action did not ask for it
    (`ReturnValuesOnConditionCheckFailure`). The dict is empty if `fault` is not about conditions.
    """
    response = cast(dict[str, Any], fault.response)
    if response["Error"]["Code"] == CONDITION_FAILED:
        return {0: response.get("Item", {})}
    reasons = _cancellation_reasons(fault)
    return {
        at: reason.get("Item", {})
        for at, reason in enumerate(reasons)
        if reason.get("Code") == "ConditionalCheckFailed"
    }


def _cancellation_reasons(fault: ClientError) -> list[dict[str, Any]]:
    """Returns why each action of a cancelled transaction failed, in their order; `Code` is `None` where it did not.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    reasons: list[dict[str, Any]] = fault.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return reasons
