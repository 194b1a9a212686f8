"""Which passwords are refused. Imported only where a password is chosen: at registration and when it is changed.

NIST SP 800-63B, section 5.1.1.2: at least 8 characters, no rules of composition, and not one that is commonly used,
expected or compromised, such as the user's own name.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from shared.characters import is_visible_character
from shared.errors import InvalidRequest

MIN_CHARACTERS: Final = 8

# Made from Django's list (BSD license) by tools/common_passwords.py: folded, sorted, one a line, and only those of at
# least MIN_CHARACTERS.
_COMMON: Final = Path(__file__).with_name("common_passwords.txt")


def folded(text: str) -> str:
    """Returns `text` in NFC and lower case: the form in which passwords are compared with what they must not be."""
    return unicodedata.normalize("NFC", text).lower()


def _essence(text: str) -> str:
    """Returns what is compared of a text: folded, without characters that nobody sees, and blanks only inside.

    Neither makes a password harder to guess than the one without them. A mark that NFC makes part of a letter counts.
    """
    composed = unicodedata.normalize("NFC", text)
    seen = (each for each in composed if each == " " or is_visible_character(each))
    return folded("".join(seen)).strip()


@cache
def _common() -> frozenset[str]:
    """Returns the commonest passwords, folded. They are read at the first check: 80 kB."""
    return frozenset(_COMMON.read_text("utf-8").split("\n"))


def check(password: str, *, username: str | None, email: str | None, field: str = "password") -> None:
    """Checks that `password` may become the password of the user `username` with the address `email`.

    Args:
        password: The password as it was sent. Its length is that of what can be seen of its NFC, which is hashed.
        username: The user's name; None if it is not known.
        email: The user's address; None if there is none. Its part before the @ is refused as well.
        field: The field of the request to name in an error.

    Raises:
        InvalidRequest: The password breaks a rule, which the message names. It quotes nothing of the password.
    """
    key = _essence(password)
    if len(key) < MIN_CHARACTERS:
        raise InvalidRequest.of(field, f"must have at least {MIN_CHARACTERS} characters that can be seen")
    own = {username, email, None if email is None else email.rpartition("@")[0]}
    if key in {_essence(each) for each in own if each is not None}:
        raise InvalidRequest.of(field, "must not be the user name or the address")
    if key in _common():
        raise InvalidRequest.of(field, "is one of the commonest passwords, which are tried first: choose another")
