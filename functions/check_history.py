"""Look for versions that are missing from the history: the continuity check."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.ids import CalendarId, EventId
from shared.observability import count, logger
from shared.wiring import maintenance as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN_MILLISECONDS = 60_000


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Check one event (`{"calendar_id": ..., "event_id": ...}`) or all (`{}`, or `{"token": ...}` to go on).

    Answers what is missing, and a token if the time was up. A check of all that has come to its end, or has found
    something, publishes the metric HistoryGaps: how many versions are missing. Raises MalformedEvent.
    """
    payloads.check_object(event)
    names = ("calendar_id", "event_id")
    one = (payloads.text(event, names[0]), payloads.text(event, names[1])) if {*names} & {*event} else None
    token = payloads.optional_text(event, "token")
    check = wiring.continuity_check(lambda: context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS)
    report = check.event(CalendarId(one[0]), EventId(one[1])) if one else check.table(token)
    answer = {**asdict(report), "complete": report.complete}
    if report.missing:
        logger.error("versions are missing", extra=answer)
    elif not report.complete:
        logger.warning("the check has to go on", extra=answer)
    if not one and (report.complete or report.missing):
        count("HistoryGaps", report.missing, FunctionName=context.function_name)
    return answer
