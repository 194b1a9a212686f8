"""The API's reference: the OpenAPI document of all functions, and a page to try it on."""

import importlib
import json
import pkgutil
from functools import cache
from pathlib import Path

from shared.http.api import Response, app, handler
from shared.http.page import page
from shared.reference.document import TITLE, openapi

__all__ = ["handler"]

_HEADERS = {"Cache-Control": "public, max-age=300"}


@app.get("/openapi.json")
def get_openapi() -> Response[str]:
    """Answer the OpenAPI document."""
    return Response(status_code=200, content_type="application/json", body=_document(), headers={**_HEADERS})


@app.get("/docs")
def get_page() -> Response[str]:
    """Answer the page."""
    html, headers = _page()
    return Response(
        status_code=200, content_type="text/html; charset=utf-8", body=html, headers={**_HEADERS, **headers}
    )


@cache
def _document() -> str:
    _register_all_routes()
    return json.dumps(openapi(app), ensure_ascii=False, separators=(",", ":"))


@cache
def _page() -> tuple[str, dict[str, str]]:
    return page(TITLE)


def _register_all_routes() -> None:
    """Load the functions that lie beside this one, as they do in Lambda, so that the one resolver knows their routes.

    Only the reference does that, at its first request. Functions never import each other: that would deploy and
    start them together.
    """
    here = Path(__file__).parent
    for module in pkgutil.iter_modules([str(here)]):
        if module.name != Path(__file__).stem:
            importlib.import_module(f"{__package__}.{module.name}" if __package__ else module.name)
