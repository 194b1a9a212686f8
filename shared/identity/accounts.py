"""Registration and login. All times are whole seconds since 1970 (UTC)."""

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
    """Storage of users, who are found by name regardless of case.

    All methods raise Contended, Throttled (nothing was written) and AnswerLost.
    """

    def add(self, user: User, session: Session) -> None:
        """Stores a new user and their first session; idempotent. Raises NameTaken."""

    def login_state(self, username: str, now: int) -> LoginState:
        """Returns the user of that name, and the failed attempts at it that have not expired at `now`."""

    def count_failure(self, username: str, now: int) -> None:
        """Counts one more wrong password for `username`; concurrent calls are all counted."""

    def begin(self, session: Session, before: LoginState, after: User) -> bool:
        """Stores `session`, deletes the attempts of `before`, and stores the password hash of `after` if it differs.

        Returns:
            Whether it was stored: not if a login failed at the name, or the password changed, since `before` was read.
        """


@dataclass(frozen=True, slots=True)
class Applicant:
    """The data of a user to be registered."""

    username: str
    password: str = field(repr=False)
    email: str = field(repr=False)


def register(applicant: Applicant, *, store: AccountStore, tokens: Tokens, deadline: Deadline, now: int) -> TokenPair:
    """Creates a user and logs them in.

    Raises:
        NameTaken: Another user has the name or the address.
        OutcomeUnknown: The database's response was lost.
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

    Concurrent guesses that start before the first failure is counted are all checked: as many as there are concurrent
    functions. After that, a correct guess among them finds that the attempts have changed, and is rejected.

    Raises:
        NotAuthenticated: The name or the password is wrong; both cases take the same work.
        TooManyAttempts: The password was not checked, or another login at this name took place at the same time.
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
