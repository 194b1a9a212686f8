"""The access matrix: each request of each route, sent by each kind of caller, and what is wrong with the responses."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from uuid import uuid4

from shared.ids import UserId, default_calendar
from tests.harness.callers import Caller
from tests.harness.clock import NS_PER_SECOND
from tests.harness.deployment import Deployment, Item
from tests.harness.gateway import Api, Reply
from tests.harness.identity_client import PASSWORD, authorize, exchange, register
from tests.harness.samples import NOW_NS
from tests.integration.access.rules import RULES, Answer
from tests.integration.every_route import ACCOUNT, IN_CALENDAR, PREFIX, ROUTES, AccountScene, Json, in_calendar
from tests.integration.every_sharing_route import SHARING

Ask = Callable[[AccountScene], Reply]

OWNER: Final = "owner"
ANOTHER: Final = "another user"
# Longer than an operation may take to appear in the history: after that, an unknown one is not found.
SETTLED_SECONDS: Final = 60

_KEYS: Final = ("pk", "sk")


@dataclass(frozen=True)
class Sample:
    """A request to a route, and the status of the response to the owner of everything that it names."""

    method: str
    resource: str
    status: int
    ask: Ask
    number: int

    @property
    def name(self) -> str:
        """Returns the name of the row."""
        return f"{self.number}: {self.method} {self.resource}"

    @property
    def route(self) -> tuple[str, str]:
        """Returns the route whose line in the rules holds: HEAD has that of GET."""
        return "GET" if self.method == "HEAD" else self.method, self.resource


def samples() -> list[Sample]:
    """Returns all sample requests of all routes, those of GET also as HEAD."""
    requests: list[tuple[str, str, int, Ask]] = [(*each[:3], each[3]) for each in (*ROUTES, *IN_CALENDAR)]
    requests += [*ACCOUNT, *SHARING]
    made = [Sample(*request, number) for number, request in enumerate(requests)]
    return [*made, *(replace(sample, method="HEAD") for sample in made if sample.method == "GET")]


@dataclass
class Cast:
    """Two users, each with a session, and what is stored of the first: an event with two versions.

    Each begins at the same instant, in calendars of their own.
    """

    deployment: Deployment
    scene: AccountScene = field(init=False)
    callers: dict[str, Caller] = field(init=False)
    another_id: str = field(init=False)
    another_name: str = field(init=False)

    def __post_init__(self) -> None:
        self.deployment.clock.nanoseconds = NOW_NS
        names = [f"u{uuid4().hex[:20]}" for _ in range(2)]
        pairs = [register(name).body for name in names]
        kept, others = (authorize(pair["access_token"])["context"] for pair in pairs)
        owner_id = UserId(kept["user_id"])
        self.another_id, self.another_name = others["user_id"], names[1]
        credentials = {"username": names[0], "password": PASSWORD}
        self.scene = AccountScene(self.deployment, Api(owner_id), credentials=credentials, session_id=kept["session"])
        self.deployment.clock.forward(seconds=SETTLED_SECONDS)
        assert int(kept["exp"]) < self.deployment.clock() // NS_PER_SECOND, "the first tokens have expired"
        mine, theirs = (exchange(pair["refresh_token"]).body for pair in pairs)
        access, refresh = mine["access_token"], mine["refresh_token"]
        expired = pairs[0]["access_token"]
        self.callers = {
            "no token": Caller(owner_id),
            "no bearer": Caller(owner_id, authorization=f"Basic {access}"),
            "expired": Caller(owner_id, authorization=f"Bearer {expired}"),
            "expired, policy kept": Caller(owner_id, authorization=f"Bearer {expired}", kept=kept),
            "refresh token": Caller(owner_id, authorization=f"Bearer {refresh}"),
            "tampered": Caller(owner_id, authorization=f"Bearer {with_claims_of(access, theirs['access_token'])}"),
            "unsigned": Caller(owner_id, authorization=f"Bearer {unsigned(access)}"),
            ANOTHER: Caller(UserId(self.another_id), authorization=f"Bearer {theirs['access_token']}"),
            OWNER: Caller(owner_id, authorization=f"Bearer {access}"),
        }

    def ask(self, sample: Sample, caller: str) -> Reply:
        """Sends the owner's request as `caller`."""
        scene = copy(self.scene)
        scene.api = replace(self.callers[caller], reads_with="HEAD" if sample.method == "HEAD" else "GET")
        if sample.resource.startswith(PREFIX):
            # The owner's calendar, whoever asks.
            return in_calendar(sample.ask, default_calendar(self.scene.api.user_id))(scene)
        return sample.ask(scene)

    def stored(self) -> dict[str, Item]:
        """Returns all items of all tables, by table and key."""
        settings, client = self.deployment.runtime.settings, self.deployment.runtime.clients.dynamodb
        found = {}
        tables = (settings.events_table, settings.history_table, settings.users_table)
        for table in (*tables, settings.access_table, settings.directory_table):
            for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
                for item in page["Items"]:
                    key = {name: item[name] for name in _KEYS if name in item}
                    found[f"{table} {json.dumps(key)}"] = item
        return found

    def without_counts(self, items: dict[str, Item]) -> dict[str, Item]:
        """Returns `items` but for the count of bulk requests of the other user: what is refused counts as well."""
        return {key: item for key, item in items.items() if not ("BULK#" in key and self.another_id in key)}

    def changes_of_others(self, before: dict[str, Item], after: dict[str, Item]) -> list[str]:
        """Returns the keys of items outside of the other user's calendar and account that differ.

        Items that are new count only if they name the owner.
        """
        own, owner = (self.another_id, self.another_name), (self.scene.api.user_id, self.scene.credentials["username"])
        changed = [key for key, item in before.items() if after.get(key) != item]
        new = [key for key in after.keys() - before.keys() if any(mark in key for mark in owner)]
        return [key for key in (*changed, *new) if not any(mark in key for mark in own)]

    @property
    def marks(self) -> dict[str, str]:
        """Returns what no one but the owner may be told, by what it is."""
        scene = self.scene
        return {
            "the owner's id": scene.api.user_id,
            "the owner's name": scene.credentials["username"],
            "the event's id": scene.first["id"],
            "the first version's id": scene.first["history_id"],
            "the second version's id": scene.event["history_id"],
            "the operation's id": scene.operation_id,
            "the session's id": scene.session_id,
            "the event's title": scene.event["title"],
        }


