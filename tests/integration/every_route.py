"""A request of every route of a calendar, in each way that reads otherwise, for tests that are tables."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from shared.ids import CalendarId, UserId, default_calendar
from shared.store.access_keys import state_keys
from shared.store.batches import batch_write
from shared.store.codec import text
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Reply
from tests.harness.payloads import ALLOW, LATER, REVIEW
from tests.integration.reads import Read

Json = dict[str, Any]
WINDOW = "from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z"

# All reads are strong but those of the global indexes, which cannot be.
GET: Read = ("GetItem", "events", None, True)
MANY: Read = ("BatchGetItem", "events", None, True)
SPANS: Read = ("Query", "events", "by_span", True)
VERSIONS: Read = ("Query", "history", None, True)
MANY_VERSIONS: Read = ("BatchGetItem", "history", None, True)
# What the calendar holds, for quotas, read in the same call as the event and the fences.
USAGE: Read = MANY_VERSIONS
GRANTS: Read = ("BatchGetItem", "access", None, True)
BY_OPERATION: Read = ("Query", "history", "by_operation", False)
BY_CALENDAR: Read = ("Query", "history", "by_calendar", False)


@dataclass
class Scene:
    """An event in a calendar of its own: two recorded versions, the first an hour before the second.

    Everyone may book `rooms`, and nothing is in them.
    """

    deployment: Deployment
    api: Api = field(default_factory=lambda: Api(user_id=UserId(str(uuid4()))))
    first: Json = field(init=False)
    event: Json = field(init=False)
    operation_id: str = field(init=False)
    rooms: list[CalendarId] = field(init=False)

    def __post_init__(self) -> None:
        self.rooms = [CalendarId(str(uuid4())) for _ in range(2)]
        runtime = self.deployment.runtime
        states = [{**key, "everyone": text("booker")} for room in self.rooms for key in state_keys(room)]
        assert batch_write(runtime.clients.dynamodb, runtime.settings.access_table, states) == []
        self.first = self.api("POST", "/events", REVIEW).body
        self.deployment.clock.forward(seconds=3600)
        self.event = self.api("PATCH", self.path, {"title": "Retro", **LATER}).body
        self.deployment.record()
        self.deployment.clock.forward(seconds=1)  # so that what comes next has a later id at once
        self.operation_id = self.api("GET", f"{self.path}/history").body["items"][0]["operation_id"]

    @property
    def path(self) -> str:
        return f"/events/{self.first['id']}"


@dataclass(kw_only=True)
class AccountScene(Scene):
    """The same, in the calendar of a registered user, who has a session of this id."""

    credentials: Json
    session_id: str

    def log_in(self) -> Json:
        """Returns the tokens of a new session."""
        tokens: Json = self.api("POST", "/auth/login", self.credentials).body
        return tokens


S = TypeVar("S", bound=Scene)
Ask = Callable[[Scene], Reply]
AskAccount = Callable[[AccountScene], Reply]
CODE = "7Q3MD-X0V5K"
KEY = {"Idempotency-Key": "4711"}
UID = {**REVIEW, "uid": "4711@example.com"}


def rollback(scene: Scene, **query: Any) -> Reply:
    return scene.api("POST", f"{scene.path}/rollback", {"history_id": scene.first["history_id"]}, **query)


def move(scene: Scene) -> Reply:
    return scene.api("POST", f"{scene.path}/move", {"to": scene.rooms[0]})


# A request of each route in each way that reads otherwise, the status of its response, and all that it reads.
ROUTES: list[tuple[str, str, int, Ask, set[Read]]] = [
    ("POST", "/events", 201, lambda scene: scene.api("POST", "/events", REVIEW), {MANY, USAGE, SPANS}),
    ("POST", "/events", 200, lambda scene: scene.api("POST", "/events?dry_run=true", REVIEW), {SPANS}),
    ("POST", "/events", 201, lambda scene: scene.api("POST", f"/events{ALLOW}", REVIEW), set()),
    ("POST", "/events", 201, lambda scene: scene.api("POST", "/events", UID), {MANY, USAGE, SPANS}),
    ("POST", "/events", 200, lambda scene: scene.api("POST", f"/events{ALLOW}&dry_run=true", UID), {GET}),
    ("POST", "/events", 409, lambda scene: scene.api("POST", "/events", {**REVIEW, **LATER}), {MANY, USAGE, SPANS}),
    (
        "POST",
        "/events",
        201,
        # One for each of two callers.
        lambda scene: scene.api("POST", "/events", {**REVIEW, "any_of": scene.rooms}),
        {MANY, USAGE, SPANS, GRANTS},
    ),
    ("GET", "/events", 200, lambda scene: scene.api("GET", f"/events?{WINDOW}"), {SPANS}),
    ("GET", "/events", 200, lambda scene: scene.api("GET", "/events?uid=4711"), {GET}),
    (
        "GET",
        "/events",
        200,
        lambda scene: scene.api("GET", f"/events?{WINDOW}&as_of=2026-11-22T09:00:00Z"),
        {BY_CALENDAR, MANY, GET, VERSIONS},
    ),
    ("GET", "/free-busy", 200, lambda scene: scene.api("GET", f"/free-busy?{WINDOW}"), {SPANS}),
    ("GET", "/events/deleted", 200, lambda scene: scene.api("GET", "/events/deleted"), {SPANS}),
    ("GET", "/events/{event_id}", 200, lambda scene: scene.api("GET", scene.path), {GET}),
    (
        "GET",
        "/events/{event_id}",
        200,
        lambda scene: scene.api("GET", f"{scene.path}?as_of=2026-11-22T09:30:00Z"),
        {GET, VERSIONS},
    ),
    (
        "GET",
        "/events/{event_id}/occurrences",
        200,
        lambda scene: scene.api("GET", f"{scene.path}/occurrences?{WINDOW}"),
        {GET},
    ),
    ("PUT", "/events/{event_id}", 200, lambda scene: scene.api("PUT", scene.path, REVIEW), {MANY, USAGE, SPANS}),
    ("PUT", "/events/{event_id}", 200, lambda scene: scene.api("PUT", f"{scene.path}{ALLOW}", REVIEW), {MANY, USAGE}),
    (
        "PUT",
        "/events/{event_id}",
        200,
        lambda scene: scene.api("PUT", f"{scene.path}?dry_run=true", REVIEW),
        {GET, SPANS},
    ),
    ("PATCH", "/events/{event_id}", 200, lambda scene: scene.api("PATCH", scene.path, {"title": "x"}), set()),
    ("PATCH", "/events/{event_id}", 200, lambda scene: scene.api("PATCH", scene.path, {}), {GET}),
    (
        "PATCH",
        "/events/{event_id}",
        200,
        lambda scene: scene.api("PATCH", scene.path, {"time_zone": "CET"}),
        {MANY, USAGE},
    ),
    (
        "PATCH",
        "/events/{event_id}",
        200,
        lambda scene: scene.api("PATCH", scene.path, {"end": "2027-03-01T12:00:00Z"}),
        {GET, MANY, USAGE, SPANS},
    ),
    (
        "PATCH",
        "/events/{event_id}",
        200,
        lambda scene: scene.api("PATCH", scene.path, {"start": REVIEW["start"], "end": REVIEW["end"]}),
        {MANY, USAGE, SPANS},
    ),
    (
        "PATCH",
        "/events/{event_id}",
        200,
        lambda scene: scene.api("PATCH", scene.path, {"calendars": scene.rooms}),
        {MANY, USAGE, SPANS, GRANTS},
    ),
    ("DELETE", "/events/{event_id}", 204, lambda scene: scene.api("DELETE", scene.path), set()),
    ("DELETE", "/events/{event_id}", 200, lambda scene: scene.api("DELETE", f"{scene.path}?dry_run=true"), {GET}),
    ("POST", "/events/{event_id}/move", 200, move, {MANY, USAGE, SPANS, GRANTS}),
    ("POST", "/events/bulk", 201, lambda scene: scene.api("POST", "/events/bulk", {"events": [REVIEW]}), set()),
    (
        "POST",
        "/events/bulk",
        201,
        lambda scene: scene.api("POST", "/events/bulk?conflicts=report", {"events": [REVIEW]}),
        {SPANS},
    ),
    (
        "POST",
        "/events/bulk",
        201,
        lambda scene: scene.api("POST", "/events/bulk", {"events": [UID]}, headers=KEY),
        {MANY},
    ),
    (
        "GET",
        "/events/{event_id}/history",
        200,
        lambda scene: scene.api("GET", f"{scene.path}/history"),
        {GET, VERSIONS},
    ),
    (
        "GET",
        "/events/{event_id}/history/{history_id}",
        200,
        lambda scene: scene.api("GET", f"{scene.path}/history/{scene.first['history_id']}"),
        {MANY, MANY_VERSIONS},
    ),
    (
        "GET",
        "/events/{event_id}/history/{history_id}",
        404,
        lambda scene: scene.api("GET", f"{scene.path}/history/{scene.first['id']}"),
        {MANY, MANY_VERSIONS, VERSIONS},
    ),
    ("GET", "/events/{event_id}/diff", 200, lambda scene: scene.api("GET", f"{scene.path}/diff"), {GET, VERSIONS}),
    (
        "GET",
        "/events/{event_id}/diff",
        200,
        lambda scene: scene.api("GET", f"{scene.path}/diff?to={scene.event['history_id']}"),
        {GET, VERSIONS, MANY, MANY_VERSIONS},
    ),
    (
        "GET",
        "/events/{event_id}/diff",
        200,
        lambda scene: scene.api(
            "GET", f"{scene.path}/diff?from={scene.first['history_id']}&to={scene.event['history_id']}"
        ),
        {MANY, MANY_VERSIONS},
    ),
    ("POST", "/events/{event_id}/rollback", 200, rollback, {MANY, MANY_VERSIONS, SPANS}),
    (
        "POST",
        "/events/{event_id}/rollback",
        200,
        lambda scene: rollback(scene, dry_run="true"),
        {MANY, MANY_VERSIONS, GET, SPANS},
    ),
    (
        "POST",
        "/events/{event_id}/rollback",
        200,
        lambda scene: rollback(scene, on_conflict="allow"),
        {MANY, MANY_VERSIONS},
    ),
    (
        "POST",
        "/operations/{operation_id}/undo",
        200,
        lambda scene: scene.api("POST", f"/operations/{scene.operation_id}/undo", on_conflict="allow"),
        {BY_OPERATION, MANY, USAGE, VERSIONS},
    ),
    (
        "POST",
        "/operations/{operation_id}/undo",
        200,
        lambda scene: scene.api("POST", f"/operations/{scene.operation_id}/undo"),
        {BY_OPERATION, MANY, USAGE, VERSIONS, SPANS},
    ),
]

PREFIX = "/calendars/{calendar_id}"


def in_calendar(ask: Callable[[S], Reply], calendar_id: CalendarId | None = None) -> Callable[[S], Reply]:
    """Returns `ask` as it is sent under a calendar.

    That is the one with this id, or else that of the scene's client, or else the default one of the scene's user.
    """

    def under(scene: S) -> Reply:
        scene = copy(scene)
        scene.api = copy(scene.api)
        scene.api.calendar = calendar_id or scene.api.calendar or default_calendar(scene.api.user_id)
        return ask(scene)

    return under


# The same requests under the id of the calendar. To the caller's own they cost the same.
IN_CALENDAR: list[tuple[str, str, int, Ask, set[Read]]] = [
    (method, f"{PREFIX}{route}", status, in_calendar(ask), reads) for method, route, status, ask, reads in ROUTES
]


def _applicant() -> Json:
    name = f"u{uuid4().hex[:20]}"
    return {"username": name, "password": "correct horse battery", "email": f"{name}@example.com"}


# A request of each route of accounts and of the reference, and the status of its response.
ACCOUNT: list[tuple[str, str, int, AskAccount]] = [
    ("GET", "/openapi.json", 200, lambda scene: scene.api("GET", "/openapi.json")),
    ("GET", "/docs", 200, lambda scene: scene.api("GET", "/docs")),
    ("GET", "/.well-known/jwks.json", 200, lambda scene: scene.api("GET", "/.well-known/jwks.json")),
    ("POST", "/auth/register", 201, lambda scene: scene.api("POST", "/auth/register", _applicant())),
    ("POST", "/auth/login", 200, lambda scene: scene.api("POST", "/auth/login", scene.credentials)),
    (
        "POST",
        "/auth/refresh",
        200,
        lambda scene: scene.api("POST", "/auth/refresh", {"refresh_token": scene.log_in()["refresh_token"]}),
    ),
    (
        "POST",
        "/auth/logout",
        204,
        lambda scene: scene.api("POST", "/auth/logout", {"refresh_token": scene.log_in()["refresh_token"]}),
    ),
    ("GET", "/me/export", 200, lambda scene: scene.api("GET", "/me/export")),
    # Without the password, so that the user is there for the other requests.
    ("DELETE", "/me", 422, lambda scene: scene.api("DELETE", "/me")),
    ("GET", "/erasures/{erasure_id}", 404, lambda scene: scene.api("GET", f"/erasures/{'x' * 43}")),
    ("GET", "/me/sessions", 200, lambda scene: scene.api("GET", "/me/sessions")),
    ("DELETE", "/me/sessions", 204, lambda scene: scene.api("DELETE", "/me/sessions")),
    ("DELETE", "/me/sessions", 204, lambda scene: scene.api("DELETE", "/me/sessions?keep=current")),
    (
        "DELETE",
        "/me/sessions/{session_id}",
        204,
        lambda scene: scene.api("DELETE", f"/me/sessions/{scene.session_id}"),
    ),
    (
        "PUT",
        "/me/password",
        204,
        lambda scene: scene.api(
            "PUT",
            "/me/password",
            {"current_password": scene.credentials["password"], "new_password": "a longer battery of horses"},
        ),
    ),
    ("GET", "/me/export", 200, lambda scene: scene.api("GET", "/me/export")),
    ("DELETE", "/me", 202, lambda scene: scene.api("DELETE", "/me", {"password": scene.credentials["password"]})),
    # Nobody can guess the id of a certificate.
    ("GET", "/erasures/{erasure_id}", 404, lambda scene: scene.api("GET", f"/erasures/{uuid4().hex}{'A' * 11}")),
    ("GET", "/me", 200, lambda scene: scene.api("GET", "/me")),
    (
        "PATCH",
        "/me",
        200,
        lambda scene: scene.api(
            "PATCH",
            "/me",
            {"email": _applicant()["email"], "current_password": scene.credentials["password"]},
        ),
    ),
    ("POST", "/me/email/code", 202, lambda scene: scene.api("POST", "/me/email/code")),
    # Nobody has been sent these codes.
    ("POST", "/me/email/verification", 422, lambda scene: scene.api("POST", "/me/email/verification", {"code": CODE})),
    (
        "POST",
        "/auth/password-reset",
        202,
        lambda scene: scene.api("POST", "/auth/password-reset", {"email": _applicant()["email"]}),
    ),
    (
        "POST",
        "/auth/password-reset/confirmation",
        422,
        lambda scene: scene.api(
            "POST",
            "/auth/password-reset/confirmation",
            {"email": _applicant()["email"], "code": CODE, "new_password": "a longer battery of horses"},
        ),
    ),
]
