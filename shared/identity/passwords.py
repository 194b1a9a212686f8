"""Password hashing with argon2id (RFC 9106). The only module that imports argon2, which is slow to load."""

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


# A hash without a known password. The password given for an unknown user is compared with it, so that a wrong name
# takes as long as a wrong password. It is built from the parameters above, so that it always costs the same.
NOBODY: Final = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}"
    f"${_unpadded(b'nobody has this!'[:SALT_BYTES])}${_unpadded(bytes(HASH_BYTES))}"
)


def _normal(password: str) -> str:
    """Returns `password` in NFC, since keyboards compose accents differently (RFC 8265, section 4.2.2)."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """Returns the hash of `password` with a new salt, in the encoded form that contains its parameters."""
    return _hasher.hash(_normal(password))


def is_password(password_hash: str, password: str) -> bool:
    """Returns whether `password_hash` is a hash of `password`. Raises argon2's InvalidHashError if it is not a hash."""
    try:
        return _hasher.verify(password_hash, _normal(password))
    except VerifyMismatchError:
        return False


def is_outdated(password_hash: str) -> bool:
    """Returns whether `password_hash` was created with parameters other than the current ones."""
    return _hasher.check_needs_rehash(password_hash)