def with_claims_of(token: str, other: str) -> str:
    """Returns `token` with the claims of `other`, and with its own header and signature."""
    header, _, signature = token.split(".")
    return f"{header}.{other.split('.')[1]}.{signature}"


def unsigned(token: str) -> str:
    """Returns `token` with the algorithm `none` and an empty signature's place filled with a character."""
    header, claims, _ = token.split(".")
    fields = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    header = urlsafe_b64encode(json.dumps({**fields, "alg": "none"}).encode()).decode().rstrip("=")
    return f"{header}.{claims}.A"


@dataclass
class Calls:
    """The calls to the database, counted."""

    deployment: Deployment
    made: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        for emitter in self._emitters:
            emitter.register("before-call.dynamodb", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        for emitter in self._emitters:
            emitter.unregister("before-call.dynamodb", self._count)

    @property
    def _emitters(self) -> list[Any]:
        clients = self.deployment.runtime.clients
        return [client.meta.events for client in (clients.dynamodb, clients.dynamodb_once)]

    def _count(self, model: Any, **_: Any) -> None:
        self.made[model.name] += 1


@dataclass(frozen=True)
class Cell:
    """The response to one request of one caller, and what is wrong with it."""

    caller: str
    status: int
    wrong: tuple[str, ...]


def row(cast: Cast, sample: Sample) -> list[Cell]:
    """Returns the cells of a request: those of the callers without rights first, the owner's last."""
    stored = cast.stored()
    return [_cell(cast, sample, caller, stored) for caller in cast.callers]


def _cell(cast: Cast, sample: Sample, caller: str, before: dict[str, Item]) -> Cell:
    """Returns the cell of a caller; `before` is what is stored, as long as no caller's request changes anything."""
    answer = RULES[sample.route].another_user
    with Calls(cast.deployment) as calls:
        reply = cast.ask(sample, caller)
    if answer is Answer.SAME_FOR_ALL or caller == OWNER:
        wrong = [] if reply.status == sample.status else [f"{reply.status}, not {sample.status}: {reply.text[:300]}"]
    elif caller == ANOTHER:
        wrong = [*_wrong_for_another(cast, sample, answer, reply, before, cast.stored())]
    else:
        # Without a call to the database nothing can have changed.
        wrong = [*_wrong_for_nobody(reply, calls.made)]
    if caller != OWNER:
        wrong += [f"tells {name}" for name, mark in cast.marks.items() if mark in f"{reply.headers} {reply.text}"]
    return Cell(caller, reply.status, tuple(wrong))


def _wrong_for_nobody(reply: Reply, calls: Counter[str]) -> Iterator[str]:
    """Yields what is wrong with the response to a caller without a valid token."""
    if reply.status != 401:
        yield f"{reply.status}, not 401: {reply.text[:300]}"
    elif (reply.headers["Content-Type"], reply.body["status"]) != ("application/problem+json", 401):
        yield "no problem document"
    if not reply.headers.get("WWW-Authenticate", "").startswith("Bearer"):
        yield "no challenge (RFC 6750, section 3)"
    if calls:
        yield f"calls the database: {dict(calls)}"


def _wrong_for_another(
    cast: Cast, sample: Sample, answer: Answer, reply: Reply, before: dict[str, Item], after: dict[str, Item]
) -> Iterator[str]:
    """Yields what is wrong with the response to another user."""
    served = 201 if sample.status == 409 else sample.status  # what the owner has is in nobody else's way
    expected = 404 if answer is Answer.NOT_FOUND else served
    if reply.status != expected:
        yield f"{reply.status}, not {expected}: {reply.text[:300]}"
    if answer is Answer.NOT_FOUND and cast.without_counts(after) != cast.without_counts(before):
        yield "changes what is stored"
    if changed := cast.changes_of_others(before, after):
        yield f"changes what is stored of others: {changed}"


def summary(rows: dict[str, list[Cell]]) -> Json:
    """Returns the figures of the matrix."""
    cells = [cell for each in rows.values() for cell in each]
    return {
        "routes": len(RULES),
        "requests": len(rows),
        "callers": len({cell.caller for cell in cells}),
        "cells": len(cells),
        "wrong": sum(bool(cell.wrong) for cell in cells),
    }
