"""DynamoDB's wire format, for botocore: a request's JSON is its parameters, and a response's JSON is the result.

botocore takes every value of a call through its model of the service, several Python calls for each, to convert what
JSON has no type for. The functions have none of that: numbers are strings in items, and binary is base64 here. (An
error that carries an item, a failed condition, is parsed by botocore: binary in it is bytes.) tests/unit/test_wire.py
compares both directions with botocore's own.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html

The parser is set in a public way, as the session's component `response_parser_factory`. For the serializer there is
none: `shared.store.client` sets the attribute `_serializer` of a client, a private name of botocore's. What that costs:

* A botocore that does not read `_serializer` any more would use its own: calls stay correct but get slower (a bulk
  creation takes three quarters of the time with this one), and binary in a request would be encoded twice.
  `test_the_clients_send_requests_as_they_are` looks at what a client sends, and fails.
* A botocore whose serializers have another interface, or prepare a request elsewhere, fails in
  `test_a_request_says_what_botocores_says`, which compares whole requests.
* So an upgrade of botocore, which is pinned in shared/requirements.txt, is made on its own and with all tests. The way
  back is one line: without it everything works, with botocore's conversion.
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
    """Sends parameters as they are. All but the body is botocore's."""

    def serialize_to_request(self, parameters: Mapping[str, Any], operation_model: "OperationModel") -> dict[str, Any]:
        """Returns the request of a call."""
        request = super().serialize_to_request({}, operation_model)
        request["body"] = json.dumps(parameters, separators=(",", ":")).encode()
        return request


class AsIsParser(JSONParser):
    """Returns responses as they are, without members that are null. Errors are parsed by botocore."""

    def parse(self, response: Mapping[str, Any], shape: "Shape") -> Any:
        """Returns what `response` says.

        A success whose body is not a JSON object was cut short. Its metadata then has `CutShort`: an exception here
        would keep botocore from retrying.
        """
        if response["status_code"] >= ERROR:
            return super().parse(response, shape)
        parsed: dict[str, Any] = super().parse(response, None)  # type: ignore[arg-type]  # an answer of metadata
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
