"""Records the changes of events, from the table's stream, in the history."""

from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.observability import count, logger, serving
from shared.wiring import maintenance as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Writes a version item for each record, and reports those that could not be written (partial batch response).

    A record that cannot be read is put whole into a bucket: if it were reported as failed, it would block its shard,
    and in the end be discarded together with its neighbours. Lambda retries all records from the lowest of the reported
    sequence numbers on.
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

    Raises:
        MalformedEvent: `event` is not a batch of records.
    """
    serving(context.function_name, context.aws_request_id)
    records = payloads.records(event)
    # Half of the remaining time; the other half is for a last call and for the bucket.
    deadline = wiring.deadline(context.get_remaining_time_in_millis() / 2000)
    recording = wiring.recorder().record(records, deadline)
    for fate in recording.unreadable:
        logger.error("unreadable record", extra={"event_id": fate.record.get("eventID"), "why": fate.why})
    if recording.unreadable:
        count("UnreadableRecord", len(recording.unreadable), FunctionName=context.function_name)
    if recording.failed:
        logger.warning("records not brought into the history", extra={"failed": len(recording.failed)})
    return {"batchItemFailures": [{"itemIdentifier": number} for number in recording.failed]}
