"""Purges the calendars that were deleted too long ago to be restored."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.observability import logger, serving
from shared.wiring import purging as wiring
from shared.wiring.maintenance import until_margin

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Purges all calendars that are due; with `{"token": ...}`, continues an earlier purge.

    What one run leaves, the next one finds.

    Returns:
        How many calendars and items are gone, and a token if the time was not sufficient.

    Raises:
        MalformedEvent: `event` has none of these forms.
    """
    serving(context.function_name, context.aws_request_id)
    token = payloads.optional_text(payloads.check_object(event), "token")
    done = wiring.purge(until_margin(context), token)
    response = {**asdict(done), "complete": done.complete}
    logger.info("purge", extra=response)
    return response
