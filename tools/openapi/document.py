"""The contents of docs/openapi.json: the declarations of the routes, with the schemas of requests and responses.

The texts are at the routes, in functions/, and at the fields of requests and documents, in shared/http/. They are
combined here; only the result is deployed.
"""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from aws_lambda_powertools.event_handler.api_gateway import Route

from shared import errors
from shared.http import errors as edge_errors
from shared.http import routes
from shared.http.api import app
from shared.http.bodies import JSON
from shared.http.parameters import REQUEST_HEADERS
from shared.http.responses import raised_by
from shared.http.routes import taken_by
from tools.openapi.problems import any_other, responses_for
from tools.openapi.schemas import component_schemas, enums, example_of, naming_enums, without_null

Json = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "docs" / "openapi.json"
# The function `docs` replaces this by the address of its deployment.
SERVER: Final = {"url": "https://api.example.com/v1", "description": "A deployment."}

TAGS: Final = {
    "Identity": "Users, their sessions and their tokens.",
    "Events": "The events of the caller. Nobody else sees them.",
    "Calendars": "Calendars that users share: who may do what in them, and how that changes.",
    "Versions": "Every change of an event is a version: to be read, compared and gone back to.",
    "Reference": "What you are reading.",
}
ABOUT: Final = """\
A calendar for each user: no double booking, and every change is a version.

- **Times** are RFC 3339 with an offset and in whole seconds; answers are in UTC. An event takes the half-open interval
  `[start, end)`, so one may begin when another ends. Numbers are never taken for times.
- **Versions.** `id` names an event for its whole life; every change gives it a new `history_id`, which is also its
  ETag.
- **Errors** are problem documents (RFC 9457). `type` says which kind, and more facts may follow.
- **Methods.** HEAD is there wherever GET is, and answers the same without the content. A method that a path does not
  have is answered like a path that there is not: 404.
- **Retries.** A 503 tells when to try again. Of the type `/problems/outcome-unknown` it says that the change may have
  happened: read before you try again.
"""


class _Template(yaml.SafeLoader):
    """Reads template.yaml. CloudFormation's short forms (!Ref, !Sub, …) are read as the text behind them."""


def _written(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Template.add_multi_constructor("!", _written)


def text() -> str:
    """Returns the contents of the file."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def document() -> Json:
    """Returns the OpenAPI 3.1 document of all routes, in the order of the template."""
    for module in sorted((ROOT / "functions").glob("*.py")):
        importlib.import_module(f"functions.{module.stem}")  # registers its routes
    template = yaml.load((ROOT / "template.yaml").read_text(), _Template)["Resources"]  # noqa: S506 a SafeLoader
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    of_gateway = template["Api"]["Properties"]["GatewayResponses"].values()
    made = _tidy(app.get_openapi_schema().model_dump(mode="json", by_alias=True, exclude_none=True))
    schemas = component_schemas(made["components"]["schemas"])
    responses = {"AnyOther": any_other([each["ResponseTemplates"]["application/json"] for each in of_gateway])}
    paths: Json = {}
    registered = {(route.method.lower(), route.openapi_path): route for route in routes.routes(app)}
    for method, path in sorted(registered, key=list(_routes(template)).index):
        operation = _operation(made["paths"][path][method], registered[method, path], schemas, responses)
        paths.setdefault(path, {})[method] = operation
    made_whole: Json = {
        "openapi": made["openapi"],
        "info": {
            "title": "Event scheduling API",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [SERVER],
        "security": [{"access_token": []}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "access_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The `access_token` that register, login and refresh answer.",
                }
            },
            "schemas": schemas,
            "responses": responses,
        },
    }
    named: Json = naming_enums(made_whole)
    named["components"]["schemas"] |= enums()
    return named


def _routes(template: Json) -> Iterator[tuple[str, str]]:
    for resource in template.values():
        for event in resource["Properties"].get("Events", {}).values():
            if resource["Type"] == "AWS::Serverless::Function" and event["Type"] == "Api":
                yield event["Properties"]["Method"], event["Properties"]["Path"]


def _tidy(value: Any) -> Any:
    """Returns `value` with whole numbers as integers, since Powertools' models turn 100 into 100.0."""
    if isinstance(value, dict):
        return {key: _tidy(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _operation(made: Json, route: Route, schemas: Json, responses: Json) -> Json:
    """Returns the Operation Object of a route. Its error responses are added to `responses`, which operations share."""
    parameters = [_parameter(each) for each in made.get("parameters", [])]
    parameters += [
        {"name": name, "in": "header", "description": REQUEST_HEADERS[name], "schema": {"type": "string"}}
        for name in routes.taken_by(route).headers
    ]
    operation: Json = {
        "operationId": route.operation_id,
        "tags": route.tags,
        "summary": route.summary,
        "description": route.description,
        "parameters": parameters,
    }
    if "requestBody" in made:
        operation["requestBody"] = _request_body(made["requestBody"], route, schemas)
    if route.security is not None:
        operation["security"] = route.security
    operation["responses"] = {
        **{str(status): answer for status, answer in (route.responses or {}).items()},
        **responses_for({*_errors(operation, route)}, responses),
        "default": {"$ref": "#/components/responses/AnyOther"},
    }
    return operation


def _parameter(parameter: Json) -> Json:
    schema = without_null(parameter["schema"])
    for name in ("title", "description"):
        schema.pop(name, None)
    return {**parameter, "schema": schema}


def _request_body(body: Json, route: Route, schemas: Json) -> Json:
    schema = without_null(body["content"][JSON]["schema"])
    content = {"schema": schema, "example": example_of(schema, schemas)}
    return {**body, "content": dict.fromkeys(taken_by(route).media_types, content)}


def _errors(operation: Json, route: Route) -> Iterator[type[errors.SchedulingError]]:
    """Yields the errors the operation can end with: those it declares, and those of its parameters and body."""
    yield from raised_by(route.func)
    names = {parameter["name"] for parameter in operation["parameters"]}
    if route.security is None:
        yield errors.NotAuthenticated
    if "Reference" not in route.tags:
        yield errors.Unavailable
        if route.method != "GET":
            yield errors.OutcomeUnknown
    if "requestBody" in operation:
        yield from (edge_errors.MalformedBody, edge_errors.BodyTooLarge, edge_errors.UnsupportedMediaType)
    yield errors.InvalidRequest  # at least for a parameter that the route does not have
    if "event_id" in names:
        yield errors.NotFound
    if "If-Match" in names:
        yield errors.PreconditionFailed
