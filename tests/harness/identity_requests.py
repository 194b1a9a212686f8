"""Typical requests of identity. A separate module, since it imports the hashing of passwords and signing of tokens."""

from typing import Final

from shared.identity.tokens import TokenPair
from shared.identity.users import Attempts, LoginState, Session, User
from shared.wiring.identity import tokens, users
from tests.harness.dataset import Dataset, GatewayEvent
from tests.harness.deployment import ISSUER
from tests.harness.gateway import payload
from tests.harness.routes import Route

PASSWORD: Final = "correct horse battery"


def _user(data: Dataset, password_hash: str = "") -> User:
    name = f"u-{data.user_id[:23]}"
    return User(data.user_id, name, f"{name}@example.com", password_hash, "2026-11-22T09:00:00.000Z")


def _session(data: Dataset) -> TokenPair:
    """Begins a session of the dataset's user, without a password."""
    user, now = _user(data), data.runtime.now()
    session = Session.begin(user, now, tokens(ISSUER, now).refresh_seconds)
    users().begin(session, LoginState(user, Attempts()), user)
    return tokens(ISSUER, now).pair(session, now)


def _register(data: Dataset, index: int) -> GatewayEvent:
    name = f"u{index}-{data.user_id[:23]}"
    applicant = {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
    return data.request("POST", "/auth/register", applicant)


def _login(data: Dataset, _: int) -> GatewayEvent:
    def add() -> str:
        from shared.identity.passwords import hash_password  # noqa: PLC0415 only this route loads argon2

        user = _user(data, hash_password(PASSWORD))
        users().add(user, Session.begin(user, data.runtime.now(), 3600))
        return user.username

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
