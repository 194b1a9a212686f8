"""AWS's faults in the domain's words."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import AnswerLost, CalendarFull, Contended, StoreFault, Throttled
from shared.store.faults import store_faults


def fault(code: str, reasons: list[str] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "TransactWriteItems")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (fault("ConditionalCheckFailedException"), Contended),
        (fault("TransactionConflictException"), Contended),
        (fault("ThrottlingException"), Throttled),
        (fault("TransactionInProgressException"), AnswerLost),
        (fault("ItemCollectionSizeLimitExceededException"), CalendarFull),
        (fault("TransactionCanceledException", ["None", "ConditionalCheckFailed"]), Contended),
        (fault("TransactionCanceledException", ["TransactionConflict", "ThrottlingError"]), Contended),
        (fault("TransactionCanceledException", ["None", "ThrottlingError"]), Throttled),
        (fault("TransactionCanceledException", ["ItemCollectionSizeLimitExceeded", "None"]), CalendarFull),
    ],
)
def test_a_fault_has_a_word_of_the_domain(raised: ClientError, expected: type[StoreFault]) -> None:
    with pytest.raises(expected), store_faults():
        raise raised


@pytest.mark.parametrize(
    "raised", [fault("AccessDeniedException"), fault("TransactionCanceledException", ["ValidationError"])]
)
def test_a_defect_of_the_deployment_passes(raised: ClientError) -> None:
    with pytest.raises(ClientError) as passed, store_faults():
        raise raised
    assert passed.value is raised
