"""Typical requests of identity. A separate module, since it imports the hashing of passwords and signing of tokens."""

from typing import Final

from shared.identity.mail import Mail
from shared.identity.tokens import TokenPair
from shared.identity.users import Account, Attempts, LoginState, Profile, Session
from shared.ids import DeviceId
from shared.request import Client
from shared.wiring.accounts import users
from shared.wiring.identity import tokens
from shared.wiring.logins import logins
from shared.wiring.sessions import session_rules
from tests.harness.dataset import Dataset, GatewayEvent
from tests.harness.deployment import ISSUER
from tests.harness.gateway import payload
from tests.harness.routes import Route

PASSWORD: Final = "correct horse battery"


CLIENT: Final = Client("203.0.113.17", "curl/8.7.1")


def _account(data: Dataset, password_hash: str = "") -> Account:
    return Account(data.user_id, f"u-{data.user_id[:23]}", password_hash)


def _begun(account: Account, now: int) -> Session:
    return Session.begin(account, CLIENT, DeviceId("device"), session_rules(), now)


def _session(data: Dataset) -> TokenPair:
    """Begins a session of the dataset's user, without a password."""
    account, now = _account(data), data.runtime.now()
    session = _begun(account, now)
    logins().begin(session, LoginState(account, Attempts()), account)
    return tokens(ISSUER, now).pair(session, now)


def _register(data: Dataset, index: int) -> GatewayEvent:
    name = f"u{index}-{data.user_id[:23]}"
    applicant = {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
    return data.request("POST", "/auth/register", applicant)


def _login(data: Dataset, _: int) -> GatewayEvent:
    def add() -> str:
        from shared.identity.passwords import hash_password  # noqa: PLC0415 only this route loads argon2

        account, now = _account(data, hash_password(PASSWORD)), data.runtime.now()
        profile = Profile(account.user_id, account.username, f"{account.username}@example.com", now, now)
        users().add(account, profile, _begun(account, now), Mail.verification(account.user_id, profile.email, now))
        return account.username

    return data.request("POST", "/auth/login", {"username": data.once("user", add), "password": PASSWORD})


def _refresh(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", "/auth/refresh", {"refresh_token": _session(data).refresh_token})


def _logout(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", "/auth/logout", {"refresh_token": _session(data).refresh_token})


def _authorize(data: Dataset, _: int) -> GatewayEvent:
    token = data.once("token", lambda: _session(data).access_token)
    return {**payload("authorize"), "authorizationToken": f"Bearer {token}"}


IDENTITY_ROUTES: Final = (
    Route("authorize", "authorize", _authorize),
    Route("register", "register", _register, 201),
    Route("login", "login", _login),
    Route("refresh", "refresh", _refresh),
    Route("logout", "logout", _logout, 204),
)
