"""The e-mail addresses of users. All times are whole seconds since 1970 (UTC).

An address that a user sets is a claim: anybody may have the same one. It becomes the user's own when they verify it
with a code that was sent to it, and the first user who does so has it. A claim lapses after a day. Until a new address
is verified, the verified one before it stays the user's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

from shared.errors import AnswerLost, Contended, InvalidRequest, NotFound, OutcomeUnknown, SentRecently
from shared.identity.codes import is_right
from shared.identity.mail import Mail
from shared.identity.users import AddressClaim, Profile
from shared.ids import UserId
from shared.request import Client
from shared.retries import Deadline

T = TypeVar("T")

CLAIM_SECONDS: Final = 24 * 3600
CODE_PAUSE_SECONDS: Final = 60
_WHAT: Final = "address to verify"


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A code that was sent, without the code itself: `user_id` may use it for `claim`."""

    hash: str = field(repr=False)
    user_id: UserId
    claim: AddressClaim


class AddressStore(Protocol):
    """Storage of profiles and of the addresses that belong to somebody.

    All methods raise Contended, Throttled (nothing was written) and AnswerLost.
    """

    def profile(self, user_id: UserId) -> Profile | None:
        """Returns the profile of a user; None if there is none."""

    def change(self, before: Profile, after: Profile, mail: Mail | None) -> bool:
        """Stores `after` and `mail`. Returns whether it did: not if the profile is no longer as in `before`."""

    def count_try(self, user_id: UserId, now: int) -> StoredCode | None:
        """Counts a try at the code for the address of a user.

        Returns:
            The code; None if there is none, it has expired, or it was tried too often. However many tries are
            concurrent, no more than `codes.TRIES` get it.
        """

    def verify(self, before: Profile, after: Profile, code: StoredCode) -> bool:
        """Makes the address in `after` the user's own, releases the one in `before`, and deletes the code.

        Returns:
            Whether it did: not if the address belongs to another user, the profile is no longer as in `before`, or the
            code was used.
        """


def claim_of(profile: Profile, now: int) -> AddressClaim | None:
    """Returns the address that the user can verify at `now`; None if there is none, or if it has lapsed."""
    unverified = AddressClaim(profile.email, profile.email_set_at) if profile.email_verified_at is None else None
    claim = profile.pending or unverified
    return claim if claim is not None and now < claim.set_at + CLAIM_SECONDS else None


def existing_profile(user_id: UserId, store: AddressStore) -> Profile:
    """Returns the profile of a user.

    Raises:
        NotFound: There is none: the user is one of another identity provider, or was erased.
    """
    profile = store.profile(user_id)
    if profile is None:
        raise NotFound("profile")
    return profile


def change_address(
    user_id: UserId, address: str, client: Client, *, store: AddressStore, deadline: Deadline, now: int
) -> Profile:
    """Sets the address of a user, as `client` asks; a code is then sent to it. Returns the profile.

    The address that the user has changes nothing, except that it takes back another one that is not verified yet.

    Raises:
        NotFound: The user has no profile.
        SentRecently: The last code was asked for less than a minute ago.
        OutcomeUnknown: The database's response was lost.
    """

    def attempt() -> Profile:
        before = existing_profile(user_id, store)
        after, mail = _with_address(before, address, client, now)
        if after != before and not store.change(before, after, mail):
            raise Contended("the profile has changed")
        return after

    return _settled(attempt, deadline)


def _with_address(before: Profile, address: str, client: Client, now: int) -> tuple[Profile, Mail | None]:
    claim = claim_of(before, now)
    if claim is not None and claim.address == address:
        return before, None
    if before.email_verified_at is not None and before.email == address:
        return replace(before, pending=None), None
    _check_pause(before, now)
    if before.email_verified_at is None:
        after = replace(before, email=address, email_set_at=now, code_asked_at=now)
    else:
        after = replace(before, pending=AddressClaim(address, now), code_asked_at=now)
    return after, Mail.verification(before.user_id, address, client, now)


def ask_for_code(user_id: UserId, client: Client, *, store: AddressStore, deadline: Deadline, now: int) -> None:
    """Has a new code sent to the address that a user has not verified yet, as `client` asks.

    Raises:
        NotFound: The user has no profile, or no such address.
        SentRecently: The last code was asked for less than a minute ago.
        OutcomeUnknown: The database's response was lost.
    """

    def attempt() -> None:
        before = existing_profile(user_id, store)
        claim = claim_of(before, now)
        if claim is None:
            raise NotFound(_WHAT)
        if before.code_asked_at == now:
            return  # by this request, whose response was lost; or by another one just now, whose mail will do
        _check_pause(before, now)
        mail = Mail.verification(user_id, claim.address, client, now)
        if not store.change(before, replace(before, code_asked_at=now), mail):
            raise Contended("the profile has changed")

    _settled(attempt, deadline)


def verify_address(user_id: UserId, code: str, *, store: AddressStore, deadline: Deadline, now: int) -> None:
    """Makes the address to which `code` was sent the user's own.

    Raises:
        NotFound: The user has no profile, or no address to verify.
        InvalidRequest: The code is wrong, used or expired, or was tried too often; or another user was faster to verify
            the same address, which this does not tell.
        OutcomeUnknown: The database's response was lost.
    """
    before = deadline.retry(lambda: existing_profile(user_id, store))
    claim = claim_of(before, now)
    if claim is None:
        raise NotFound(_WHAT)
    found = deadline.retry(lambda: store.count_try(user_id, now))
    if found is None or not is_right(code, "verification", user_id, found.hash) or found.claim != claim:
        raise wrong_code()
    verified = replace(before, email=claim.address, email_set_at=claim.set_at, email_verified_at=now, pending=None)

    def attempt() -> bool:
        return store.verify(before, verified, found)

    # What was done by an attempt whose response was lost fails the next one's conditions.
    if not _settled(attempt, deadline) and not _is_verified(existing_profile(user_id, store), claim):
        raise wrong_code()


def _is_verified(profile: Profile, claim: AddressClaim) -> bool:
    return profile.email_verified_at is not None and profile.email == claim.address


def wrong_code() -> InvalidRequest:
    """Returns the one error for a code that cannot be used, whatever the reason."""
    return InvalidRequest.of("code", "is wrong, used or expired, or was tried too often: ask for a new one")


def _settled(attempt: Callable[[], T], deadline: Deadline) -> T:
    """Returns the result of `attempt`, which begins by reading: so it can be repeated after any fault."""
    try:
        return deadline.retry(attempt)
    except AnswerLost as lost:
        raise OutcomeUnknown("the address may or may not have changed: read it") from lost


def _check_pause(profile: Profile, now: int) -> None:
    asked_at = profile.created_at if profile.code_asked_at is None else profile.code_asked_at
    wait = asked_at + CODE_PAUSE_SECONDS - now
    if wait > 0:
        raise SentRecently(wait)
