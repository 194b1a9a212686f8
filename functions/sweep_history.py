"""Delete the versions that have outlived their retention."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.observability import logger
from shared.wiring import maintenance as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN_MILLISECONDS = 60_000


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Sweep the history table, from `{"token": ...}` on if there is one.

    Answers how many versions were read and swept, and a token if the time was up or the database too busy. Raises
    MalformedEvent.
    """
    token = payloads.optional_text(payloads.check_object(event), "token")
    done = wiring.sweep(lambda: context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS, token)
    answer = {**asdict(done), "complete": done.complete}
    logger.info("sweep", extra=answer)
    return answer
