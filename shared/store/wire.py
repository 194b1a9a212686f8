"""Serializer and parsers for botocore that use DynamoDB's wire format as it is.

The JSON of a request is the call's parameters, and the JSON of a response is the call's result. botocore would pass
every value of a call through its model of the service, with several Python calls each, to convert types that JSON does
not have. The functions need none of that: numbers in items are strings, and binary is base64 here. (An error that
contains an item, a failed condition, is parsed by botocore: binary in it is bytes.) tests/unit/test_wire.py compares
both directions with botocore's own.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html

The parser is set through a public interface, the session's component `response_parser_factory`. For the serializer
there is none: `shared.store.client` sets the attribute `_serializer` of a client, which is private to botocore. The
consequences:

* If a version of botocore no longer reads `_serializer`, it uses its own: calls stay correct but get slower (with this
  one a bulk creation takes three quarters of the time), and binary in a request would be encoded twice.
  `test_the_clients_send_requests_as_they_are` checks what a client sends, and fails.
* If its serializers have another interface, or prepare a request elsewhere, then
  `test_a_request_says_what_botocores_says`, which compares whole requests, fails.
* So botocore, which is pinned in shared/requirements.txt, is upgraded in a change of its own and with all tests. To go
  back, remove one line: everything then works with botocore's conversion.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory
from botocore.serialize import JSONSerializer

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

ERROR = 300
CUT_SHORT = "CutShort"


class AsIsSerializer(JSONSerializer):
    """Sends parameters as they are. Everything except the body is botocore's."""

    def serialize_to_request(self, parameters: Mapping[str, Any], operation_model: "OperationModel") -> dict[str, Any]:
        """Returns the request of a call."""
        request = super().serialize_to_request({}, operation_model)
        request["body"] = json.dumps(parameters, separators=(",", ":")).encode()
        return request


class AsIsParser(JSONParser):
    """Returns responses as they are, without members that are null. Errors are parsed by botocore."""

    def parse(self, response: Mapping[str, Any], shape: "Shape") -> Any:
        """Returns the result of `response`.

        A successful response whose body is not a JSON object was cut short. This is recorded as `CutShort` in its
        metadata, since an exception here would prevent botocore from retrying.
        """
        if response["status_code"] >= ERROR:
            return super().parse(response, shape)
        parsed: dict[str, Any] = super().parse(response, None)  # type: ignore[arg-type]  # only metadata
        try:
            body = json.loads(response["body"])
        except ValueError:
            body = None
        if isinstance(body, dict):
            parsed.update((name, value) for name, value in body.items() if value is not None)
        else:
            parsed["ResponseMetadata"][CUT_SHORT] = True
        return parsed


class AsIsParsers(ResponseParserFactory):
    """Parsers for a session: `AsIsParser` for services that speak JSON, botocore's own for the others."""

    def __init__(self) -> None:
        super().__init__()
        self._as_is = AsIsParser()

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Returns the parser for `protocol_name`."""
        return self._as_is if protocol_name == "json" else super().create_parser(protocol_name)
