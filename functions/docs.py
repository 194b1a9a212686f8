"""The API's reference: the OpenAPI document of all functions, and a page to try it on."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from shared.http.api import Response, app, handler
from shared.http.bodies import JSON
from shared.http.page import page
from shared.http.responses import PUBLIC

__all__ = ["handler"]

_HEADERS: Final = {"Cache-Control": "public, max-age=300"}
# Made by `make openapi`. Here it is a link to docs/openapi.json, in the place of which a build puts the file.
_FILE: Final = Path(__file__).with_name("openapi.json")


@app.get(
    "/openapi.json",
    operation_id="get_openapi",
    tags=["Reference"],
    summary="This document",
    description="With the address of this deployment.",
    responses={
        200: {
            "description": "An OpenAPI 3.1 document.",
            "content": {JSON: {"schema": {"type": "object", "required": ["openapi", "info", "servers", "paths"]}}},
        }
    },
    security=PUBLIC,
)
def get_openapi() -> Response[str]:
    """Answer the OpenAPI document."""
    document = {**_document(), "servers": [{"url": _address(app.current_event.raw_event)}]}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(status_code=200, content_type=JSON, body=body, headers={**_HEADERS})


@app.get(
    "/docs",
    operation_id="get_page",
    tags=["Reference"],
    summary="This document as a page to try it on",
    description="Needs JavaScript, and nothing of another host.",
    responses={200: {"description": "A page.", "content": {"text/html": {"schema": {"type": "string"}}}}},
    security=PUBLIC,
)
def get_page() -> Response[str]:
    """Answer the page."""
    html, headers = _page()
    return Response(
        status_code=200, content_type="text/html; charset=utf-8", body=html, headers={**_HEADERS, **headers}
    )


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return document


@cache
def _page() -> tuple[str, dict[str, str]]:
    return page(_document()["info"]["title"])


def _address(event: dict[str, Any]) -> str:
    """The URL that the paths of the API lie behind, as the gateway's `event` has it.

    The gateway tells the domain that was asked, its own or a custom one, and the path there: the stage, or the base
    path of a custom domain, comes before that of the route. Only where there is no gateway of AWS's the caller's `Host`
    is believed; the local stack has APIs behind a prefix that is not in the path. An event without either is none of a
    gateway's: then it is relative to the document's own address.
    """
    context, route = event["requestContext"], event.get("resource") or event["path"]
    base = str(context.get("path") or route).removesuffix(route)
    if domain := context.get("domainName"):
        return f"https://{domain}{base}"
    if api_id := context.get("apiId"):
        return f"http://{event['headers'].get('host', 'localhost')}/_aws/execute-api/{api_id}{base}"
    return "."
