"""Which characters are to be seen, by their Unicode properties (UAX #44)."""

import unicodedata
from typing import Final

# Characters that are blank but have the category of letters or symbols: Hangul fillers, the empty braille cell, a null
# notehead.
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159")


def is_visible(text: str) -> bool:
    """Returns whether `text` has a visible character: not only blanks, zero-width characters and combining marks."""
    return any(map(is_visible_character, text))


def is_visible_character(character: str) -> bool:
    """Returns whether `character` is to be seen: not blank, of zero width, or a mark on another one."""
    # Visible: letters, spacing marks, numbers, punctuation, symbols, private use, and unassigned code points.
    category = unicodedata.category(character)
    if category == "Cn":
        # Except those reserved for characters that are to be ignored where they are unknown (default ignorable).
        return not (0xE0000 <= ord(character) <= 0xE0FFF or 0xFFF0 <= ord(character) <= 0xFFF8 or character == "\u2065")
    return (category[0] in "LNPS" or category in ("Mc", "Co")) and character not in _BLANK
