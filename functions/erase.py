"""Erases what is stored of users whose erasure is due."""

from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.ids import ErasureId
from shared.observability import logger, serving
from shared.wiring import erasing as wiring
from shared.wiring.maintenance import until_margin

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

PREFIX = "ERASURE#"


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Runs erasures: those in a batch of the users table's stream, that of `{"erasure_id": ...}`, or all due (`{}`).

    What one run leaves, the next one finds: a schedule runs those that are due, among them those that a run has left
    because its time was up or because it failed.

    Returns:
        How many erasures this run has worked at, by their status, and whether it has got through all of them.

    Raises:
        MalformedEvent: `event` has none of these forms.
    """
    serving(context.function_name, context.aws_request_id)
    stop = until_margin(context)
    response: dict[str, Any] = {"erasing": 0, "erased": 0, "verified": 0, "complete": True}
    for erasure_id in _erasure_ids(payloads.check_object(event)):
        if stop():
            response["complete"] = False
            break
        erasure = wiring.run(erasure_id, stop)
        if erasure is not None:
            response[erasure.status] += 1
    logger.info("erase", extra=response)
    return response


def _erasure_ids(event: dict[str, Any]) -> list[ErasureId]:
    if "Records" in event:
        keys = [payloads.member(record, "dynamodb.Keys.pk.S") for record in payloads.records(event)]
        return [ErasureId(key.removeprefix(PREFIX)) for key in keys if key.startswith(PREFIX)]
    if event.get("detail-type") == "Scheduled Event":
        return wiring.due()
    payloads.only(event, "erasure_id")
    erasure_id = payloads.optional_text(event, "erasure_id")
    return wiring.due() if erasure_id is None else [ErasureId(erasure_id)]
