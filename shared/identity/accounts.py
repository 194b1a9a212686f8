"""Becoming a user, and proving to be one. All times are whole seconds since 1970 (UTC)."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.errors import AnswerLost, Contended, NotAuthenticated, OutcomeUnknown, Throttled, TooManyAttempts
from shared.identity import passwords
from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import LoginState, Session, User, id_made_at
from shared.ids import made_at
from shared.retries import Deadline


class AccountStore(Protocol):
    """Where users are kept, each found by name without regard to case.

    All methods raise Contended, Throttled (nothing was written) and AnswerLost.
    """

    def add(self, user: User, session: Session) -> None:
        """Stores a new user and their first session. The same ones again are no fault. Raises NameTaken."""

    def login_state(self, username: str, now: int) -> LoginState:
        """Returns the user of that name, and the failed attempts at it that are not forgotten at `now`."""

    def count_failure(self, username: str, now: int) -> None:
        """Counts one more wrong password for `username`, however many are counted concurrently."""

    def begin(self, session: Session, before: LoginState, after: User) -> bool:
        """Stores `session`, forgets the attempts of `before`, and stores the password hash of `after` if it differs.

        Returns:
            Whether it did: not if somebody failed at the name, or changed the password, since `before` was read.
        """


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who wants to be a user."""

    username: str
    password: str = field(repr=False)
    email: str = field(repr=False)


def register(applicant: Applicant, *, store: AccountStore, tokens: Tokens, deadline: Deadline, now: int) -> TokenPair:
    """Makes a user and logs them in.

    Raises:
        NameTaken: another user has the name or the address.
        OutcomeUnknown: the database's answer was lost.
    """
    user_id = id_made_at(now)
    user = User(
        user_id=user_id,
        username=applicant.username,
        email=applicant.email,
        password_hash=passwords.hash_password(applicant.password),
        created_at=made_at(user_id),
    )
    session = Session.begin(user, now, tokens.refresh_seconds)
    try:
        deadline.retry(lambda: store.add(user, session), on=Contended)
    except AnswerLost as lost:
        raise OutcomeUnknown("the user may have been made: log in, or register again") from lost
    return tokens.pair(session, now)


def login(
    *, username: str, password: str, store: AccountStore, tokens: Tokens, deadline: Deadline, now: int
) -> TokenPair:
    """Begins a session of the user `username`.

    Guesses made concurrently before the first failure is counted are all looked at: as many as there are functions at
    once. From then on a right one among others finds the attempts changed, and is refused.

    Raises:
        NotAuthenticated: the name or the password is wrong; both take the same work.
        TooManyAttempts: the password was not looked at, or somebody else tried at the same time.
    """
    state = deadline.retry(lambda: store.login_state(username, now), on=Throttled)
    wait = state.attempts.wait(now)
    if wait > 0:
        raise TooManyAttempts(wait)
    user = state.user
    right = passwords.is_password(passwords.NOBODY if user is None else user.password_hash, password)
    if user is None or not right:
        deadline.retry(lambda: store.count_failure(username, now), on=Contended)
        raise NotAuthenticated("wrong user name or password")
    after = user
    if passwords.is_outdated(user.password_hash):
        after = replace(user, password_hash=passwords.hash_password(password))
    session = Session.begin(user, now, tokens.refresh_seconds)
    begun = False
    with suppress(Contended):
        begun = deadline.retry(lambda: store.begin(session, state, after), on=Contended)
    if not begun:
        raise TooManyAttempts(1)
    return tokens.pair(session, now)
