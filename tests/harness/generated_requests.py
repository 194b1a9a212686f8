"""Requests that schemathesis generates from the OpenAPI document, sent to the API over HTTP, and the faults found."""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server
from zlib import crc32

import schemathesis
from schemathesis.engine import Status, events, from_schema

from shared.http.read_only import READ_ONLY
from shared.runtime import use
from tests.harness.callers import Caller
from tests.harness.dataset import TITLE
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Reply
from tests.harness.identity_client import PASSWORD, register
from tests.harness.stream import Stream, deliver, of_events
from tests.harness.template import routes
from tests.harness.wsgi import STAGE, Environ, StartResponse, respond
from tools.local_stack import HOST

CHECKS: Final[dict[str, Any]] = {
    # All checks that schemathesis has, but for the following.
    "enabled": True,
    # A 503 that asks for a retry is documented; which ones may occur here is checked below.
    "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]},
    # Rules between fields, such as an end after the start, cannot be stated in the document: what fits it may be a 422.
    "positive_data_acceptance": {"enabled": False},
    # It expects a 405. A REST API's gateway responds with 404 to a method that a path does not have: checked below.
    "unsupported_method": {"enabled": False},
    # It needs a second user; the access matrix is about that.
    "object_level_authorization": {"enabled": False},
}
# As long as any run takes.
ACCESS_TOKEN_SECONDS: Final = 24 * 3600
USERNAME: Final = "schemathesis"
# What may be answered with 503 while every call reaches the database.
NOT_YET: Final = "/problems/not-recorded-yet"
# How many events exist at the start: more than requests delete.
STOCK: Final = 120
# How many calendars there are besides the user's default one: as many as a request may name.
ROOMS: Final = 20
# How many further turns there are for operations at which no request has succeeded.
MORE_TURNS: Final = 4
NEGATIVE: Final = schemathesis.GenerationMode.NEGATIVE
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What the parameters that are ids name.
PARAMETERS: Final = {
    "calendar_id": "calendar_id",
    "event_id": "event_id",
    "history_id": "history_id",
    "operation_id": "operation_id",
    "from": "history_id",
    "to": "history_id",
}
# Headers under which a generated value, or one sent before, is refused.
CONDITIONS: Final = {"Idempotency-Key", "If-Match", "If-None-Match"}
# What is known of an event of the stock, and the member of its document that says so.
STOCKED: Final = {"event_id": "id", "history_id": "history_id", "calendar_id": "calendar_id"}


@dataclass
class Findings:
    """The result of a run.

    Attributes:
        seed: The seed with which a run repeats.
        operations: The documented operations to which requests were sent.
        cases: The number of generated requests.
        statuses: How often each status was returned, by operation.
        failures: What is wrong, each with a command that repeats the request.
    """

    seed: int
    operations: set[str] = field(default_factory=set)
    cases: int = 0
    statuses: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def succeeded(self) -> set[str]:
        """Returns the operations at which some request has succeeded."""
        return {f"{method} {path}" for method, path, status in self.statuses if status < 300}


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name for it
        """Writes nothing."""


