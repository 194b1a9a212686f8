"""Resetting a forgotten password with a code. All times are whole seconds since 1970 (UTC).

Nothing here tells whether an address belongs to somebody: the request is a mail that waits to be sent (what is sent is
decided behind the stream), and a confirmation ends in the same error for an unknown address as for a wrong code.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from shared.errors import AnswerLost, OutcomeUnknown, StoreFault, TooManyAttempts, Unavailable
from shared.identity import password_rules, passwords
from shared.identity.addresses import StoredCode, wrong_code
from shared.identity.codes import is_right
from shared.identity.guessing import ANYONE, HOUR, Count, Counter, GuessLimit, counters, network_of
from shared.identity.mail import Mail
from shared.identity.users import Account, Profile, normal_address
from shared.ids import UserId
from shared.request import Client
from shared.retries import Deadline

# Requests and confirmations of one client together: no person needs as many, and each costs a mail or a look.
ONE_SOURCE: Final = GuessLimit(free=20, longest_wait=15 * 60, forgotten_after=HOUR, forgiven=False)
FIELD: Final = "new_password"


class ResetStore(Protocol):
    """Storage of what a reset reads and writes. All methods raise Contended, Throttled and AnswerLost."""

    def put_mail(self, mail: Mail) -> None:
        """Stores a mail that is to be sent; idempotent."""

    def count_try(self, address: str, now: int) -> StoredCode | None:
        """Counts a try at the code for the password of the user to whom `address` belongs (see `AddressStore`)."""

    def profile(self, user_id: UserId) -> Profile | None:
        """Returns the profile of a user."""

    def account(self, username: str) -> Account | None:
        """Returns what a login reads of a user."""

    def reset(self, after: Account, code: StoredCode, now: int) -> bool:
        """Stores the password hash of `after`, and deletes the code.

        Returns:
            Whether it did: not if the code was used, the address of the code is not the user's any more, or the user
            was disabled or erased.
        """

    def end_sessions(self, user_id: UserId) -> None:
        """Ends all sessions of a user."""

    def count(self, counter: Counter, now: int) -> Count:
        """Counts an attempt, if one passes now."""

    def clear(self, counter: Counter) -> None:
        """Lets a counter start anew."""


def request_reset(address: str, client: Client, *, store: ResetStore, deadline: Deadline, now: int) -> None:
    """Has a code sent to `address`, if it is the verified address of a user: the same writes, whatever the address is.

    Raises:
        TooManyAttempts: The client has asked, or tried codes, too often.
        Unavailable: The request could not be counted.
        OutcomeUnknown: The database's response was lost.
    """
    _count(client, store, now)
    mail = Mail.reset(address, client, now)
    try:
        deadline.retry(lambda: store.put_mail(mail))
    except AnswerLost as lost:
        raise OutcomeUnknown("a code may or may not be sent: wait a minute, or ask again") from lost


def _count(client: Client, store: ResetStore, now: int) -> None:
    try:
        wait = store.count(Counter(f"RESET#{network_of(client.source)}", ANYONE, ONE_SOURCE), now).wait
    except StoreFault as fault:
        raise Unavailable("this could not be counted now: try again") from fault
    if wait:
        raise TooManyAttempts(wait)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a user sends to reset a password."""

    address: str = field(repr=False)
    code: str = field(repr=False)
    new_password: str = field(repr=False)


def confirm_reset(
    confirmation: Confirmation, client: Client, *, store: ResetStore, deadline: Deadline, now: int
) -> Account:
    """Gives the user to whom the address belongs a new password, ends all their sessions, and returns their account.

    Sessions end before and after the change of the password: before, so that they have ended also if what comes after
    fails; and after, for those that the old password began meanwhile.

    Raises:
        InvalidRequest: The password breaks a rule; or the code is wrong, used or expired, was tried too often, or the
            address belongs to nobody, which are the same error.
        TooManyAttempts: The client has tried, or asked for codes, too often.
        Unavailable: The attempt could not be counted.
        OutcomeUnknown: The database's response was lost.
    """
    address, new_password = confirmation.address, confirmation.new_password
    password_rules.check(new_password, username=None, email=address, field=FIELD)
    _count(client, store, now)
    found = deadline.retry(lambda: store.count_try(address, now))
    if found is None or not is_right(confirmation.code, "reset", normal_address(address), found.hash):
        raise wrong_code()
    profile = deadline.retry(lambda: store.profile(found.user_id))
    before = None if profile is None else deadline.retry(lambda: store.account(profile.username))
    if before is None or before.user_id != found.user_id or before.disabled_at is not None:
        raise wrong_code()
    # Only whoever has the code learns that it is the name.
    password_rules.check(new_password, username=before.username, email=address, field=FIELD)
    after = replace(before, password_hash=passwords.hash_password(new_password), password_set_at=now)
    deadline.retry(lambda: store.end_sessions(after.user_id))
    try:
        done = deadline.retry(lambda: store.reset(after, found, now))
    except AnswerLost as lost:
        raise _outcome_unknown() from lost
    # What was done by an attempt whose response was lost fails the next one's conditions.
    if not done and deadline.retry(lambda: store.account(after.username)) != after:
        raise wrong_code()
    try:
        deadline.retry(lambda: store.end_sessions(after.user_id))
    except StoreFault as fault:
        raise _outcome_unknown() from fault
    # A user who has guessed at the old password does not wait for the new one; if this fails, for minutes at most.
    pair, _, name = counters(after.username, client.source)
    with suppress(StoreFault):
        store.clear(pair)
        store.clear(name)
    return after


def _outcome_unknown() -> OutcomeUnknown:
    return OutcomeUnknown("the password may have been reset: log in with it, or ask for a new code")
