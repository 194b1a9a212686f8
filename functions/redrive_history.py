"""Records versions from the records in the bucket of unreadable records."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from shared import payloads
from shared.errors import Unavailable
from shared.observability import logger, serving
from shared.wiring import maintenance as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Replays objects: those in an event of S3, those in `{"keys": [...]}`, or all (`{}`).

    `{"token": ...}` continues an earlier redrive of all objects.

    Returns:
        What became of the objects (`Redrive`), and a token if the time was not sufficient.

    Raises:
        Unavailable: Not all versions in the objects of an S3 event could be written. Lambda then retries (asynchronous
            invocation); the objects stay until that succeeds.
        MalformedEvent: `event` has none of these forms.
    """
    serving(context.function_name, context.aws_request_id)
    s3_keys = _keys_from_s3(payloads.check_object(event))
    done = wiring.recorder().redrive(
        payloads.optional_texts(event, "keys") if s3_keys is None else s3_keys,
        wiring.deadline,
        wiring.until_margin(context),
        payloads.optional_text(event, "token"),
    )
    response = asdict(done)
    logger.info("redrive", extra=response)
    if s3_keys and (done.failed_objects or not done.complete):
        raise Unavailable("the database did not take all versions: the objects stay where they are")
    return response


def _keys_from_s3(event: dict[str, Any]) -> list[str] | None:
    """Returns the keys in an event of S3; None if `event` is not one.

    That is an "Object Created" event of EventBridge, or an event notification, in which keys are URL-encoded.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    if event.get("source") == "aws.s3":
        return [payloads.member(event, "detail.object.key")]
    if "Records" not in event:
        return None
    return [unquote_plus(payloads.member(record, "s3.object.key")) for record in payloads.records(event)]
