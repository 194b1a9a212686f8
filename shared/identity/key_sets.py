"""The keys that verify tokens: read when they are needed, and kept. All times are whole seconds since 1970 (UTC)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from shared.errors import KeysUnavailable, StoreFault

if TYPE_CHECKING:
    from shared.identity.keys import VerificationKey

# Anybody can send tokens with a `kid` that does not exist, so a set is not read again for each of them.
BETWEEN_READS_SECONDS: Final = 60
# For how long nobody tries again to read a first set: a reader that does not respond would hold up every request.
AFTER_FAILURE_SECONDS: Final = 5


class KeySet:
    """A set of keys that is kept for a while, and read again when a token names a key that is not in it.

    It is read at most once a minute, whatever tokens say. If it cannot be read, the keys that were read before remain
    in use: what they have signed is as valid as before.
    """

    def __init__(self, read: "Callable[[], Mapping[str, VerificationKey]]", kept_seconds: int) -> None:
        """Reads keys by `kid` with `read`, which raises StoreFault, and keeps them for `kept_seconds`."""
        self._read = read
        self._kept_seconds = kept_seconds
        self._keys: Mapping[str, VerificationKey] | None = None
        self._read_at = 0
        self._tried_at: int | None = None

    def find(self, kid: str, now: int) -> "VerificationKey | None":
        """Returns the key with the id `kid`; None if there is none.

        Raises:
            StoreFault: No set could be read so far.
        """
        if self._keys is None:
            self._keys = self._first(now)
        elif (kid not in self._keys or now >= self._read_at + self._kept_seconds) and self._may_read(
            now, BETWEEN_READS_SECONDS
        ):
            self._keys = self._newer(self._keys, now)
        return self._keys.get(kid)

    def _may_read(self, now: int, seconds: int) -> bool:
        return self._tried_at is None or now >= self._tried_at + seconds

    def _first(self, now: int) -> "Mapping[str, VerificationKey]":
        if not self._may_read(now, AFTER_FAILURE_SECONDS):
            raise KeysUnavailable("the keys could not be read a moment ago")
        self._tried_at = now
        keys = self._read()
        self._read_at = now
        return keys

    def _newer(self, keys: "Mapping[str, VerificationKey]", now: int) -> "Mapping[str, VerificationKey]":
        self._tried_at = now
        try:
            newer = self._read()
        except StoreFault:
            return keys
        self._read_at = now
        return newer
