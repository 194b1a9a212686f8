"""Erasure of all that is stored of a user: a job, of which a certificate is left. Times are seconds since 1970 (UTC).

A first pass erases what there is. Afterwards more may come up: a recorder that lags writes versions of changes from
before, and an access token lives on for a while. So a second pass follows when neither is possible any more, and only
then the erasure is verified. Each pass can be interrupted anywhere: what is erased is not found again, so the next run
begins the pass anew.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from shared.identity.users import Account
from shared.ids import ErasureId, UserId

ErasureStatus = Literal["erasing", "erased", "verified"]

# The id of an erasure is all that it takes to read its certificate: as many random bits as a key has.
ID_BYTES: Final = 32
# A stream keeps its records for 24 h, and a recorder may be as late. An hour more for what follows from a record, such
# as an object in the bucket.
LATE_SECONDS: Final = 25 * 3600
# A run is over after 15 minutes, the longest that a function may take.
LEASE_SECONDS: Final = 16 * 60


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data is erased. The name and the address are unknown for an identity of a foreign issuer."""

    user_id: UserId
    username: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure.

    It runs when it is due at `due_at`; while it runs, that is when another run may take over. The first pass removes
    the name and the address from it, and the second the user id: what is left is a certificate without personal data.

    `counts` says how much was erased, by kind. They are saved after each page: an interruption in between leaves what
    that page has erased uncounted, so there was at least as much. `saves` counts how often it was saved.
    """

    id: ErasureId
    requested_at: int
    verify_at: int
    due_at: int | None
    subject: Subject | None
    erased_at: int | None = None
    verified_at: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    saves: int = 0

    @classmethod
    def of(cls, subject: Subject, erasure_id: ErasureId, now: int, access_seconds: int) -> "Erasure":
        """Returns a new erasure, due at once. Access tokens of the user may be valid for `access_seconds` more."""
        return cls(erasure_id, now, now + access_seconds + LATE_SECONDS, now, subject)

    @property
    def status(self) -> ErasureStatus:
        """Returns how far it is."""
        if self.verified_at is not None:
            return "verified"
        return "erasing" if self.erased_at is None else "erased"

    def taken(self, now: int) -> "Erasure":
        """Returns the erasure while a run works at it."""
        return self._saved(due_at=now + LEASE_SECONDS)

    def counting(self, more: Mapping[str, int]) -> "Erasure":
        """Returns the erasure with `more` items erased."""
        kinds = dict.fromkeys([*self.counts, *more])
        return self._saved(counts={kind: self.counts.get(kind, 0) + more.get(kind, 0) for kind in kinds})

    def interrupted(self, now: int) -> "Erasure":
        """Returns the erasure after a run whose time was up."""
        return self._saved(due_at=now)

    def passed(self, began_at: int, now: int) -> "Erasure":
        """Returns the erasure after a complete pass that began at `began_at`."""
        erased_at = now if self.erased_at is None else self.erased_at
        if began_at >= self.verify_at:
            return self._saved(erased_at=erased_at, verified_at=now, due_at=None, subject=None)
        subject = None if self.subject is None else Subject(self.subject.user_id)
        return self._saved(erased_at=erased_at, due_at=max(now, self.verify_at), subject=subject)

    def _saved(self, **changes: object) -> "Erasure":
        saved: Erasure = replace(self, saves=self.saves + 1, **changes)  # type: ignore[arg-type]
        return saved


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a user to be erased.

    `account` is how the user logs in; None for an identity of a foreign issuer. `erasure_id` is that of an erasure that
    was begun before, and is not verified.
    """

    subject: Subject
    account: Account | None = None
    erasure_id: ErasureId | None = None


def new_erasure_id(random_bytes: Callable[[int], bytes]) -> ErasureId:
    """Returns a new id, which nobody can guess: 256 random bits in base64url, 43 characters."""
    return ErasureId(urlsafe_b64encode(random_bytes(ID_BYTES)).decode().rstrip("="))


def run(
    erasure: Erasure,
    *,
    save: Callable[[Erasure, Erasure], bool],
    report: Callable[[UserId], object],
    erase: Callable[[Subject], Iterator[Mapping[str, int]]],
    now: Callable[[], int],
    stop: Callable[[], bool],
) -> Erasure:
    """Runs an erasure that is due, until its pass is complete or `stop` returns True.

    Args:
        erasure: The erasure as stored.
        save: Replaces the erasure by a later one. Returns whether it was still the latest.
        report: Is told whose data is erased, once the first pass is complete.
        erase: Erases a subject's data, page by page, and yields how much of each kind.
        now: Returns the time.
        stop: Returns whether the time is nearly up.

    Returns:
        The erasure as it was saved last. It is unchanged if it is not due, or if another run works at it.
    """
    began_at = now()
    if erasure.due_at is None or erasure.due_at > began_at or erasure.subject is None:
        return erasure
    taken = erasure.taken(began_at)
    if not save(erasure, taken):
        return erasure
    current = taken
    for counts in erase(erasure.subject):
        if not any(counts.values()):
            continue  # a run that ended here would not have come further than the one before
        done = current.counting(counts)
        if not save(current, done):
            return current  # another run has taken over
        current = done
        if stop():
            after = current.interrupted(now())
            return after if save(current, after) else current
    after = current.passed(began_at, now())
    if not save(current, after):
        return current
    if current.erased_at is None:
        report(erasure.subject.user_id)
    return after
