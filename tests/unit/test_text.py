"""Text by the properties of its characters, and e-mail addresses."""

import sys
import unicodedata

import pytest

from shared.http.text import MAX_ADDRESS_BYTES, address_fault, is_visible, line_fault, lines_fault
from shared.identity.users import normal_address

NONCHARACTERS = [*range(0xFDD0, 0xFDF0), *(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF))]
LINE_BREAKS = "\n\v\f\r\x85\u2028\u2029"


def test_no_single_line_has_a_line_break() -> None:
    for each in LINE_BREAKS:
        assert line_fault(f"a{each}b") == "must have no line breaks", ascii(each)
        assert line_fault(f"\u65e5{each}") == "must have no line breaks", ascii(each)


def test_python_knows_no_other_line_break_that_passes() -> None:
    for each in map(chr, range(sys.maxunicode + 1)):
        if len(f"a{each}b".splitlines()) > 1:
            assert line_fault(each) is not None, ascii(each)


def test_several_lines_have_line_feeds_carriage_returns_and_tabs() -> None:
    assert lines_fault("one\ntwo\r\n\tthree\u2028four\u2029\u00a0five") is None
    for each in "\v\f\x85\0\x1b\x7f\x80\x9f":
        assert lines_fault(f"a\n{each}b") == "must have no control characters but line ends and tabs", ascii(each)


def test_of_all_code_points_just_these_are_refused() -> None:
    refused = {code for code in range(sys.maxunicode + 1) if line_fault(chr(code)) is not None}
    controls, surrogates = {*range(0x20), *range(0x7F, 0xA0)}, {*range(0xD800, 0xE000)}
    assert refused == controls | surrogates | {0x2028, 0x2029} | set(NONCHARACTERS)
    many = {code for code in range(sys.maxunicode + 1) if lines_fault(chr(code)) is not None}
    assert many == refused - {0x9, 0xA, 0xD, 0x2028, 0x2029}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Caf\u00e9",
        "e\u0301",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family, joined
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a character of no width within a word
        "\u05e9\u05dc\u05d5\u05dd\u200f",  # Hebrew, with a mark of direction
        "a\u00a0b\u3000c",
        "\ufffd",
        "\ue000",  # private use
        "\U0001fbff",  # no name yet
    ],
    ids=ascii,
)
def test_text_of_any_script_is_taken(text: str) -> None:
    assert line_fault(text) is None
    assert lines_fault(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " \u00a0\u1680\u2000\u200a\u202f\u205f\u3000",
        "\u200b",
        "\u200c\u200d\u2060\ufeff",
        "\u00ad",
        "\u034f\u180b\ufe0f\U000e0100",
        "\u115f\u1160\u3164\uffa0",
        "\u2800",
        "\u2062\u2066\u2069\u202e\u200f",
        "\U000e0001\U000e0020\U000e0fff",
        "\u2065\ufff0",
        " \u0301",
        "\U0001d159\U0001d173",
    ],
    ids=ascii,
)
def test_nothing_to_see(text: str) -> None:
    assert not is_visible(text)
    assert is_visible(f"{text}x{text}")


@pytest.mark.parametrize(
    "text",
    ["x", ".", "\u65e5", "\U0001f600", "\u20ac", "\ue000", "\U0001fbff", "e\u0301", "1\ufe0f\u20e3", "\u093e"],
    ids=ascii,
)
def test_something_to_see(text: str) -> None:
    assert is_visible(text)


def test_what_is_white_space_to_python_is_not_to_be_seen() -> None:
    for each in map(chr, range(sys.maxunicode + 1)):
        if each.isspace() or unicodedata.category(each) in ("Cf", "Cc", "Zs"):
            assert not is_visible(each), ascii(each)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "a@b.co",
        "ada.lovelace+calendar@mail.example.co.uk",
        "!#$%&'*+-/=?^_`{|}~@example.com",
        "caf\u00e9@example.com",
        "\u7528\u6237@\u4f8b\u5b50.\u5e7f\u544a",
        "a@\u0909\u0926\u093e\u0939\u0930\u0923.\u092a\u0930\u0940\u0915\u094d\u0937\u093e",
        "a@xn--fsqu00a.xn--0zwm56d",
        "a@1.2.example1",
        "a@" + "b" * 63 + ".de",
        "a" * 64 + "@example.com",
    ],
)
def test_what_can_be_an_address(address: str) -> None:
    assert address_fault(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nowhere",
        "@",
        "@example.com",
        "ada@",
        "a@b",
        "a@b..c",
        "a@.b.c",
        "a@b.c.",
        "a..b@c.de",
        ".a@b.cd",
        "a.@b.cd",
        "<a@b.cd>",
        "Ada <a@b.cd>",
        "a,b@c.de",
        "a@b.cd,e@f.gh",
        "a;b@c.de",
        "a@-b.cd",
        "a@b-.cd",
        "a@b_c.de",
        "a@b.c/d",
        "a@b.cd:25",
        "a@b@c.de",
        '"a b"@c.de',
        "a(comment)@b.cd",
        "a\\b@c.de",
        "mailto:a@b.cd",
        "a@[192.0.2.1]",
        "a@192.0.2.1",
        "a b@c.de",
        " a@b.cd",
        "a@b.cd\n",
        "a\u00a0b@c.de",
        "a\u200bb@c.de",
        "a\0b@c.de",
        "a\x85b@c.de",
        "a\ud800@b.cd",
        "a@b\u3002cd",
        "a@\u200b.cd",
        "a@\U0001f600.cd",
        "a" * 65 + "@example.com",
        "\u00e9" * 33 + "@example.com",
        "a@" + "b" * 64 + ".de",
        "a@" + ("b" * 63 + ".") * 4 + "de",
        "a@" * 2_000 + "b.cd",
    ],
    ids=lambda address: ascii(address)[:32],
)
def test_what_can_be_no_address(address: str) -> None:
    assert address_fault(address) is not None


@pytest.mark.parametrize(
    "domain", ["stra\u00dfe.example", "\u03b2\u03cc\u03bb\u03bf\u03c2.example", "\uff47mail.example"]
)
def test_a_domain_that_mails_would_not_be_sent_to_is_refused(domain: str) -> None:
    """IDNA 2003, by which mails are sent, makes another domain of it."""
    assert "as it is registered" in (address_fault(f"ada@{domain}") or "")


def test_a_domain_in_punycode_and_in_unicode_are_one() -> None:
    assert address_fault("ada@xn--strae-oqa.example") is None
    assert normal_address("Ada@B\u00fcro.example") == normal_address("ada@XN--BRO-HOA.example")


def test_the_longest_address() -> None:
    address = "a" * 60 + "@" + ("b" * 62 + ".") * 3 + "c.de"
    assert address_fault("a" * (MAX_ADDRESS_BYTES - len(address)) + address) is None
    assert address_fault("a" * (MAX_ADDRESS_BYTES - len(address) + 1) + address) is not None
