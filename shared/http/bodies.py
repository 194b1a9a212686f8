"""Request bodies: the check of the headers that describe them, and the parser of the JSON object in them."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from shared.http.errors import BodyTooLarge, MalformedBody, UnsupportedMediaType

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
# No valid request has nearly as many members in one object. Each unknown member costs a kilobyte and 25 microseconds to
# report, so the number of members beyond that is limited for the whole body.
MAX_MEMBERS: Final = 32
MAX_MORE_MEMBERS: Final = 10_000

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
# The names of UTF-8, and of its subset ASCII.
CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# A media type and its parameters (RFC 9110, sections 8.3.1 and 5.6.6).
_TYPE: Final = re.compile(rf"({_WORD}/{_WORD})[ \t]*(?:;|\Z)")
_PARAMETER: Final = re.compile(
    rf'[ \t]*(?:({_WORD})=(?:({_WORD})|"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\.)*)"))?[ \t]*(?:;|\Z)'
)


def check_headers(accepted: Sequence[str], headers: dict[str, str]) -> None:
    """Rejects a body whose headers declare another media type than those in `accepted`, or an encoding but UTF-8.

    RFC 8259 defines no parameters for JSON. A charset is accepted if it is the one that a body is read in anyway. Other
    parameters are rejected, since those in use (`IEEE754Compatible`, `odata.…`) change the meaning of a body.

    Raises UnsupportedMediaType.
    """
    coding = headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        raise UnsupportedMediaType("identity: no coding is taken", "Content-Encoding")
    value = headers.get("content-type", accepted[0]).strip(" \t")
    found = _TYPE.match(value)
    if found is None or found[1].lower() not in accepted:
        raise UnsupportedMediaType(" or ".join(accepted))
    at = found.end()
    while at < len(value):
        parameter = _PARAMETER.match(value, at)
        if parameter is None:
            raise UnsupportedMediaType(f"{found[1].lower()}, and its parameters be written name=value")
        name, *values = parameter.groups()
        if name is not None:
            _check_parameter(name, next(each for each in values if each is not None))
        at = parameter.end()


def _check_parameter(name: str, value: str) -> None:
    if name.lower() != "charset":
        raise UnsupportedMediaType(f"{JSON} without the parameter {name}")
    if re.sub(r"\\(.)", r"\1", value).lower() not in CHARSETS:
        raise UnsupportedMediaType(f"{JSON} in UTF-8")


def decoded(body: str) -> str:
    """Returns the text of a body that the gateway has encoded in base64. Raises MalformedBody."""
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError:  # no base64, or no UTF-8
        raise MalformedBody("is not UTF-8") from None


def parse_json(text: str) -> dict[str, Any]:
    """Returns the JSON object in `text` (RFC 8259).

    Raises:
        BodyTooLarge: The text has more than MAX_BODY_BYTES.
        MalformedBody: The text is not a JSON object. That includes what Python's parser accepts but the RFC does not
            (NaN), what it accepts silently (duplicate names), and what it fails on (deep nesting, integers with
            thousands of digits).
    """
    if len(text) > MAX_BODY_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BODY_BYTES:
        raise BodyTooLarge(MAX_BODY_BYTES)
    more = 0

    def object_of(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal more
        if len(members) > MAX_MEMBERS:
            more += len(members) - MAX_MEMBERS
            if more > MAX_MORE_MEMBERS:
                raise MalformedBody("has thousands of members that no request has")
        made = dict(members)
        if len(made) != len(members):
            raise MalformedBody(f"has {_repeated(members)!r} twice in one object")
        return made

    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=object_of)
    except json.JSONDecodeError as error:
        raise MalformedBody(f"is no JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise MalformedBody("is nested too deeply") from None
    except ValueError:
        raise MalformedBody("has a number that is too long") from None
    if not isinstance(value, dict):
        raise MalformedBody("must be a JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"has {name}, which is no JSON")


def _repeated(members: list[tuple[str, Any]]) -> str:
    """Returns the first name that occurs twice in `members`, cut to 100 characters."""
    seen = set()
    for name, _ in members:
        if name in seen:
            break
        seen.add(name)
    return name[:100]
