"""Deletes the versions that are past their retention."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.observability import logger, serving
from shared.wiring import maintenance as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Sweeps the history table; with `{"token": ...}`, continues an earlier sweep.

    Returns:
        How many versions were read and deleted, and a token if the time was not sufficient or the database too busy.

    Raises:
        MalformedEvent: `event` has none of these forms.
    """
    serving(context.function_name, context.aws_request_id)
    token = payloads.optional_text(payloads.check_object(event), "token")
    done = wiring.sweep(wiring.until_margin(context), token)
    response = {**asdict(done), "complete": done.complete}
    logger.info("sweep", extra=response)
    return response
