"""Entity-tags as `If-Match` and `If-None-Match` list them (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2)."""

import re
from typing import Final

from shared.scheduling.ids import is_id
from shared.scheduling.preconditions import Tags

# As many values as DynamoDB takes behind an IN; the gateway's 10,240 bytes of headers hold some 260.
MAX_TAGS: Final = 100
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\U0010ffff]*"'
_ONE: Final = re.compile(_TAG)
# Elements without anything between the commas are passed over (section 5.6.1.2).
_LIST: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def tags_of(value: str | None) -> Tags | None:
    """The versions that the value of a header names; None without the header.

    A tag that is no id of this API matches nothing. What is not understood names nothing either, and says so.
    """
    if value is None:
        return None
    value = value.strip(" \t")
    if value == "*":
        return Tags(any=True)
    if _LIST.fullmatch(value) is None:
        return Tags(fault='is not understood: it must be * or a list of quoted tags, such as "<history_id>"')
    tags: list[str] = _ONE.findall(value)
    if len(tags) > MAX_TAGS:
        return Tags(fault=f"must name at most {MAX_TAGS} versions")
    strong = {tag[1:-1] for tag in tags if not tag.startswith("W/")}
    weak = {tag[3:-1] for tag in tags if tag.startswith("W/")}
    return Tags(frozenset(filter(is_id, strong)), frozenset(filter(is_id, weak)))
