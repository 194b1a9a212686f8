"""Completes ministack's import of an OpenAPI document into API Gateway, through calls to API Gateway.

The import reads routes, authorizers and function integrations, but neither the gateway responses (the bodies of the
gateway's own errors) nor the responses of mock integrations (CORS preflight). AWS takes all of that from the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PARAMETER = re.compile(r"\$\{(\w+)\}")


def complete(gateway: Any, api_id: str, stage: str, document: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
    """Adds what the import has left out of `document` to a REST API, and deploys that to its stage.

    Args:
        gateway: A boto3 client of API Gateway.
        api_id: The REST API that was made from the document.
        stage: The name of its stage.
        document: The OpenAPI document, as the template's transform leaves it: intrinsic functions unresolved.
        parameters: The values of the template's parameters; no other references are resolved.
    """
    for kind, response in _resolved(document.get("x-amazon-apigateway-gateway-responses", {}), parameters).items():
        gateway.put_gateway_response(restApiId=api_id, responseType=kind, **response)
    resources = {each["path"]: each["id"] for each in gateway.get_resources(restApiId=api_id, limit=500)["items"]}
    for path, operations in document["paths"].items():
        preflight = operations.get("options", {}).get("x-amazon-apigateway-integration", {})
        for response in _resolved(preflight.get("responses", {}), parameters).values():
            gateway.put_integration_response(
                restApiId=api_id, resourceId=resources[path], httpMethod="OPTIONS", **response
            )
    gateway.create_deployment(restApiId=api_id, stageName=stage)


def _resolved(value: Any, parameters: Mapping[str, str]) -> Any:
    """Returns `value` with ``Fn::Sub`` and ``Ref`` of parameters resolved."""
    match value:
        case {"Fn::Sub": str(text)}:
            return _PARAMETER.sub(lambda name: parameters[name[1]], text)
        case {"Ref": str(name)}:
            return parameters[name]
        case Mapping():
            return {key: _resolved(each, parameters) for key, each in value.items()}
        case list():
            return [_resolved(each, parameters) for each in value]
        case _:
            return value
