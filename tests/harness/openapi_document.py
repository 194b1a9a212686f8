"""Checks of the functions' actual responses against the OpenAPI document."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from shared.runtime import Runtime, use
from tests.harness.deployment import settings_for
from tests.harness.gateway import Reply, payload, reply

OPTIONAL_HEADERS = {"WWW-Authenticate", "Retry-After", "ETag", "Location", "Device-Token"}

REPLAY = "Idempotent-Replay"


@cache
def document() -> dict[str, Any]:
    """Returns what /openapi.json responds with. The function needs no table: it is given settings that name none."""
    tables = dict.fromkeys(("EventsTable", "HistoryTable", "UsersTable", "AccessTable", "DirectoryTable"), "none")
    with use(Runtime(settings_for(tables))):
        answered = reply("docs", payload("docs"))
    assert answered.status == 200
    made: dict[str, Any] = answered.body
    return made


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Returns the documented operations by (METHOD, path)."""
    return {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Returns `part`, or what it refers to if it is a reference."""
    if "$ref" not in part:
        return part
    found = document()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Returns the violations of `schema` in `value`, including fields that `schema` does not name."""
    # References keep their form, so the schema is checked within the document's components.
    components = _closed(document()["components"])
    checker = Draft202012Validator({**_closed(schema), "components": components}, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]


def check(method: str, path: str, answered: Reply) -> None:
    """Asserts that `answered` conforms to the documented operation: status, headers, media type and body."""
    responses = operations()[method, path]["responses"]
    assert str(answered.status) in responses, f"{method} {path}: {answered.status} is not documented: {answered.text}"
    response = resolved(responses[str(answered.status)])
    documented = set(response.get("headers", {}))
    assert OPTIONAL_HEADERS & answered.headers.keys() == documented - {REPLAY}, answered
    assert REPLAY not in answered.headers or REPLAY in documented, answered
    content = response.get("content")
    if content is None:
        assert answered.text == "", answered
        return
    media_type = answered.headers["Content-Type"].split(";")[0]
    assert media_type in content, answered
    schema = content[media_type]["schema"]
    body = answered.body if media_type.endswith("json") else answered.text
    assert faults(schema, body) == [], f"{method} {path}: {answered.status}"


def _closed(part: Any) -> Any:
    """Returns `part` of a document with every object schema closed, so that fields that it does not name are errors."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(value) for key, value in part.items()}
    if isinstance(part.get("properties"), dict) and part.get("type") == "object":
        closed["additionalProperties"] = False
    return closed
