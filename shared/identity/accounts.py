"""Becoming a user, and proving to be one."""

from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.errors import AnswerLost, Contended, NotAuthenticated, OutcomeUnknown, TooManyAttempts
from shared.identity import passwords
from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import NS_PER_SECOND, Known, Session, User
from shared.ids import made_at, new_id


class AccountStore(Protocol):
    """Where users are kept, each found by name without regard to case."""

    def add(self, user: User, session: Session) -> None:
        """Store a new user and their first session. Raises NameTaken, and AnswerLost if that may have happened."""

    def known(self, username: str, now: int) -> Known:
        """The user of that name, and the failed attempts at it that are not forgotten at `now`."""

    def count_failure(self, username: str, now: int) -> None:
        """Count one more wrong password for `username`, however many are counted at the same time."""

    def begin(self, session: Session, before: Known, after: User) -> None:
        """Store `session`, forget the attempts of `before`, store the password hash of `after` if it differs.

        Raises Contended if somebody failed at the name, or changed the password, since `before` was read.
        """


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who wants to be a user."""

    username: str
    password: str = field(repr=False)
    email: str = field(repr=False)


def register(applicant: Applicant, *, store: AccountStore, tokens: Tokens, now_ns: int) -> TokenPair:
    """Make a user and log them in. Raises NameTaken; OutcomeUnknown when the database's answer was lost."""
    user_id = new_id(now_ns)
    user = User(
        user_id=user_id,
        username=applicant.username,
        email=applicant.email,
        password_hash=passwords.hash_password(applicant.password),
        created_at=made_at(user_id),
    )
    session = Session.begin(user, now_ns, tokens.refresh_seconds)
    try:
        store.add(user, session)
    except AnswerLost as lost:
        raise OutcomeUnknown("the user may have been made: log in, or register again") from lost
    return tokens.pair(session, now_ns // NS_PER_SECOND)


def login(*, username: str, password: str, store: AccountStore, tokens: Tokens, now_ns: int) -> TokenPair:
    """Begin a session of the user `username`.

    Raises NotAuthenticated for a wrong name and a wrong password alike, after the same work, and
    TooManyAttempts without looking at the password.

    Guesses made side by side before the first failure is counted are all looked at: as many as there are
    functions at once. From then on a right one among others finds the attempts changed, and is refused.
    """
    now = now_ns // NS_PER_SECOND
    known = store.known(username, now)
    wait = known.attempts.wait(now)
    if wait > 0:
        raise TooManyAttempts(wait)
    user = known.user
    right = passwords.is_password(passwords.NOBODY if user is None else user.password_hash, password)
    if user is None or not right:
        store.count_failure(username, now)
        raise NotAuthenticated("wrong user name or password")
    after = user
    if passwords.is_outdated(user.password_hash):
        after = replace(user, password_hash=passwords.hash_password(password))
    session = Session.begin(user, now_ns, tokens.refresh_seconds)
    try:
        store.begin(session, known, after)
    except Contended as contended:
        raise TooManyAttempts(1) from contended
    return tokens.pair(session, now)
