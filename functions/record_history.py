"""Bring the changes of events from the table's stream into the history."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import scheduling_wiring as wiring
from shared.observability import count, logger
from shared.store.stream import UnreadableRecordError, place, version_item


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write a version item for each record; report those that the database did not take (partial batch response).

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    writer = wiring.version_writer()
    failed: list[str] = []
    items, numbers = [], []
    for record in event["Records"]:
        try:
            item = version_item(record)
        except UnreadableRecordError as error:
            # Reported as failed it would block its shard, and take its neighbours along in the end.
            logger.error("unreadable record", extra={"event_id": record.get("eventID"), "why": str(error)})
            count("UnreadableRecord")
            writer.keep_unreadable(record)
            continue
        if item is not None:
            items.append(item)
            numbers.append(record["dynamodb"]["SequenceNumber"])
    left = writer.write(items, wiring.patience(context.get_remaining_time_in_millis() / 1000 - 5.0))
    failed += [number for item, number in zip(items, numbers, strict=True) if place(item) in left]
    if failed:
        logger.warning("versions not written", extra={"failed": len(failed)})
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
