"""Cursors: where a listing goes on. Opaque to callers, bound to the query they come from, and safe to make up."""

import binascii
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping

from shared.errors import InvalidCursor


def encode(query: str, facts: Mapping[str, str]) -> str:
    """Returns a cursor that carries `facts` to the next page of `query`."""
    text = json.dumps({"query": query, **facts}, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(query: str, cursor: str, names: tuple[str, ...]) -> dict[str, str]:
    """Returns the facts `names` that `cursor` carries.

    A caller can make one up: whoever uses the facts treats them as input.

    Raises InvalidCursor if it is no cursor, or one of another query.
    """
    try:
        document = json.loads(b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursor from None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise InvalidCursor
    if document.get("query") != query or document.keys() != {"query", *names}:
        raise InvalidCursor(InvalidCursor.OTHER_QUERY)
    return {name: document[name] for name in names}
