"""Limits on guessing passwords. All times are whole seconds since 1970 (UTC).

An attempt is counted before the password is looked at, by several counters, and only if none of them refuses it. Each
counter is moved by one conditional write that fails while the counter is locked, so the width of a burst does not
matter: no more attempts pass than one after the other would. An attempt that is not looked at is given back.

Sources: OWASP Authentication Cheat Sheet (Account Lockout), Credential Stuffing Prevention Cheat Sheet, and "Slow Down
Online Guessing Attacks with Device Cookies".
"""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Network
from typing import Final

from shared.identity.users import normal_name
from shared.ids import DeviceId

HOUR: Final = 3600
DAY: Final = 24 * HOUR

# After a right password a counter starts anew, but not at once: guesses that arrive together with the right one find it
# as they would have without that one.
FORGIVEN_AFTER_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class GuessLimit:
    """How many attempts pass, and how far apart.

    Attributes:
        free: So many pass without a wait. After these the wait doubles with each attempt, from one second on.
        longest_wait: What the wait does not exceed. It ends however many attempts there were, since a lock for good
            would let anyone lock out anyone.
        forgotten_after: For how long the counter has to be left alone to start anew.
        forgiven: Whether a right password lets it start anew. It is not if several users are counted together, since an
            attacker has an account as well.
    """

    free: int
    longest_wait: int
    forgotten_after: int
    forgiven: bool

    def waits(self) -> list[int]:
        """Returns the seconds after the last attempt without a wait, after the next one, and so on to the longest."""
        waits = [1]
        while waits[-1] < self.longest_wait:
            waits.append(min(2 * waits[-1], self.longest_wait))
        return waits

    def wait_after(self, attempts: int) -> int:
        """Returns how many seconds after the last of `attempts` the next one passes."""
        waits = self.waits()
        return 0 if attempts < self.free else waits[min(attempts - self.free, len(waits) - 1)]


# One client at one name. Five errors are more than people make who know their password; an attacker gets some 110
# guesses a day.
ONE_SOURCE: Final = GuessLimit(free=5, longest_wait=15 * 60, forgotten_after=DAY, forgiven=True)
# A device on which the user has logged in before, wherever it is: the same limit. Nobody else's attempts count there.
KNOWN_DEVICE: Final = GuessLimit(free=5, longest_wait=15 * 60, forgotten_after=DAY, forgiven=True)
# All clients at one name: an attack from many addresses. Anyone can cause it, and as long as it goes on nearly nobody
# gets in but on a known device, at once. So each login, change and reset of a password gives a device token, and nobody
# can use up the mails of a reset. (NIST SP 800-63B, 3.2.2: at most 100 in a row.)
ANY_SOURCE: Final = GuessLimit(free=50, longest_wait=60, forgotten_after=DAY, forgiven=False)
# One client at all names: the same few passwords for many users. A hundred errors in an hour are more than the people
# behind one address make.
ANY_NAME: Final = GuessLimit(free=100, longest_wait=15 * 60, forgotten_after=HOUR, forgiven=False)


# By whom, where all clients are counted together.
ANYONE: Final = "ANYONE"


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of attempts: at what, by whom, and how many of these may pass."""

    counted: str
    by: str
    limit: GuessLimit


@dataclass(frozen=True, slots=True)
class Count:
    """What a counter says of an attempt: its number, or for how many seconds from now no attempt passes."""

    counter: Counter
    attempt: int
    wait: int = 0


def counters(name: str, source: str) -> tuple[Counter, ...]:
    """Returns the counters of attempts at the user `name` by a client with the address `source`.

    The last one is that of all clients. It is moved only by attempts that the others let pass: one client that has to
    wait would otherwise keep the name locked for everybody, since each attempt there begins a wait.
    """
    name, network = normal_name(name), network_of(source)
    return (
        Counter(f"NAME#{name}", f"SOURCE#{network}", ONE_SOURCE),
        Counter(f"SOURCE#{network}", ANYONE, ANY_NAME),
        Counter(f"NAME#{name}", ANYONE, ANY_SOURCE),
    )


def device_counters(name: str, device_id: DeviceId) -> tuple[Counter, ...]:
    """Returns the only counter of attempts at the user `name` on a device where that user has logged in before."""
    return (Counter(f"NAME#{normal_name(name)}", f"DEVICE#{device_id}", KNOWN_DEVICE),)


def network_of(source: str) -> str:
    """Returns what is counted as one source: an address of IPv4, a network of 64 bits of IPv6.

    A customer of an internet provider gets that many addresses of IPv6, or more (RFC 6177).
    """
    try:
        return str(IPv6Network((source, 64), strict=False))
    except AddressValueError:
        return source


def limit_of(by: str) -> GuessLimit:
    """Returns the limit of a counter of attempts at a name by those whom `by` names."""
    if by == ANYONE:
        return ANY_SOURCE
    return KNOWN_DEVICE if by.startswith("DEVICE#") else ONE_SOURCE
