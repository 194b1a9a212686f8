"""Generates `shared/identity/common_passwords.txt`: ``python -m tools.common_passwords``.

The list is the one that Django ships (`django/contrib/auth/common-passwords.txt.gz`, BSD license): the 20,000 commonest
passwords of known breaches, collected by Royce Williams. A test compares the two.
"""

from __future__ import annotations

import gzip
from importlib.resources import files
from pathlib import Path
from typing import Final

from shared.identity.password_rules import MIN_CHARACTERS, folded

FILE: Final = Path(__file__).parents[1] / "shared" / "identity" / "common_passwords.txt"


def listed() -> list[str]:
    """Returns the passwords of Django's list, commonest first."""
    packed = files("django.contrib.auth").joinpath("common-passwords.txt.gz").read_bytes()
    return gzip.decompress(packed).decode().split("\n")


def text() -> str:
    """Returns the text of the file: those that are long enough to be accepted otherwise, sorted, one a line."""
    words = {folded(each.strip()) for each in listed()}
    return "".join(f"{word}\n" for word in sorted(words) if len(word) >= MIN_CHARACTERS)


if __name__ == "__main__":
    FILE.write_text(text())
