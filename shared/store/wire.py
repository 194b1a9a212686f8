"""DynamoDB's wire format, for botocore: a request's JSON is just its parameters, an answer's just what it says.

botocore takes every value of a call through its model of the service, several Python calls for each, to convert what
JSON has no type for. The functions have none of that: numbers are strings in items, and so is binary here, as base64.
(An error that carries an item, a failed condition, is parsed by botocore: binary in it is bytes.) A test holds the two
against each other.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
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
    """Sends parameters as they are; all but the body is botocore's."""

    def serialize_to_request(self, parameters: Mapping[str, Any], operation_model: "OperationModel") -> dict[str, Any]:
        """The request of a call."""
        request = super().serialize_to_request({}, operation_model)
        request["body"] = json.dumps(parameters, separators=(",", ":")).encode()
        return request


class AsIsParser(JSONParser):
    """Gives answers as they are, but for members that are null: those are absent. Errors are botocore's."""

    def parse(self, response: Mapping[str, Any], shape: "Shape") -> Any:
        """What `response` says.

        A success whose body is no JSON object was cut short, and says in its metadata `CutShort`: raising anything here
        would keep botocore from trying again.
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
    """Parsers for a session: of services that speak JSON as they are, of the others botocore's own."""

    def __init__(self) -> None:
        super().__init__()
        self._as_is = AsIsParser()

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """The parser for `protocol_name`."""
        return self._as_is if protocol_name == "json" else super().create_parser(protocol_name)
