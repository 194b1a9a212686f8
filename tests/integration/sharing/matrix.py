"""The matrix of roles: each request of each route, sent by each kind of caller, and what is wrong with the response."""

import json
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

from shared import ids
from shared.ids import CalendarId, EventId, UserId
from shared.scheduling.roles import EveryoneRole, Role
from shared.store import keys
from tests.harness.deployment import Deployment, Item
from tests.harness.gateway import Api, Context, Reply
from tests.harness.samples import NOW_NS
from tests.harness.sharing import SharedCalendar, new_user
from tests.integration.every_route import PREFIX, ROUTES, Ask, Scene
from tests.integration.sharing.rules import RULES, WRITE, Allowed, Answer, Denied, NoCalendar, NoEvent

# Longer than an operation may take to appear in the history: after that, an unknown one is not found.
SETTLED_SECONDS: Final = 70


@dataclass
class Guest(Api):
    """A user with a method of their own for reads, and the query of the request that they have sent last."""

    reads_with: str = "GET"
    last: dict[str, Any] = field(default_factory=dict)

    def send(self, event: dict[str, Any], context: Context | None = None) -> Reply:
        if event["httpMethod"] == "GET":
            event["httpMethod"] = self.reads_with
        self.last.update(event)
        return super().send(event, context)


@dataclass(frozen=True)
class Sample:
    """A request to a route, and the status of the response to somebody who may do everything."""

    method: str
    resource: str
    status: int
    ask: Ask
    number: int

    @property
    def route(self) -> tuple[str, str]:
        """Returns the route whose line in the rules holds: HEAD has that of GET."""
        return "GET" if self.method == "HEAD" else self.method, self.resource


