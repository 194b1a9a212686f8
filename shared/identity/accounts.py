"""Registration. All times are whole seconds since 1970 (UTC)."""

from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import AnswerLost, Contended, OutcomeUnknown, Throttled
from shared.identity import password_rules, passwords
from shared.identity.devices import LoggedIn
from shared.identity.mail import Mail
from shared.identity.reports import SecurityReport
from shared.identity.tokens import Tokens
from shared.identity.users import Account, Profile, Session, SessionRules, id_made_at
from shared.ids import DeviceId, UserId
from shared.request import Client
from shared.retries import Deadline


class RegistrationStore(Protocol):
    """Storage of new users, who are found by name regardless of case."""

    def add(self, account: Account, profile: Profile, session: Session, mail: Mail) -> None:
        """Stores a new user, their first session and a mail to them; idempotent.

        Raises NameTaken, and Contended, Throttled (nothing was written) and AnswerLost.
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
    report: SecurityReport,
    deadline: Deadline,
    now: int,
) -> LoggedIn:
    """Creates a user and logs them in. The address is nobody's until it is verified, so it is not looked for.

    Raises:
        InvalidRequest: The password breaks a rule (`password_rules`).
        NameTaken: Another user has the name.
        OutcomeUnknown: The database's response was lost.
    """
    password_rules.check(applicant.password, username=applicant.username, email=applicant.email)
    account = Account(
        user_id=UserId(id_made_at(now)),
        username=applicant.username,
        password_hash=passwords.hash_password(applicant.password),
    )
    profile = Profile(account.user_id, account.username, applicant.email, created_at=now, email_set_at=now)
    session = Session.begin(account, client, DeviceId(id_made_at(now)), rules, now)
    mail = Mail.verification(profile.user_id, profile.email, client, now)
    # Before the user is stored: without a key to sign with, nothing is.
    logged_in = LoggedIn.with_tokens(session, tokens, now)
    try:
        deadline.retry(lambda: store.add(account, profile, session, mail), on=(Contended, Throttled))
    except AnswerLost as lost:
        raise OutcomeUnknown("the user may have been made: log in, or register again") from lost
    report("Registered", user_id=account.user_id, source=client.source)
    return logged_in
