"""Passwords as argon2id hashes (RFC 9106). The only module that imports argon2, which is slow to load."""

import unicodedata
from base64 import b64encode
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB of memory, two passes, one lane.
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32

_hasher = PasswordHasher(
    time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=HASH_BYTES, salt_len=SALT_BYTES
)


def _unpadded(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")


# The hash of no known password: the password of an unknown user is compared with it, so that a wrong name takes as long
# as a wrong password. Built from the same parameters, so that it cannot fall behind them.
NOBODY: Final = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}"
    f"${_unpadded(b'nobody has this!'[:SALT_BYTES])}${_unpadded(bytes(HASH_BYTES))}"
)


def _normal(password: str) -> str:
    """Returns one form for what looks the same: keyboards compose accents differently (RFC 8265, section 4.2.2)."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """Returns the hash of `password` with a salt of its own, in the encoded form that names its parameters."""
    return _hasher.hash(_normal(password))


def is_password(password_hash: str, password: str) -> bool:
    """Returns whether `password_hash` is of `password`. Raises argon2's InvalidHashError if it is not a hash."""
    try:
        return _hasher.verify(password_hash, _normal(password))
    except VerifyMismatchError:
        return False


def is_outdated(password_hash: str) -> bool:
    """Returns whether `password_hash` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
