"""Login and change of a password. All times are whole seconds since 1970 (UTC).

Both look at a password that may be a guess, under the limits of `shared.identity.guessing`. What a caller learns is the
same for a wrong password, a name that nobody has, and a user who is disabled; all take the same work.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from shared.errors import (
    AnswerLost,
    Contended,
    InvalidRequest,
    NotAuthenticated,
    OutcomeUnknown,
    StoreFault,
    Throttled,
    TooManyAttempts,
    Unavailable,
)
from shared.identity import passwords
from shared.identity.devices import LoggedIn
from shared.identity.guessing import Count, Counter, counters, device_counters
from shared.identity.reports import SecurityReport
from shared.identity.tokens import Tokens
from shared.identity.users import Account, Session, SessionRules, id_made_at
from shared.ids import DeviceId, SessionId, UserId
from shared.request import Client
from shared.retries import Deadline

NOT_WRITTEN: Final = (Contended, Throttled)
# A login reads the account again if it has changed since: once, since nobody changes a password every few milliseconds.
ROUNDS: Final = 2
# The field of a request that has the password of a user who is logged in.
CURRENT_PASSWORD: Final = "current_password"  # noqa: S105 a name, no password


class LoginStore(Protocol):
    """Storage of what logins read and write. All methods raise Contended, Throttled and AnswerLost."""

    def account(self, username: str) -> Account | None:
        """Returns the user called `username`, in any case; None if there is none."""

    def count(self, counters: Sequence[Counter], now: int) -> list[Count]:
        """Counts an attempt with each of `counters` that is not locked; concurrent calls count one after the other.

        The last of them is left out if another one is locked.
        """

    def account_and_counts(
        self, username: str, counters: Sequence[Counter], now: int
    ) -> tuple[Account | None, list[Count]]:
        """Returns what `account` and `count` return, in less time."""

    def take_back(self, counts: Sequence[Count]) -> None:
        """Takes an attempt that was not looked at off each counter that has counted it."""

    def forgive(self, counts: Sequence[Count], now: int) -> None:
        """Notes that the password of an attempt is right."""

    def begin(self, session: Session, account: Account, password_hash: str) -> bool:
        """Stores `session`, and `password_hash` if it is a new one, if the user still is as in `account`.

        Returns:
            Whether it was stored.
        """

    def settle(self, user_id: UserId, counts: Sequence[Count], now: int) -> None:
        """Does what `forgive` does, and ends the oldest sessions of a user above the limit."""

    def set_password(self, account: Account, password_hash: str, now: int) -> bool:
        """Replaces the password if the user still is as in `account`. Returns whether it was."""

    def end_sessions(self, user_id: UserId, keep: SessionId) -> int:
        """Ends all sessions of a user but `keep`. Returns how many there were."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password that a client gives for a user name, and what it has sent as its device token."""

    username: str
    password: str = field(repr=False)
    client: Client
    device_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found when an attempt was looked at: the account if the password is right, and the known device."""

    account: Account | None
    counts: Sequence[Count]
    device_id: DeviceId | None


@dataclass(frozen=True, slots=True)
class Logins:
    """Logs users in and changes their passwords, for one request at `now`."""

    store: LoginStore
    tokens: Tokens
    report: SecurityReport
    deadline: Deadline
    now: int

    def login(self, attempt: Attempt, rules: SessionRules) -> LoggedIn:
        """Begins a session.

        Raises:
            NotAuthenticated: The name or the password is wrong, or the user is disabled.
            TooManyAttempts: The password was not looked at.
            Unavailable: The attempt could not be counted, or there was no time to store the session.
            OutcomeUnknown: The response to the write was lost.
        """
        look = self._look(attempt)
        if look.account is None:
            raise _wrong()
        device_id = look.device_id or DeviceId(id_made_at(self.now))
        logged_in = self._begin(attempt, look.account, device_id, rules)
        user_id = look.account.user_id
        # If this fails, the next login does it.
        with suppress(StoreFault):
            self.store.settle(user_id, look.counts, self.now)
        self.report("LoginSucceeded", user_id=user_id, source=attempt.client.source)
        return logged_in

    def change_password(self, attempt: Attempt, new_password: str, user_id: UserId, keep: SessionId) -> str:
        """Replaces the password of the user `user_id` by `new_password`, and ends their sessions except `keep`.

        Returns:
            A device token: those from before are no longer good.

        Raises:
            InvalidRequest: The current password is wrong, or the user has none here.
            TooManyAttempts: The current password was not looked at.
            Unavailable: The attempt could not be counted, or there was no time to store the password.
            OutcomeUnknown: The password may have been changed, or was, and sessions are left.
        """
        look = self._look(attempt, owner=user_id)
        account = look.account
        if account is None:
            raise _wrong_current()
        password_hash = passwords.hash_password(new_password)
        # Before anything is written: without a key to sign with, nothing is.
        device_token = self.tokens.device_after(self.now, user_id, look.device_id)
        try:
            if not self.deadline.retry(
                lambda: self.store.set_password(account, password_hash, self.now), on=NOT_WRITTEN
            ):
                raise _wrong_current()
        except AnswerLost as lost:
            raise OutcomeUnknown("the password may have been changed: log in with the new one") from lost
        self.report("PasswordChanged", user_id=user_id, source=attempt.client.source)
        with suppress(StoreFault):
            self.store.forgive(look.counts, self.now)
        try:
            self.deadline.retry(lambda: self.store.end_sessions(user_id, keep))
        except StoreFault as fault:
            left = "the password was changed, but other sessions may go on: DELETE /me/sessions?keep=current"
            raise OutcomeUnknown(left) from fault
        return device_token

    def confirm_password(self, attempt: Attempt, user_id: UserId, field: str = CURRENT_PASSWORD) -> None:
        """Checks the password of the user `user_id`, who is logged in, before a change that a thief would make.

        Raises:
            InvalidRequest: The password, which the request has in `field`, is wrong, or the user has none here.
            TooManyAttempts: The password was not looked at.
            Unavailable: The attempt could not be counted.
        """
        look = self._look(attempt, owner=user_id)
        if look.account is None:
            raise _wrong_current(field)
        with suppress(StoreFault):
            self.store.forgive(look.counts, self.now)

    def _look(self, attempt: Attempt, owner: UserId | None = None) -> _Look:
        """Counts an attempt, and looks at its password if none of the counters is locked.

        If `owner` is given, the password can be right for that user only: the name in a token of somebody else's
        identity provider may be that of another user here.

        Raises:
            TooManyAttempts: A counter is locked.
            Unavailable: An attempt that cannot be counted is not looked at.
        """
        try:
            account, counts, device_id = self._counted(attempt)
        except StoreFault as fault:
            raise Unavailable("the password could not be looked at now: try again") from fault
        known = None if account is None else account.user_id
        if wait := max(each.wait for each in counts):
            # If this fails, the counters that are not locked have counted more than was looked at.
            with suppress(StoreFault):
                self.store.take_back(counts)
            self.report("LoginLocked", user_id=known, source=attempt.client.source)
            raise TooManyAttempts(wait)
        if not self._is_right(attempt, account) or (owner is not None and known != owner):
            self.report("LoginFailed", user_id=known, source=attempt.client.source)
            account = None
        return _Look(account, counts, device_id)

    def _counted(self, attempt: Attempt) -> tuple[Account | None, Sequence[Count], DeviceId | None]:
        """Returns the account, the counts of the attempt, and the device if the user has logged in there before."""
        strangers = counters(attempt.username, attempt.client.source)
        if attempt.device_token is None:
            account, counts = self.store.account_and_counts(attempt.username, strangers, self.now)
            return account, counts, None
        account = self.store.account(attempt.username)
        # Also for a name that nobody has, so that it takes as long.
        user_id = UserId("nobody") if account is None else account.user_id
        since = None if account is None else account.password_set_at
        known = self.tokens.known_device(attempt.device_token, user_id, self.now, since)
        device_id = None if known is None else DeviceId(known)
        counted = strangers if device_id is None else device_counters(attempt.username, device_id)
        return account, self.store.count(counted, self.now), device_id

    @staticmethod
    def _is_right(attempt: Attempt, account: Account | None) -> bool:
        """Returns whether the password is that of `account`, who may log in. The same work for every account."""
        right = passwords.is_password(passwords.NOBODY if account is None else account.password_hash, attempt.password)
        return right and account is not None and account.disabled_at is None

    def _begin(self, attempt: Attempt, account: Account, device_id: DeviceId, rules: SessionRules) -> LoggedIn:
        """Stores a new session of `account`, if its password still is that of `attempt`."""
        for _ in range(ROUNDS):
            session = Session.begin(account, attempt.client, device_id, rules, self.now)
            # Before the session is stored: without a key to sign with, none is.
            logged_in = LoggedIn.with_tokens(session, self.tokens, self.now)
            if self._begun(session, account, attempt.password):
                return logged_in
            # Its password has changed, which a new hash of the same one also is, or it was disabled or erased.
            found = self.deadline.retry(lambda: self.store.account(attempt.username))
            if found is None or found.user_id != account.user_id or not self._is_right(attempt, found):
                break
            account = found
        self.report("LoginFailed", user_id=account.user_id, source=attempt.client.source)
        raise _wrong()

    def _begun(self, session: Session, account: Account, password: str) -> bool:
        password_hash = account.password_hash
        if passwords.is_outdated(password_hash):
            password_hash = passwords.hash_password(password)
        try:
            return self.deadline.retry(lambda: self.store.begin(session, account, password_hash), on=NOT_WRITTEN)
        except AnswerLost as lost:
            raise OutcomeUnknown("a session may have begun, but its tokens are lost: log in again") from lost


def _wrong() -> NotAuthenticated:
    return NotAuthenticated("wrong user name or password")


def _wrong_current(field: str = CURRENT_PASSWORD) -> InvalidRequest:
    return InvalidRequest.of(field, "is not your password")