def samples() -> list[Sample]:
    """Returns all sample requests of all routes about what is in a calendar, those of GET also as HEAD."""
    made = [Sample(each[0], f"{PREFIX}{each[1]}", each[2], each[3], number) for number, each in enumerate(ROUTES)]
    return [*made, *(replace(sample, method="HEAD") for sample in made if sample.method == "GET")]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of caller: a role of their own, that of everyone, and whether the event is one that they have created."""

    member: Role | None = None
    everyone: EveryoneRole | None = None
    own: bool = False

    @property
    def column(self) -> str:
        """Returns the column of the rules."""
        role = self.member or self.everyone or "none"
        return f"{role}_own" if self.own else role


KINDS: Final[dict[str, Kind]] = {
    "nobody": Kind(),
    "free_busy": Kind("free_busy"),
    "viewer": Kind("viewer"),
    "booker": Kind("booker"),
    "booker, own": Kind("booker", own=True),
    "editor": Kind("editor"),
    "owner": Kind("owner"),
    "everyone free_busy": Kind(everyone="free_busy"),
    "everyone viewer": Kind(everyone="viewer"),
    "everyone booker": Kind(everyone="booker"),
    "everyone booker, own": Kind(everyone="booker", own=True),
    # The larger of the two roles counts.
    "editor, everyone viewer": Kind("editor", "viewer"),
}


@dataclass(frozen=True)
class Cell:
    """The response to one request of one caller, and what is wrong with it."""

    status: int
    wrong: tuple[str, ...]


class Stage:
    """A calendar with an event of two versions, and a caller of a kind, who sends a sample."""

    def __init__(self, deployment: Deployment, sample: Sample, kind: Kind) -> None:
        deployment.clock.nanoseconds = NOW_NS
        self.deployment, self.sample, self.kind = deployment, sample, kind
        self.calendar = SharedCalendar(deployment.runtime)
        self.calendar.set_state(kind.everyone)
        self.user_id = new_user()
        if kind.member is not None:
            self.calendar.grant(self.user_id, kind.member)
        creator = self.user_id if kind.own else self.calendar.owner
        self.scene = Scene(deployment, Api(creator, calendar=self.calendar.calendar_id))
        deployment.clock.forward(seconds=SETTLED_SECONDS)
        self.query: dict[str, Any] = {}

    def ask(self, *, calendar_id: CalendarId | None = None, unknown: bool = False) -> Reply:
        """Sends the sample; under another calendar, or about an event and an operation that nobody has heard of."""
        scene = copy(self.scene)
        guest = Guest(self.user_id, calendar=calendar_id or self.calendar.calendar_id)
        guest.reads_with = "HEAD" if self.sample.method == "HEAD" else "GET"
        scene.api = guest
        if unknown:
            scene.first = {**scene.first, "id": str(uuid4()), "history_id": str(uuid4())}
            scene.event = {**scene.event, "history_id": str(uuid4())}
            scene.operation_id = ids.new_id(NOW_NS)
        reply = self.sample.ask(scene)
        self.query = guest.last["queryStringParameters"] or {}
        return reply

    @property
    def expected(self) -> Answer:
        """Returns what the rules say of the request that was sent last."""
        line = WRITE if self.query.get("on_conflict") == "allow" else RULES[self.sample.route]
        answer: Answer = getattr(line, self.kind.column)
        return answer

    def stored(self) -> dict[str, Item]:
        """Returns what is stored in the calendar, and the versions of its event."""
        settings, found = self.deployment.runtime.settings, {}
        calendar_id, event_id = self.calendar.calendar_id, EventId(self.scene.first["id"])
        for table, partition in (
            (settings.events_table, keys.calendar(calendar_id)),
            (settings.history_table, keys.history_partition(calendar_id, event_id)),
        ):
            response = self.deployment.runtime.clients.dynamodb.query(
                TableName=table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": partition}},
                ConsistentRead=True,
            )
            found.update({json.dumps([item["pk"], item["sk"]]): item for item in response["Items"]})
        return found

    @property
    def marks(self) -> dict[str, str]:
        """Returns what nobody is told who may not read the event, by what it is."""
        scene = self.scene
        return {
            "the owner's id": self.calendar.owner,
            "the event's id": scene.first["id"],
            "the first version's id": scene.first["history_id"],
            "the second version's id": scene.event["history_id"],
            "the operation's id": scene.operation_id,
            "the event's title": scene.event["title"],
        }


def cell(deployment: Deployment, sample: Sample, kind: Kind) -> Cell:
    """Returns the cell of a request of a caller."""
    stage = Stage(deployment, sample, kind)
    before = stage.stored()
    reply = stage.ask()
    expected = stage.expected
    wrong = []
    if isinstance(expected, Allowed):
        if reply.status != sample.status:
            wrong.append(f"{reply.status}, not {sample.status}: {reply.text[:300]}")
        wrong += _wrong_of_own(stage, reply) if kind.column.startswith("booker") else []
    else:
        wrong += _wrong_of_refusal(stage, reply, expected)
        if stage.stored() != before:
            wrong.append("changes what is stored")
    return Cell(reply.status, tuple(wrong))


def _wrong_of_own(stage: Stage, reply: Reply) -> list[str]:
    """Returns what is wrong with what a caller is shown who may read only what they have created."""
    expected = stage.expected
    if not stage.kind.own:
        return [f"tells {name}" for name, mark in stage.marks.items() if mark in f"{reply.headers} {reply.text}"]
    if isinstance(expected, Allowed) and expected.own_only and "uid" not in stage.query:
        listed = reply.text if stage.sample.method != "HEAD" else stage.scene.first["id"]
        wanted = stage.sample.resource.endswith("/events")  # none is deleted
        return [] if (stage.scene.first["id"] in listed) >= wanted else ["does not list what the caller has created"]
    return []


def _wrong_of_refusal(stage: Stage, reply: Reply, expected: Answer) -> list[str]:
    """Returns what is wrong with the response to somebody who may not do it."""
    wrong = [f"tells {name}" for name, mark in stage.marks.items() if mark in f"{reply.headers} {reply.text}"]
    status = 403 if isinstance(expected, Denied) else 404
    if reply.status != status:
        return [*wrong, f"{reply.status}, not {status}: {reply.text[:300]}"]
    if isinstance(expected, Denied):
        role = stage.kind.member or stage.kind.everyone
        facts = (reply.body["type"], reply.body["role"], reply.body["needs"])
        if facts != ("/problems/not-allowed", role, expected.needs):
            wrong.append(f"says {facts}")
    if isinstance(expected, NoCalendar):
        elsewhere = stage.ask(calendar_id=CalendarId(ids.new_id(NOW_NS)))
        if told(elsewhere) != told(reply):
            wrong.append(f"a calendar that does not exist: {elsewhere.status} {elsewhere.text[:300]}")
    if isinstance(expected, NoCalendar | NoEvent | Denied):
        another = stage.ask(unknown=True)
        if told(another) != told(reply):
            wrong.append(f"an event that does not exist: {another.status} {another.text[:300]}")
    return wrong


def told(reply: Reply) -> tuple[int, str, dict[str, str]]:
    """Returns all that a caller learns from a response."""
    return reply.status, reply.text, reply.headers


def guest(calendar: SharedCalendar, user_id: UserId) -> Api:
    """Returns the client of a user who sends requests under a calendar."""
    return Api(user_id, calendar=calendar.calendar_id)
