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

# A call that DynamoDB has not answered in 5 s is lost: try again while the gateway still waits (29 s).
CONNECT_TIMEOUT_SECONDS: Final = 2
READ_TIMEOUT_SECONDS: Final = 5
CONNECTIONS: Final = 16

SERVER_ERROR: Final = 500
# What the metadata of an answer says if a try of the call got none (see `shared.store.faults.unanswered`).
UNANSWERED: Final = "Unanswered"


class Clients:
    """The clients of one process. Each is made when first asked for."""

    def __init__(self, endpoint_url: str | None = None) -> None:
        """Use `endpoint_url` for every service; without it, botocore's own configuration decides."""
        self._endpoint_url = endpoint_url

    @cached_property
    def _session(self) -> botocore.session.Session:
        session = botocore.session.get_session()
        session.register_component("response_parser_factory", AsIsParsers())
        return session

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """For concurrent calls: one thread for each connection."""
        return ThreadPoolExecutor(CONNECTIONS)

    @cached_property
    def outer_pool(self) -> ThreadPoolExecutor:
        """For work that uses `pool` itself: in the same pool it could wait for a thread that waits for it."""
        return ThreadPoolExecutor(CONNECTIONS // 2)

    def _make(self, service: str, attempts: int) -> Any:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            max_pool_connections=CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": attempts},
            parameter_validation=False,
            tcp_keepalive=True,
            # Its own long one botocore would build anew for every call: a fifth of what a call costs in CPU time.
            user_agent="event-scheduling-api",
        )
        client = self._session.create_client(service, endpoint_url=self._endpoint_url, config=config)
        client.meta.events.register("response-received", _note_try)
        client.meta.events.register("after-call", _tell_of_tries)
        return client

    def _make_dynamodb(self, attempts: int) -> "DynamoDBClient":
        client = self._make("dynamodb", attempts)
        client._serializer = AsIsSerializer()  # a private name: its price is in `shared.store.wire`  # noqa: SLF001 see wire.py
        made: DynamoDBClient = client
        return made

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """For reads and conditional writes: the SDK may repeat a call."""
        return self._make_dynamodb(attempts=3)

    @cached_property
    def dynamodb_once(self) -> "DynamoDBClient":
        """For batch writes, which carry no condition: a late repetition would overwrite what came after it."""
        return self._make_dynamodb(attempts=1)

    @cached_property
    def s3(self) -> "S3Client":
        """For records that nobody can read."""
        client: S3Client = self._make("s3", attempts=3)
        return client

    @cached_property
    def secretsmanager(self) -> "SecretsManagerClient":
        """For the secret that signs tokens."""
        client: SecretsManagerClient = self._make("secretsmanager", attempts=3)
        return client


def _note_try(
    exception: Exception | None,
    response_dict: dict[str, Any] | None,
    parsed_response: dict[str, Any] | None,
    context: dict[str, Any],
    **_: Any,
) -> None:
    """Notes in the context of a call that one of its tries got no answer, part of one, or a server error."""
    lost = exception is not None or response_dict is None or response_dict["status_code"] >= SERVER_ERROR
    if lost or (parsed_response is not None and CUT_SHORT in parsed_response["ResponseMetadata"]):
        context[UNANSWERED] = True


def _tell_of_tries(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Puts that note into the answer: the SDK tells how often it retried, and not how the earlier tries ended.

    Raises ResponseStreamingError if the last answer was cut short: nobody can tell what it would have said.
    """
    if CUT_SHORT in parsed.get("ResponseMetadata", {}):
        raise ResponseStreamingError(error="the body of the answer is no JSON object")
    if UNANSWERED in context:
        parsed["ResponseMetadata"][UNANSWERED] = True
