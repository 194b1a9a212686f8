"""A typical request for every route of identity. Apart, because their set-up loads what hashes and signs."""

from typing import Final

from benchmarks.routes import Route
from benchmarks.scenes import GatewayEvent, Scene
from shared.identity.tokens import TokenPair
from shared.identity.users import Attempts, LoginState, Session, User
from shared.wiring.identity import tokens, users
from tests.harness.gateway import payload

PASSWORD: Final = "correct horse battery"


def _user(scene: Scene, password_hash: str = "") -> User:
    if "user" not in scene.kept:
        name = f"u-{scene.calendar_id[:23]}"
        scene.kept["user"] = User(
            scene.calendar_id, name, f"{name}@example.com", password_hash, "2026-11-22T09:00:00.000Z"
        )
    user: User = scene.kept["user"]
    return user


def _session(scene: Scene) -> TokenPair:
    """A session of the scene's user, begun without a password."""
    user, now = _user(scene), scene.runtime.now()
    session = Session.begin(user, now, tokens().refresh_seconds)
    users().begin(session, LoginState(user, Attempts()), user)
    return tokens().pair(session, now)


def _register(scene: Scene, index: int) -> GatewayEvent:
    name = f"u{index}-{scene.calendar_id[:23]}"
    applicant = {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
    return scene.request("POST", "/auth/register", applicant)


def _login(scene: Scene, _: int) -> GatewayEvent:
    if "user" not in scene.kept:
        from shared.identity.passwords import hash_password  # noqa: PLC0415 only this route loads argon2

        user = _user(scene, hash_password(PASSWORD))
        users().add(user, Session.begin(user, scene.runtime.now(), 3600))
    return scene.request("POST", "/auth/login", {"username": _user(scene).username, "password": PASSWORD})


def _refresh(scene: Scene, _: int) -> GatewayEvent:
    return scene.request("POST", "/auth/refresh", {"refresh_token": _session(scene).refresh_token})


def _logout(scene: Scene, _: int) -> GatewayEvent:
    return scene.request("POST", "/auth/logout", {"refresh_token": _session(scene).refresh_token})


def _authorize(scene: Scene, _: int) -> GatewayEvent:
    if "access" not in scene.kept:
        scene.kept["access"] = _session(scene).access_token
    return {**payload("authorize"), "authorizationToken": f"Bearer {scene.kept['access']}"}


IDENTITY_ROUTES: Final = (
    Route("authorize", "authorize", _authorize),
    Route("register", "register", _register, 201),
    Route("login", "login", _login),
    Route("refresh", "refresh", _refresh),
    Route("logout", "logout", _logout, 204),
)
