"""Cursors: where a listing continues. Opaque to callers, bound to their query, and harmless if forged."""

import binascii
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping

from shared.errors import InvalidCursor
from shared.ids import CalendarId


def in_calendar(query: str, calendar_id: CalendarId) -> str:
    """Returns the name of `query` in a calendar, whose cursors are of no use in another one."""
    return f"{query} in {calendar_id}"


def encode(query: str, facts: Mapping[str, str]) -> str:
    """Returns a cursor that carries `facts` to the next page of `query`."""
    text = json.dumps({"query": query, **facts}, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(query: str, cursor: str, names: tuple[str, ...]) -> dict[str, str]:
    """Returns the facts `names` that `cursor` carries.

    A caller can forge a cursor, so the facts must be treated as untrusted input.

    Raises:
        InvalidCursor: `cursor` is not a cursor, or belongs to another query.
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
