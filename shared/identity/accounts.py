"""Registration and login. All times are whole seconds since 1970 (UTC)."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.errors import AnswerLost, Contended, NotAuthenticated, OutcomeUnknown, Throttled, TooManyAttempts
from shared.identity import passwords
from shared.identity.mail import Mail
from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import Account, LoginState, Profile, Session, SessionRules, id_made_at
from shared.ids import DeviceId, UserId
from shared.request import Client
from shared.retries import Deadline


class RegistrationStore(Protocol):
    """Storage of new users, who are found by name regardless of case."""

    def add(self, account: Account, profile: Profile, session: Session, mail: Mail) -> None:
        """Stores a new user, their first session and a mail to them; idempotent.

        Raises NameTaken, and Contended, Throttled (nothing was written) and AnswerLost.
        """


class LoginStore(Protocol):
    """Storage of what a login reads and writes. All methods raise Contended, Throttled and AnswerLost."""

    def login_state(self, username: str, now: int) -> LoginState:
        """Returns the user of that name, and the failed attempts at it that have not expired at `now`."""

    def count_failure(self, username: str, now: int) -> None:
        """Counts one more wrong password for `username`; concurrent calls are all counted."""

    def begin(self, session: Session, before: LoginState, after: Account) -> bool:
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


def register(
    applicant: Applicant,
    *,
    client: Client,
    store: RegistrationStore,
    tokens: Tokens,
    rules: SessionRules,
    deadline: Deadline,
    now: int,
) -> TokenPair:
    """Creates a user and logs them in. The address is nobody's until it is verified, so it is not looked for.

    Raises:
        NameTaken: Another user has the name.
        OutcomeUnknown: The database's response was lost.
    """
    account = Account(
        user_id=UserId(id_made_at(now)),
        username=applicant.username,
        password_hash=passwords.hash_password(applicant.password),
    )
    profile = Profile(account.user_id, account.username, applicant.email, created_at=now, email_set_at=now)
    session = Session.begin(account, client, DeviceId(id_made_at(now)), rules, now)
    mail = Mail.verification(profile.user_id, profile.email, now)
    try:
        deadline.retry(lambda: store.add(account, profile, session, mail), on=Contended)
    except AnswerLost as lost:
        raise OutcomeUnknown("the user may have been made: log in, or register again") from lost
    return tokens.pair(session, now)


def login(
    *,
    username: str,
    password: str,
    client: Client,
    store: LoginStore,
    tokens: Tokens,
    rules: SessionRules,
    deadline: Deadline,
    now: int,
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
    user = state.account
    right = passwords.is_password(passwords.NOBODY if user is None else user.password_hash, password)
    if user is None or user.disabled_at is not None or not right:
        deadline.retry(lambda: store.count_failure(username, now), on=Contended)
        raise NotAuthenticated("wrong user name or password")
    after = user
    if passwords.is_outdated(user.password_hash):
        after = replace(user, password_hash=passwords.hash_password(password))
    session = Session.begin(user, client, DeviceId(id_made_at(now)), rules, now)
    begun = False
    with suppress(Contended):
        begun = deadline.retry(lambda: store.begin(session, state, after), on=Contended)
    if not begun:
        raise TooManyAttempts(1)
    return tokens.pair(session, now)
