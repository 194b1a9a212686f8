"""The continuity check: looks for versions that are missing from the history."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.ids import CalendarId, EventId
from shared.observability import count, logger, serving
from shared.wiring import maintenance as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Checks one event (`{"calendar_id": ..., "event_id": ...}`) or all (`{}`, or `{"token": ...}` to continue).

    A check of all events that is complete, or that has found something, publishes the metric HistoryGaps: the number
    of missing versions.

    Returns:
        The missing versions, and a token if the time was not sufficient.

    Raises:
        MalformedEvent: `event` has none of these forms.
    """
    serving(context.function_name, context.aws_request_id)
    payloads.check_object(event)
    names = ("calendar_id", "event_id")
    one = (payloads.text(event, names[0]), payloads.text(event, names[1])) if {*names} & {*event} else None
    token = payloads.optional_text(event, "token")
    check = wiring.continuity_check(wiring.until_margin(context))
    report = check.event(CalendarId(one[0]), EventId(one[1])) if one else check.table(token)
    response = {**asdict(report), "complete": report.complete}
    if report.missing:
        logger.error("versions are missing", extra=response)
    elif not report.complete:
        logger.warning("the check has to go on", extra=response)
    if not one and (report.complete or report.missing):
        count("HistoryGaps", report.missing, FunctionName=context.function_name)
    return response
