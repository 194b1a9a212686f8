"""What the function notify sends, and the stream that triggers it."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.runtime import Runtime
from tests.harness.botocore_faults import as_handler, document, reply
from tests.harness.gateway import Context, invoke
from tests.harness.stream import Record, Stream

CODE = re.compile(r"^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$", re.MULTILINE)


@dataclass(frozen=True)
class Sent:
    """A mail that SES accepted."""

    to: str
    sender: str
    subject: str
    text: str

    @property
    def code(self) -> str:
        """Returns the code in the mail, which stands alone on its line."""
        (code,) = CODE.findall(self.text)
        return str(code)


@dataclass
class Mailbox:
    """All mails of a deployment. While it is entered, it answers in the place of SES."""

    runtime: Runtime
    sent: list[Sent] = field(default_factory=list)
    answers: deque[Callable[[AWSPreparedRequest], AWSResponse]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._stream = Stream(self.runtime, self.runtime.settings.users_table)
        self._stream.read()  # what other tests have left

    def __enter__(self) -> Self:
        self.runtime.clients.ses.meta.events.register("before-send.sesv2", as_handler(self._answer))
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.clients.ses.meta.events.unregister("before-send.sesv2", as_handler(self._answer))

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        if self.answers:
            return self.answers.popleft()(request)
        return self.accept(request)

    def accept(self, request: AWSPreparedRequest) -> AWSResponse:
        """Takes a mail as SES does."""
        asked = document(request.body)
        simple = asked["Content"]["Simple"]
        (to,) = asked["Destination"]["ToAddresses"]
        self.sent.append(Sent(to, asked["FromEmailAddress"], simple["Subject"]["Data"], simple["Body"]["Text"]["Data"]))
        return reply(200, {"MessageId": f"{len(self.sent)}"})

    def new_records(self) -> list[Record]:
        """Returns the stream's records since the last call that pass the filter of the event source mapping."""
        records = self._stream.read()
        return [each for each in records if each["eventName"] == "INSERT" and _pk(each).startswith("MAIL#")]

    def deliver(self, records: Iterable[Record] | None = None, milliseconds: int = 60_000) -> list[Sent]:
        """Delivers `records`, or the new ones, all of which have to be taken. Returns the mails that this sends."""
        before = len(self.sent)
        assert self.failed(self.new_records() if records is None else records, milliseconds) == []
        return self.sent[before:]

    def failed(self, records: Iterable[Record], milliseconds: int = 60_000) -> list[str]:
        """Delivers `records`, and returns the sequence numbers of those that are to be delivered again."""
        response = invoke("notify", {"Records": [*records]}, Context(milliseconds=milliseconds))
        return [each["itemIdentifier"] for each in response["batchItemFailures"]]


def _pk(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["pk"]["S"])


def refuse(code: str, status: int = 400) -> Callable[[AWSPreparedRequest], AWSResponse]:
    """Returns an answer of SES: an error, whose message quotes the address as SES does."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        to = document(request.body)["Destination"]["ToAddresses"]
        response = reply(status, {"message": f"Email address is not verified: {to}"})
        response.headers["x-amzn-errortype"] = code
        return response

    return answer
