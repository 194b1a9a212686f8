"""GET /.well-known/jwks.json: the public keys that verify the tokens of this API."""

import json
from typing import Final

from shared.http.api import Response, app, handler, own_identity
from shared.http.bodies import JSON
from shared.http.identity_documents import KeySetDocument
from shared.http.responses import PUBLIC, returns
from shared.wiring.keys import published_keys

__all__ = ["handler"]

# A key is published long before it signs, so a copy that is a few minutes old has every key that a token can name.
_HEADERS: Final = {"Cache-Control": "public, max-age=900"}


@app.get(
    "/.well-known/jwks.json",
    operation_id="get_keys",
    tags=["Identity"],
    summary="The keys that verify access tokens",
    description="A JWK Set (RFC 7517), for other services that accept these access tokens. It may be kept for 15 "
    "minutes; keys change every few months.",
    responses={200: returns("The keys.", KeySetDocument)},
    security=PUBLIC,
)
@own_identity
def get_keys() -> Response[str]:
    """Returns the public keys."""
    body = json.dumps(published_keys(), separators=(",", ":"))
    return Response(status_code=200, content_type=JSON, body=body, headers={**_HEADERS})
