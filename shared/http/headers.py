"""What the values of request headers say: entity-tags and idempotency keys.

Entity-tags are as `If-Match` and `If-None-Match` list them (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2).
"""

import re
from typing import Final

from shared.errors import InvalidRequest
from shared.ids import HistoryId, is_id
from shared.scheduling.preconditions import Tags

# As many values as DynamoDB takes behind an IN; the gateway's 10,240 bytes of headers hold some 260.
MAX_TAGS: Final = 100
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\U0010ffff]*"'
_ONE: Final = re.compile(_TAG)
# Elements without anything between the commas are passed over (section 5.6.1.2).
_LIST: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
MAX_KEY: Final = 255
# A string of a structured field (RFC 9651, section 3.3.3); or without quotes, as most clients send it, what is no list.
_QUOTED_KEY: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE_KEY: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")


def tags_of(name: str, value: str | None) -> Tags | None:
    """Returns the versions that the value of the header `name` names; None without the header.

    A tag that is no id of this API matches nothing. What is not understood names nothing either, and says so.
    """
    if value is None:
        return None
    value = value.strip(" \t")
    if value == "*":
        return Tags(name, any=True)
    if _LIST.fullmatch(value) is None:
        return Tags(name, fault='is not understood: it must be * or a list of quoted tags, such as "<history_id>"')
    tags: list[str] = _ONE.findall(value)
    if len(tags) > MAX_TAGS:
        return Tags(name, fault=f"must name at most {MAX_TAGS} versions")
    strong = {tag[1:-1] for tag in tags if not tag.startswith("W/")}
    weak = {tag[3:-1] for tag in tags if tag.startswith("W/")}
    return Tags(name, _ids(strong), _ids(weak))


def _ids(tags: set[str]) -> frozenset[HistoryId]:
    return frozenset(HistoryId(each) for each in tags if is_id(each))


def key_of(value: str | None) -> str | None:
    """The idempotency key that the value of a header is, the same with quotes and without; None without the header.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ Raises InvalidRequest.
    """
    if value is None:
        return None
    value = value.strip(" \t")
    quoted = _QUOTED_KEY.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else value if _BARE_KEY.fullmatch(value) else ""
    if not 1 <= len(key) <= MAX_KEY:
        raise InvalidRequest.of(
            "Idempotency-Key", f"must be a string of 1 to {MAX_KEY} printable ASCII characters, in quotes"
        )
    return key
