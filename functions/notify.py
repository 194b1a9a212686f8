"""Sends the mails that wait in the users table, from the table's stream."""

from typing import TYPE_CHECKING, Any

from shared import payloads
from shared.observability import count, logger, security_event, serving
from shared.runtime import current
from shared.store.outbox import UnreadableMailError, mail_of
from shared.wiring import mail as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Each record takes some calls to the database and one to the mail service, with timeouts of seconds.
MARGIN_MILLISECONDS = 15_000


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Sends a mail for each record, and reports those that could not be sent now (partial batch response).

    Lambda delivers all records from the lowest of the reported sequence numbers on again; those that were sent are
    recognised. A record that is none of a mail, and a mail that the mail service refuses for good, are logged and
    dropped: they would block the ones behind them.
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

    Raises:
        MalformedEvent: `event` is not a batch of records.
    """
    serving(context.function_name, context.aws_request_id)
    records = payloads.records(event)
    outbox = wiring.outbox()
    failed: list[str] = []
    not_sent = 0
    for record in records:
        outcome = "late"
        if context.get_remaining_time_in_millis() > MARGIN_MILLISECONDS:
            try:
                mail = mail_of(record)
            except UnreadableMailError as error:
                logger.error("unreadable mail", extra={"event_id": record.get("eventID"), "why": str(error)})
                continue
            if mail is None:
                continue
            outcome, why = outbox.send(mail, current().now())
            # Neither addresses nor what is sent to them may be logged.
            logger.info("mail", extra={"mail_id": mail.id, "kind": mail.kind, "outcome": outcome, "why": why})
            if outcome == "limited":
                security_event("MailLimited", user_id=mail.user_id, source=mail.network, limit=why)
        if outcome == "late":
            failed.append(payloads.member(record, "dynamodb.SequenceNumber"))
        not_sent += outcome in ("late", "refused")
    if not_sent:
        count("MailNotSent", not_sent, FunctionName=context.function_name)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