@dataclass
class _Server:
    """The API as a WSGI application, which notes responses that no request may have."""

    findings: Findings
    stream: Stream
    credentials: dict[str, str]
    events: list[dict[str, str]] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)
    requests: int = 0
    seed: int = 0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serves one request, and records what it has changed. Each is from another address, or logins would lock."""
        self.requests += 1
        environ["REMOTE_ADDR"] = f"10.0.{self.requests // 256 % 256}.{self.requests % 256}"
        reply = respond(environ)
        self._judge(environ, reply)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            assert deliver(of_events(self.stream.read())) == []
        start_response(f"{reply.status} ", [*reply.headers.items()])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.text.encode()]

    def _judge(self, environ: Environ, reply: Reply) -> None:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(STAGE)
        where = f"{method} {path}?{environ['QUERY_STRING']}: {reply.status} {reply.text[:300]}"
        if reply.status >= 500 and json.loads(reply.text)["type"] != NOT_YET:
            self.findings.failures.append(where)
        if method not in {known for known, _ in routes()} | {"HEAD"} and reply.status != 404:
            self.findings.failures.append(where)

    def stock(self, api: Api) -> None:
        """Creates what generated requests name: calendars, and events, each in an operation of its own, far apart."""
        for number in range(ROOMS):
            self.rooms.append(api("POST", "/calendars", {"name": f"Team {number}", "kind": "team"}).body["id"])
        for number in range(STOCK):
            day = f"20{30 + number // 12}-{1 + number % 12:02}-01"
            event = {"title": TITLE, "start": f"{day}T09:00:00Z", "end": f"{day}T10:00:00Z"}
            made = api("POST", "/events?on_conflict=allow", event).body
            self.events.append({name: made[key] for name, key in STOCKED.items()})
        assert deliver(of_events(self.stream.read())) == []
        for known in self.events:
            (version,) = api("GET", f"/events/{known['event_id']}/history").body["items"]
            known["operation_id"] = version["operation_id"]

    def insert_known(self, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
        """Makes a valid request one that can succeed, in three of four cases: with ids and a user that exist."""
        if isinstance(case.body, dict):
            case.body = {**case.body}  # other cases are made from the same object
        body = case.body if isinstance(case.body, dict) else {}
        parts = (case.path_parameters or {}, case.query or {}, body)
        # Another one in each turn: the requests that the document suggests are the same in all.
        choice = crc32(repr((self.seed, parts)).encode("utf-8", "replace"))
        # What is to be refused stays as it is.
        if (case.meta is not None and case.meta.generation.mode is NEGATIVE) or choice % 4 == 0:
            return case
        if body.keys() == self.credentials.keys():
            body.update(self.credentials)
        if case.operation.path.endswith("/events/{event_id}"):
            # Those that do not have the stored values are refused.
            for name in READ_ONLY & body.keys():
                del body[name]
        event = self.events[choice % STOCK]
        for part in parts:
            for name in part.keys() & PARAMETERS.keys():
                given = part[name]
                if isinstance(given, str) and UUID.fullmatch(given):
                    part[name] = event[PARAMETERS[name]]
        self._insert_rooms(case.operation.path, body, choice)
        if choice % 2:
            for name in CONDITIONS & (case.headers or {}).keys():
                del case.headers[name]
            if body.keys() >= {"start", "end"}:
                self._leave_alone(body, choice)
        return case

    def _insert_rooms(self, path: str, body: dict[str, Any], choice: int) -> None:
        """Makes the calendars that a body names ones that exist: in either list others than in the other."""
        first = choice % ROOMS
        rooms = [*self.rooms[first:], *self.rooms[:first]]
        for name, known in (("calendars", rooms), ("any_of", rooms[::-1])):
            if isinstance(body.get(name), list):
                body[name] = known[: len(body[name])]
        if path.endswith("/move") and "to" in body:
            body["to"] = self.rooms[choice % ROOMS]

    def _leave_alone(self, body: dict[str, Any], choice: int) -> None:
        """Makes a creation, or a change, one that nothing else is in the way of.

        All examples have the same hour and the same uid, and `any_of` is refused where conflicts are allowed.
        """
        for name in ("any_of", "uid"):
            body.pop(name, None)
        days, hour = divmod(choice, 24)
        begins = f"{2060 + days // 28 % 1000}-01-{1 + days % 28:02}T{hour:02}"
        body.update(start=f"{begins}:00:00Z", end=f"{begins}:30:00Z")


@contextmanager
def _served(server: _Server) -> Iterator[str]:
    """Yields the base URL under which `server` answers."""
    with make_server(HOST, 0, server, handler_class=_Quiet) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://{HOST}:{listening.server_port}{STAGE}"
        finally:
            listening.shutdown()
            thread.join()


def run(
    deployment: Deployment, seed: int, seconds: float | None, wanted: Collection[str] = (), examples: int = 20
) -> Findings:
    """Sends generated requests as a registered user, and returns what was found.

    Args:
        deployment: The deployment that is asked.
        seed: The seed of the generator.
        seconds: How long requests are generated; None ends after one turn of each operation.
        wanted: Operations that some request is to succeed at. Those that none did get further turns of their own, with
            the next seeds: whether one succeeds depends on ids that differ from run to run.
        examples: How many random requests are in a turn, besides those that the document itself suggests.
    """
    settings = replace(deployment.runtime.settings, access_token_seconds=ACCESS_TOKEN_SECONDS)
    findings = Findings(seed)
    with use(replace(deployment.runtime, settings=settings, now_ns=time.time_ns)):
        headers = {"Authorization": f"Bearer {register(USERNAME).body['access_token']}"}
        server = _Server(findings, deployment.stream, {"username": USERNAME, "password": PASSWORD})
        server.stock(Caller(authorization=headers["Authorization"]))
        with _served(server) as url:
            config = {
                **({} if seconds is None else {"max-time": seconds}),
                "base-url": url,
                "headers": headers,
                "checks": CHECKS,
                "generation": {"max-examples": examples, "database": "none"},
                # What an earlier run has found on this machine is not asked again: each run is the same.
                "cache": {"enabled": False},
            }
            _take_turn(server, config, seed)
            for turn in range(1, MORE_TURNS + 1):
                missing = set(wanted) - findings.succeeded()
                if missing:
                    _take_turn(server, config, seed + turn, sorted(missing))
    return findings


def _take_turn(server: _Server, config: dict[str, Any], seed: int, only: list[str] | None = None) -> None:
    """Sends the requests of one seed to all operations, or to those that `only` names."""
    server.seed = seed
    settings = schemathesis.Config.from_dict({**config, "seed": seed})
    whole = schemathesis.openapi.from_url(f"{config['base-url']}/openapi.json", config=settings)
    schema = whole if only is None else whole.include(name=only)

    def map_case(_: schemathesis.HookContext, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
        return server.insert_known(case)

    schema.hook(map_case)
    for event in from_schema(schema).execute():
        _note(event, server.findings)


def _note(event: events.EngineEvent, findings: Findings) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        findings.failures.append(f"{event.label}: {event.value}")
    if not isinstance(event, events.ScenarioFinished):
        return
    recorder = event.recorder
    findings.cases += len(recorder.cases)
    for case_id, node in recorder.cases.items():
        operation = node.value.operation
        findings.operations.add(operation.label)
        interaction = recorder.interactions.get(case_id)
        if interaction is not None and interaction.response is not None:
            status = interaction.response.status_code
            findings.statuses[operation.method.upper(), operation.path, status] += 1
        for check in recorder.checks.get(case_id, []):
            if check.status == Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info
                findings.failures.append(f"{check.name}: {failure.failure.message}\n{failure.code_sample}")
