"""Translation of AWS errors into the domain's, and the conditions of a write that have failed."""

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
# The error for the retry of a transaction that DynamoDB is still processing: it may yet be applied.
IN_PROGRESS: Final = "TransactionInProgressException"


@contextmanager
def store_faults() -> Iterator[None]:
    """Translates AWS errors raised within the block into the domain's.

    Code that needs the details of a failed condition catches the ClientError inside the block.

    Raises:
        Contended: A condition did not hold, or another transaction was in progress.
        Throttled: The database rejected the call because of its load.
        AnswerLost: An attempt of the call got no response, so it may have been applied.
        CalendarFull: The calendar has reached the size that a local secondary index allows.
        ClientError: Any other error (a missing table, a denied action), which is a defect of the deployment.
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
    """Returns whether an attempt of the call got no response: it may have been applied, however the last one ended."""
    return UNANSWERED in fault.response.get("ResponseMetadata", {}) or fault.response["Error"]["Code"] == IN_PROGRESS


def _cancelled(fault: ClientError) -> Contended | Throttled | CalendarFull:
    """Returns the domain's error for a cancelled transaction: Contended, unless it was throttled only or is full.

    Raises `fault` itself if the request was invalid.
    """
    codes = {reason.get("Code", "None") for reason in _cancellation_reasons(fault)} - {"None"}
    if codes and codes <= {"ThrottlingError", "ProvisionedThroughputExceeded"}:
        return Throttled(", ".join(sorted(codes)))
    if FULL in codes:
        return CalendarFull()
    if "ValidationError" in codes:
        raise fault
    return Contended(", ".join(sorted(codes)))


def failed_conditions(fault: ClientError) -> "dict[int, Item]":
    """Returns the stored items whose conditions failed, by the position of the action in its transaction.

    A single write is at position 0. An item is empty if none was stored, or if the action did not request it
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
    """Returns why each action of a cancelled transaction failed, in order; `Code` is `None` for one that did not.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    reasons: list[dict[str, Any]] = fault.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return reasons
