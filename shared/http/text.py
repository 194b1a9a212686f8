"""Checks of text, by the Unicode properties of its characters (UAX #44), and of e-mail addresses."""

import re
import unicodedata
from typing import Final

from shared.characters import is_visible
from shared.domains import in_ascii

__all__ = ["address_fault", "is_visible", "line_fault", "lines_fault"]

_ATOM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
MAX_ADDRESS_BYTES: Final = 254  # RFC 5321, section 4.5.3.1.3
_MAX_LOCAL_BYTES: Final = 64  # section 4.5.3.1.1
_MAX_LABEL: Final = 63  # RFC 1035, section 2.3.4


def line_fault(text: str) -> str | None:
    """Returns what is wrong with `text` as a single line; None if nothing is."""
    # A fast path for nearly all text: no character that is rejected is printable.
    return None if text.isprintable() else _fault(text, "must have no line breaks", "must have no control characters")


def lines_fault(text: str) -> str | None:
    """Returns what is wrong with `text` of several lines, in which tabs are allowed; None if nothing is."""
    for each in "\n\r\t\u2028\u2029":
        text = text.replace(each, " ")
    message = "must have no control characters but line ends and tabs"
    return None if text.isprintable() else _fault(text, message, message)


def _fault(text: str, of_a_break: str, of_a_control: str) -> str | None:
    for character in sorted(set(text)):
        match unicodedata.category(character):
            case "Cc":
                return of_a_break if character in "\n\v\f\r\x85" else of_a_control
            case "Zl" | "Zp":
                return of_a_break
            case "Cs":
                return "must have no surrogates that are not in pairs"
            case "Cn" if _is_noncharacter(ord(character)):
                return "must have no code points that are no characters, such as U+FFFE"
    return None


def _is_noncharacter(code_point: int) -> bool:
    """Returns whether a code point is a noncharacter, which is never assigned (The Unicode Standard, section 23.7)."""
    return 0xFDD0 <= code_point <= 0xFDEF or code_point & 0xFFFE == 0xFFFE


def address_fault(address: str) -> str | None:
    """Returns why `address` is not an e-mail address; None if it can be one.

    Accepts `dot-atom@domain`, the form in actual use (RFC 5321, section 4.1.2, and RFC 6531 for characters beyond
    ASCII): no quoted names, no comments, no IP addresses, and a domain of at least two labels. Only sending a mail
    could verify more.
    """
    if len(address.encode("utf-8", "surrogatepass")) > MAX_ADDRESS_BYTES:
        return f"must have at most {MAX_ADDRESS_BYTES} bytes in UTF-8"
    if not address.isprintable() or " " in address:
        return "must have no blanks and no control characters"
    local, at, domain = address.rpartition("@")
    if not at or not all(map(_is_atom, local.split("."))) or len(local.encode()) > _MAX_LOCAL_BYTES:
        return "must be an e-mail address, such as ada@example.com"
    labels = domain.split(".")
    if len(labels) < 2 or not all(map(_is_label, labels)) or labels[-1].isdecimal():
        return "must have the name of a domain behind the @, such as example.com"
    try:
        in_ascii(domain)
    except ValueError:
        return "must have a domain that is written as it is registered; in Punycode (xn--) it can always be written"
    return None


def _is_atom(text: str) -> bool:
    """Returns whether `text` is an atom (RFC 5322, section 3.2.3), in which any printable non-ASCII is allowed."""
    ascii_only = "".join(filter(str.isascii, text))
    return bool(text) and (not ascii_only or _ATOM.fullmatch(ascii_only) is not None)


def _is_label(label: str) -> bool:
    """Returns whether `label` can be part of a domain: letters, digits and inner hyphens (RFC 5890, section 2.3.1)."""
    return (
        0 < len(label) <= _MAX_LABEL
        and label[0] != "-"
        and label[-1] != "-"
        and all(
            each == "-" or (each.isalnum() if each.isascii() else unicodedata.category(each)[0] in "LMN")
            for each in label
        )
    )
