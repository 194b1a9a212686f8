"""Routes by callers over HTTP: a request of each route through the deployed gateway and its authorizer.

The whole matrix, with every kind of request, is in tests/integration/access; what is shown here is that the deployment
asks the authorizer for each route that it should, and passes on whom it found.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import pytest
import requests

from shared.ids import UserId
from tests.e2e.user import PASSWORD, User, eventually
from tests.harness.gateway import Api, Context, Reply
from tests.harness.payloads import LATER, REVIEW
from tests.integration.access.matrix import Sample, samples, unsigned, with_claims_of
from tests.integration.access.rules import RULES, Answer
from tests.integration.every_route import AccountScene

# The first request of each route; the requests after it differ in what they read.
FIRST = {(sample.method, sample.resource): sample for sample in reversed(samples())}
# After these their user cannot do what a user can.
ENDING = {("DELETE", "/me"), ("PUT", "/me/password")}
PUBLIC = [route for route, line in RULES.items() if line.another_user is Answer.SAME_FOR_ALL]
PROTECTED = [route for route in FIRST if ("GET" if route[0] == "HEAD" else route[0], route[1]) not in PUBLIC]


class RemoteApi(Api):
    """The deployed API, for whoever sends this header. The default calendar is that of the user `owner`."""

    def __init__(self, user: User, authorization: str | None, owner: UserId, reads_with: str = "GET") -> None:
        super().__init__(username=user.username)
        self.user = user
        self.authorization = authorization
        self.user_id = owner
        self.reads_with = reads_with

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: str | None = None,
        base64: bool = False,
        headers: Mapping[str, str | list[str]] | None = None,
        context: Context | None = None,
        **query: str,
    ) -> Reply:
        """Sends a request over HTTP; what only a function's event can say is not supported."""
        assert not base64
        assert context is None
        sent = {name: str(value) for name, value in (headers or {}).items()}
        answer = self.user(
            self.reads_with if method == "GET" else method,
            self._in_calendar(path),
            body,
            raw=raw,
            headers={**sent, "Authorization": self.authorization},
            query=query,
        )
        return Reply(answer.status_code, dict(answer.headers), answer.text)


class RemoteScene(AccountScene):
    """An event of a user with two recorded versions, on the deployed stack."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.api = RemoteApi(user, f"Bearer {user.access_token}", UserId(user("GET", "/me").json()["id"]))
        self.credentials = {"username": user.username, "password": PASSWORD}
        self.session_id = user("GET", "/me/sessions").json()["items"][0]["id"]
        self.first = self.api("POST", "/events", REVIEW).body
        self.event = self.api("PATCH", self.path, {"title": "Retro", **LATER}).body
        versions = eventually(lambda: user.versions(self.first["id"]), lambda found: len(found) == 2)
        self.operation_id = versions[0]["operation_id"]
        room = {"name": "Room 4", "kind": "room", "everyone": "booker"}
        self.rooms = [self.api("POST", "/calendars", room).body["id"] for _ in range(2)]


@pytest.fixture(scope="module")
def scene(base_url: str, session: requests.Session) -> RemoteScene:
    """Of a user whose requests are tried by others."""
    return RemoteScene(User.register(base_url, session))


@pytest.fixture(scope="module")
def grace(base_url: str, session: requests.Session) -> User:
    """Another user."""
    return User.register(base_url, session)


def ask(sample: Sample, scene: RemoteScene, user: User, authorization: str | None) -> Reply:
    """Sends the request of a scene's owner as somebody else."""
    asked = copy(scene)
    asked.api = RemoteApi(user, authorization, scene.api.user_id, "HEAD" if sample.method == "HEAD" else "GET")
    return sample.ask(asked)


@pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
def test_a_protected_route_refuses_who_has_no_valid_token(
    scene: RemoteScene, grace: User, route: tuple[str, str]
) -> None:
    owner = scene.user
    for authorization in (
        None,
        f"Basic {owner.access_token}",
        f"Bearer {owner.refresh_token}",
        f"Bearer {with_claims_of(owner.access_token, grace.access_token)}",
        f"Bearer {unsigned(owner.access_token)}",
    ):
        reply = ask(FIRST[route], scene, owner, authorization)
        assert reply.status == 401, (authorization, reply)
        assert reply.headers["WWW-Authenticate"].startswith("Bearer"), reply


@pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
def test_another_user_is_served_their_own_or_finds_nothing(
    scene: RemoteScene, grace: User, bob: User, route: tuple[str, str]
) -> None:
    sample = FIRST[route]
    other = bob if route in ENDING else grace
    reply = ask(sample, scene, other, f"Bearer {other.access_token}")
    named = RULES[sample.route].another_user is Answer.NOT_FOUND
    # A recent operation that the history does not show yet may be one that is on its way. What is their own may be in
    # their own way: another event, or a mail of less than a minute ago.
    on_its_way = {503} if "/operations/" in route[1] else set[int]()
    expected = {404} | on_its_way if named else {sample.status, 409, 429}
    assert reply.status in expected, reply
    if route != ("POST", "/free-busy"):  # it repeats which calendars it was asked about
        assert scene.first["created_by"] not in reply.text
    assert scene.first["id"] not in reply.text


@pytest.mark.parametrize("route", PUBLIC, ids=" ".join)
def test_a_public_route_asks_for_no_token(scene: RemoteScene, route: tuple[str, str]) -> None:
    for authorization in (None, "Bearer a.b.c"):
        assert ask(FIRST[route], scene, scene.user, authorization).status == FIRST[route].status


def test_what_the_owner_has_is_as_it_was(scene: RemoteScene) -> None:
    """After all attempts above."""
    assert scene.api("GET", scene.path).body == scene.event
    assert len(scene.user.versions(scene.first["id"])) == 2
