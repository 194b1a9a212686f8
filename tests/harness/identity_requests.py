"""Typical requests of identity. A separate module, since it imports the hashing of passwords and signing of tokens."""

from typing import Final

from shared.identity.mail import Mail
from shared.identity.tokens import TokenPair
from shared.identity.users import Account, Profile, Session
from shared.ids import DeviceId
from shared.request import Client
from shared.store.sessions import session_item
from shared.wiring.accounts import users
from shared.wiring.identity import tokens
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


def _session(data: Dataset) -> Session:
    """Stores a session of the dataset's user, without a password."""
    session = _begun(_account(data), data.runtime.now())
    data.runtime.clients.dynamodb.put_item(TableName=data.runtime.settings.users_table, Item=session_item(session))
    return session


def _pair(data: Dataset) -> TokenPair:
    now = data.runtime.now()
    return tokens(ISSUER, now).pair(_session(data), now)


def _user(data: Dataset) -> str:
    """Registers the dataset's user, once, and returns the name."""

    def add() -> str:
        from shared.identity.passwords import hash_password  # noqa: PLC0415 only routes with a password load argon2

        account, now = _account(data, hash_password(PASSWORD)), data.runtime.now()
        profile = Profile(account.user_id, account.username, f"{account.username}@example.com", now, now)
        mail = Mail.verification(account.user_id, profile.email, CLIENT, now)
        users().add(account, profile, _begun(account, now), mail)
        return account.username

    name: str = data.once("user", add)
    return name


def _of_session(event: GatewayEvent, session: Session) -> GatewayEvent:
    """Returns a request with an access token of `session`."""
    event["requestContext"]["authorizer"] |= {"username": session.username, "session": session.family}
    return event


def _register(data: Dataset, index: int) -> GatewayEvent:
    name = f"u{index}-{data.user_id[:23]}"
    applicant = {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
    return data.request("POST", "/auth/register", applicant)


def _login(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", "/auth/login", {"username": _user(data), "password": PASSWORD})


def _login_on_a_known_device(data: Dataset, index: int) -> GatewayEvent:
    now = data.runtime.now()
    event = _login(data, index)
    event["headers"]["Device-Token"] = tokens(ISSUER, now).device(data.user_id, DeviceId("device"), now)
    return event


def _refresh(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", "/auth/refresh", {"refresh_token": _pair(data).refresh_token})


def _logout(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", "/auth/logout", {"refresh_token": _pair(data).refresh_token})


def _authorize(data: Dataset, _: int) -> GatewayEvent:
    token = data.once("token", lambda: _pair(data).access_token)
    return {**payload("authorize"), "authorizationToken": f"Bearer {token}"}


def _sessions(data: Dataset, _: int) -> GatewayEvent:
    return _of_session(data.request("GET", "/me/sessions"), data.once("session", lambda: _session(data)))


def _end_session(data: Dataset, _: int) -> GatewayEvent:
    return data.request("DELETE", "/me/sessions/{session_id}", session_id=_session(data).family)


def _end_others(data: Dataset, _: int) -> GatewayEvent:
    _session(data)
    return _of_session(data.request("DELETE", "/me/sessions", query={"keep": "current"}), _session(data))


def _change_password(data: Dataset, _: int) -> GatewayEvent:
    _user(data)
    change = {"current_password": PASSWORD, "new_password": PASSWORD}
    return _of_session(data.request("PUT", "/me/password", change), _session(data))


def _export(data: Dataset, _: int) -> GatewayEvent:
    _user(data)
    return data.request("GET", "/me/export")


def _erase(data: Dataset, _: int) -> GatewayEvent:
    _user(data)
    return data.request("DELETE", "/me", {"password": PASSWORD})


IDENTITY_ROUTES: Final = (
    Route("authorize", "authorize", _authorize),
    Route("register", "register", _register, 201),
    Route("login", "login", _login),
    Route("login on a known device", "login", _login_on_a_known_device),
    Route("refresh", "refresh", _refresh),
    Route("logout", "logout", _logout, 204),
    Route("list sessions", "sessions", _sessions),
    Route("end a session", "sessions", _end_session, 204),
    Route("end all other sessions", "sessions", _end_others, 204),
    Route("change the password", "password", _change_password, 204),
    Route("export", "export", _export),
    Route("erase", "erasure", _erase, 202),
)
