"""One-time codes that are sent by mail: ten characters, good for 15 minutes and five tries.

A code has 50 bits. Only its hash is stored; since that includes the purpose and the subject, a code that was sent to
one user, or for one purpose, is wrong everywhere else.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final, Literal

Purpose = Literal["verification", "reset"]

CHARACTERS: Final = 10
LIFETIME_SECONDS: Final = 15 * 60
TRIES: Final = 5

# Crockford's base 32: without I, L, O and U. A reader may take 1 for I or L, and 0 for O.
# https://www.crockford.com/base32.html
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_AS_READ: Final = str.maketrans("OIL", "011", "- ")
_BITS: Final = 5


def new_code(random_bytes: Callable[[int], bytes]) -> str:
    """Returns a new code as it is shown, such as `7Q3MD-X0V5K`.

    Args:
        random_bytes: Returns so many bytes that nobody can predict, such as `secrets.token_bytes`.
    """
    number = int.from_bytes(random_bytes(8))
    digits = "".join(_ALPHABET[number >> _BITS * at & 31] for at in range(CHARACTERS))
    return f"{digits[:5]}-{digits[5:]}"


def hash_of(code: str, purpose: Purpose, subject: str) -> str:
    """Returns the hash of `code`, in any case of letters, with or without hyphens and blanks.

    Args:
        code: A code as somebody has typed it; anything else has a hash that no code has.
        purpose: What the code is for.
        subject: For whom it is: a user id, or a normalised address.
    """
    plain = code.upper().translate(_AS_READ)
    return sha256(f"{purpose}\x00{subject}\x00{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def is_right(code: str, purpose: Purpose, subject: str, stored_hash: str) -> bool:
    """Returns whether `code` is the one whose hash is `stored_hash`, in a time that does not depend on either."""
    return hmac.compare_digest(hash_of(code, purpose, subject), stored_hash)
