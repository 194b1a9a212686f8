"""botocore clients, made once per process and service."""

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import ResponseStreamingError

from shared.store.wire import CUT_SHORT, AsIsParsers, AsIsSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client

# A call that DynamoDB has not answered within 5 s counts as lost, so that there is time for a retry while the gateway
# still waits (29 s).
CONNECT_TIMEOUT_SECONDS: Final = 2
READ_TIMEOUT_SECONDS: Final = 5
CONNECTIONS: Final = 16

SERVER_ERROR: Final = 500
# Key in the metadata of a response if an attempt of the call got no response (see `shared.store.faults.unanswered`).
UNANSWERED: Final = "Unanswered"


class Clients:
    """The AWS clients of one process. Each is created on first use."""

    def __init__(self, endpoint_url: str | None = None) -> None:
        """Uses `endpoint_url` for every service; without it, botocore's own configuration decides."""
        self._endpoint_url = endpoint_url

    @cached_property
    def _session(self) -> botocore.session.Session:
        session = botocore.session.get_session()
        session.register_component("response_parser_factory", AsIsParsers())
        return session

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """Thread pool for concurrent calls, with one thread per connection."""
        return ThreadPoolExecutor(CONNECTIONS)

    @cached_property
    def outer_pool(self) -> ThreadPoolExecutor:
        """Thread pool for work that itself uses `pool`: within one pool, such work could deadlock."""
        return ThreadPoolExecutor(CONNECTIONS // 2)

    def _make(self, service: str, attempts: int) -> Any:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            max_pool_connections=CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": attempts},
            parameter_validation=False,
            tcp_keepalive=True,
            # Otherwise botocore builds its long user agent anew for every call: a fifth of a call's CPU time.
            user_agent="event-scheduling-api",
        )
        client = self._session.create_client(service, endpoint_url=self._endpoint_url, config=config)
        client.meta.events.register("response-received", _note_lost_attempt)
        client.meta.events.register("after-call", _report_lost_attempts)
        return client

    def _make_dynamodb(self, attempts: int) -> "DynamoDBClient":
        client = self._make("dynamodb", attempts)
        # A private name; `shared.store.wire` describes the consequences.
        client._serializer = AsIsSerializer()  # noqa: SLF001
        made: DynamoDBClient = client
        return made

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Client for reads and conditional writes: the SDK may retry a call."""
        return self._make_dynamodb(attempts=3)

    @cached_property
    def dynamodb_once(self) -> "DynamoDBClient":
        """Client for batch writes, which carry no condition: a late retry would overwrite later versions."""
        return self._make_dynamodb(attempts=1)

    @cached_property
    def s3(self) -> "S3Client":
        """Client for the bucket of unreadable records."""
        client: S3Client = self._make("s3", attempts=3)
        return client

    @cached_property
    def secretsmanager(self) -> "SecretsManagerClient":
        """Client for the secret that signs tokens."""
        client: SecretsManagerClient = self._make("secretsmanager", attempts=3)
        return client

    @cached_property
    def ses(self) -> "SESV2Client":
        """Client for mails. It retries nothing: a mail whose response was lost may have been sent."""
        client: SESV2Client = self._make("sesv2", attempts=1)
        return client


def _note_lost_attempt(
    exception: Exception | None,
    response_dict: dict[str, Any] | None,
    parsed_response: dict[str, Any] | None,
    context: dict[str, Any],
    **_: Any,
) -> None:
    """Records in a call's context that one of its attempts got no response, part of one, or a server error."""
    lost = exception is not None or response_dict is None or response_dict["status_code"] >= SERVER_ERROR
    if lost or (parsed_response is not None and CUT_SHORT in parsed_response["ResponseMetadata"]):
        context[UNANSWERED] = True


def _report_lost_attempts(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Copies that record into the response: the SDK reports how often it retried, but not how earlier attempts ended.

    Raises ResponseStreamingError if the last response was cut short, since its outcome is unknown.
    """
    if CUT_SHORT in parsed.get("ResponseMetadata", {}):
        raise ResponseStreamingError(error="the body of the answer is no JSON object")
    if UNANSWERED in context:
        parsed["ResponseMetadata"][UNANSWERED] = True
