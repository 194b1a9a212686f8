"""Users and sessions as tests need them: everything that a test does not name is the same each time."""

from dataclasses import replace
from typing import Any, Final

from shared.identity.mail import Mail
from shared.identity.users import Account, Profile, Session, SessionRules
from shared.ids import DeviceId, SessionId, TokenId, UserId
from shared.request import Client

NOW: Final = 1_795_338_000
DAY: Final = 86_400
RULES: Final = SessionRules(idle_seconds=DAY, end_seconds=90 * DAY, grace_seconds=30)
CLIENT: Final = Client("203.0.113.17", "curl/8.7.1")
ADA: Final = Account(UserId("user-1"), "Ada", "hash of the secret of Ada")


def account(**changes: Any) -> Account:
    """Returns Ada's account, with `changes`."""
    return replace(ADA, **changes)


def profile(of: Account = ADA, email: str = "ada@example.com") -> Profile:
    """Returns the profile of a user."""
    return Profile(of.user_id, of.username, email, created_at=NOW, email_set_at=NOW)


def mail(of: Account = ADA) -> Mail:
    """Returns a mail to a user."""
    return Mail.verification(of.user_id, profile(of).email, CLIENT, NOW)


def new_session(of: Account = ADA, now: int = NOW, rules: SessionRules = RULES) -> Session:
    """Returns a session as a login begins it."""
    return Session.begin(of, CLIENT, DeviceId("device-1"), rules, now)


def session(now: int = NOW, **changes: Any) -> Session:
    """Returns a session of Ada whose ids are always the same, with `changes`."""
    usual = Session(
        family=SessionId("00000001-2345-7000-8000-000000000001"),
        user_id=ADA.user_id,
        username=ADA.username,
        token_id=TokenId("00000001-2345-7000-8000-000000000002"),
        created_at=now,
        rotated_at=now,
        ends_at=now + RULES.end_seconds,
        expires_at=now + RULES.idle_seconds,
        user_agent=CLIENT.user_agent,
        device_id=DeviceId("device-1"),
    )
    return replace(usual, **changes)
