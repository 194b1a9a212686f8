"""Cursors: where a listing goes on. Opaque to callers, bound to the query they come from, and safe to make up."""

import binascii
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping

from shared.errors import InvalidRequest


def encode(query: str, facts: Mapping[str, str]) -> str:
    """A cursor that carries `facts` to the next page of `query`."""
    text = json.dumps({"query": query, **facts}, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(query: str, cursor: str, names: tuple[str, ...]) -> dict[str, str]:
    """The facts `names` that `cursor` carries. Raises InvalidRequest if it is none, or one of another query.

    A caller can make one up: whoever uses the facts treats them as input.
    """
    try:
        document = json.loads(b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidRequest.of("cursor", "is no cursor of this API") from None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise InvalidRequest.of("cursor", "is no cursor of this API")
    if document.get("query") != query or document.keys() != {"query", *names}:
        raise InvalidRequest.of("cursor", "belongs to another query")
    return {name: document[name] for name in names}
