"""Parsers for the values of request headers: entity-tags and idempotency keys.

Entity-tags are lists as in `If-Match` and `If-None-Match` (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2).
"""

import re
from typing import Final

from shared.errors import InvalidRequest
from shared.ids import HistoryId, is_id
from shared.scheduling.preconditions import Tags

# DynamoDB's limit of values for the operator IN; the gateway's limit of 10,240 bytes of headers allows some 260.
MAX_TAGS: Final = 100
# Patterns are compiled when a header comes: the range of all characters alone takes seven milliseconds of a cold start.
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\U0010ffff]*"'
# Empty list elements are ignored (section 5.6.1.2).
_LIST: Final = rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*"
MAX_KEY: Final = 255
# A string of a structured field (RFC 9651, section 3.3.3); or, without quotes, as most clients send it, a single item.
_QUOTED_KEY: Final = r'"((?:[ !#-\[\]-~]|\\["\\])*)"'
_BARE_KEY: Final = r"[!#-+\--:<-\[\]-~]+"


def tags_of(name: str, value: str | None) -> Tags | None:
    """Returns the versions listed in the value of the header `name`; None without the header.

    A tag that is not an id of this API matches nothing. A value that cannot be parsed matches nothing either, and the
    result has a `fault` that says why.
    """
    if value is None:
        return None
    value = value.strip(" \t")
    if value == "*":
        return Tags(name, any=True)
    if re.fullmatch(_LIST, value) is None:
        return Tags(name, fault='is not understood: it must be * or a list of quoted tags, such as "<history_id>"')
    tags: list[str] = re.findall(_TAG, value)
    if len(tags) > MAX_TAGS:
        return Tags(name, fault=f"must name at most {MAX_TAGS} versions")
    strong = {tag[1:-1] for tag in tags if not tag.startswith("W/")}
    weak = {tag[3:-1] for tag in tags if tag.startswith("W/")}
    return Tags(name, _ids(strong), _ids(weak))


def names_tag(value: str | None, etag: str) -> bool:
    """Returns whether the header `If-None-Match` lists the quoted entity-tag `etag`, by weak comparison, or all.

    A value that cannot be parsed lists nothing: the response is then a whole one.
    """
    value = (value or "").strip(" \t")
    if value == "*":
        return True
    return re.fullmatch(_LIST, value) is not None and etag in (
        tag.removeprefix("W/") for tag in re.findall(_TAG, value)
    )


def _ids(tags: set[str]) -> frozenset[HistoryId]:
    return frozenset(HistoryId(each) for each in tags if is_id(each))


def idempotency_key_of(value: str | None) -> str | None:
    """Returns the idempotency key in the value of a header, the same with and without quotes; None without the header.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

    Raises InvalidRequest.
    """
    if value is None:
        return None
    value = value.strip(" \t")
    quoted = re.fullmatch(_QUOTED_KEY, value)
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else value if re.fullmatch(_BARE_KEY, value) else ""
    if not 1 <= len(key) <= MAX_KEY:
        raise InvalidRequest.of(
            "Idempotency-Key", f"must be a string of 1 to {MAX_KEY} printable ASCII characters, in quotes"
        )
    return key
