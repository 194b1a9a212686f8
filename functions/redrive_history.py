"""Make versions of the records that lie in the bucket of unreadable records."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from shared import payloads
from shared.errors import Unavailable
from shared.observability import logger
from shared.wiring import maintenance as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN_MILLISECONDS = 60_000


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Replay objects: one that S3 tells of, those of `{"keys": [...]}`, or all (`{}`, `{"token": ...}` to go on).

    Answers what became of them. Raises Unavailable if the database did not take what S3 told of, so that Lambda tries
    again (asynchronous invocation); the objects stay until it has. Raises MalformedEvent.
    """
    told = _told_by_s3(payloads.check_object(event))
    done = wiring.recorder().redrive(
        payloads.optional_texts(event, "keys") if told is None else told,
        wiring.deadline,
        lambda: context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS,
        payloads.optional_text(event, "token"),
    )
    answer = asdict(done)
    logger.info("redrive", extra=answer)
    if told and (done.failed_objects or not done.complete):
        raise Unavailable("the database did not take all versions: the objects stay where they are")
    return answer


def _told_by_s3(event: dict[str, Any]) -> list[str] | None:
    """The keys in an "Object Created" event of EventBridge, or in a notification, which encodes them; None in neither.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    if event.get("source") == "aws.s3":
        return [payloads.member(event, "detail.object.key")]
    if "Records" not in event:
        return None
    return [unquote_plus(payloads.member(record, "s3.object.key")) for record in payloads.records(event)]
