"""Random histories against a model that keeps every state."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import jsonpatch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ids import UserId
from tests.harness.gateway import Api
from tests.integration.history.history_deployment import HistoryDeployment

TITLES = ["Review", "Retro", "Standup"]
HOURS = [f"2027-03-01T{hour:02d}:00:00Z" for hour in range(24)]
CONTENT = ("title", "description", "start", "end", "start_local", "start_date", "end_date", "recurrence")
TIMED: dict[str, Any] = {"all_day": None, "start_date": None, "end_date": None}
RULES = ["FREQ=DAILY", "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY", None]
# What callers say of a recurrence; the rest follows from it, and from when it was checked.
SAID = ("rule", "dates", "excluded", "changed")

Step = tuple[str, int, int, int]

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("create", "edit", "move", "whole days", "replace", "delete", "roll back", "restore", "undo", "clock"),
                *("recur", "recur", "change one", "change one", "cancel one", "roll back one"),
            ]
        ),
        st.integers(0, 2),  # which event
        st.integers(0, 30),  # which title, hour or version
        st.integers(-7 * 24 * 3600, 3600),  # by how much the clock moves, mostly back
    ),
    min_size=5,
    max_size=30,
)


def timed(start: str) -> dict[str, Any]:
    """What an event that begins at `start`, and is not of whole days, has beside its times."""
    return {"start_local": f"{start[:-1]}+00:00", "start_date": None, "end_date": None}


def said(document: dict[str, Any]) -> dict[str, Any]:
    """What callers say of an event in its document."""
    recurrence = document["recurrence"]
    part = None if recurrence is None else {name: recurrence[name] for name in SAID}
    return {**{name: document[name] for name in CONTENT}, "recurrence": part}


def recurrence_id(event: dict[str, Any], value: int) -> str:
    """The id of one of the first days of a series in UTC, at its time."""
    return f"2027030{1 + value % 3}T{event['start'][11:13]}0000"


def has(recurrence: dict[str, Any], one: str) -> bool:
    """Whether a series from the first of March on has an occurrence on one of its first days."""
    return recurrence["rule"] != "FREQ=WEEKLY" or one.startswith("20270301")


def following(recurrence: dict[str, Any] | None, start: str) -> dict[str, Any] | None:
    """A recurrence whose exceptions have followed the series to another time of the day."""
    if recurrence is None:
        return None
    at = f"{start[11:13]}0000"
    excluded = [f"{each[:9]}{at}" for each in recurrence["excluded"]]
    changed = {f"{each[:9]}{at}": own for each, own in recurrence["changed"].items()}
    return {**recurrence, "excluded": excluded, "changed": changed}


@dataclass
class State:
    """What one event was at each of its versions, as the API's own documents; None where it is deleted."""

    event_id: str
    states: list[dict[str, Any]] = field(default_factory=list)
    deletions: set[int] = field(default_factory=set)

    @property
    def deleted(self) -> bool:
        return len(self.states) - 1 in self.deletions

    def content(self, number: int) -> dict[str, Any]:
        return said(self.states[number])


class Model:
    """Takes steps by way of the API, and keeps what each event has to be after each of them."""

    def __init__(self, deployment: HistoryDeployment, api: Api) -> None:
        self._deployment = deployment
        self._api = api
        self.events: list[State] = []

    def take(self, step: Step) -> None:
        kind, which, value, seconds = step
        if kind == "clock":
            self._deployment.clock.forward(seconds)
        elif kind == "create" or not self.events:
            self._create(value)
        else:
            state = self.events[which % len(self.events)]
            if kind in {"roll back", "restore"}:
                self._roll_back(state, value % len(state.states))
            elif kind == "undo":
                # Mostly the latest: an older one is always left.
                self._undo(state, max(0, len(state.states) - 1 - value // 10))
            elif kind == "recur":
                if not state.deleted and not state.states[-1]["all_day"]:
                    self._recur(state, RULES[value % len(RULES)])
            elif kind.endswith(" one"):
                self._change_one(state, kind, value)
            elif not state.deleted:
                self._change(state, kind, value)

    def _create(self, value: int) -> None:
        body = {"title": TITLES[value % 3], "start": HOURS[value % 23], "end": HOURS[value % 23 + 1]}
        body["time_zone"] = "UTC"
        reply = self._api("POST", "/events", body, on_conflict="allow")
        assert reply.status == 201
        self.events.append(State(reply.body["id"], [reply.body]))

    def _change(self, state: State, kind: str, value: int) -> None:
        path = f"/events/{state.event_id}"
        expected = state.content(-1)
        if kind == "delete":
            assert self._api("DELETE", path).status == 204
            state.states.append(state.states[-1])
            state.deletions.add(len(state.states) - 1)
            return
        if kind == "edit":
            fields: dict[str, Any] = {"title": TITLES[value % 3], "description": "line\n" * (value % 4)}
            reply = self._api("PATCH", path, fields)
        elif kind == "move":
            fields = {"start": HOURS[value % 23], "end": HOURS[value % 23 + 1]}
            reply = self._api("PATCH", path, fields | TIMED, on_conflict="allow")
            fields |= timed(fields["start"])
            # Exceptions follow the time of day.
            expected["recurrence"] = following(expected["recurrence"], fields["start"])
        elif kind == "whole days":
            if expected["recurrence"] is not None:
                return
            days = {"start_date": f"2027-03-{value % 9 + 1:02d}", "end_date": f"2027-03-{value % 7 + 11}"}
            reply = self._api("PATCH", path, days | {"all_day": True}, on_conflict="allow")
            times = {name: f"{days[f'{name}_date']}T00:00:00Z" for name in ("start", "end")}
            fields = {**days, **times, "start_local": None}
        else:
            fields = {"title": TITLES[value % 3], "start": HOURS[value % 20], "end": HOURS[value % 20 + 2]}
            expected |= {"description": "", "recurrence": None}
            reply = self._api("PUT", path, fields, on_conflict="allow")
            fields |= timed(fields["start"])
        self._expect(state, reply.body, expected | fields, reply.status)

    def _recur(self, state: State, rule: str | None) -> None:
        """The event gets another rule, or becomes a single one; exceptions of which there are no days any more go."""
        expected = state.content(-1)
        was = expected["recurrence"] or {"dates": [], "excluded": [], "changed": {}}
        expected["recurrence"] = None
        if rule is not None:
            excluded = [each for each in was["excluded"] if rule != "FREQ=WEEKLY" or each.startswith("20270301")]
            changed = {each: own for each, own in was["changed"].items() if rule != "FREQ=WEEKLY" or "0301T" in each}
            expected["recurrence"] = {"rule": rule, "dates": [], "excluded": excluded, "changed": changed}
        body = {"recurrence": None if rule is None else {"rule": rule}}
        reply = self._api("PATCH", f"/events/{state.event_id}", body, on_conflict="allow", exceptions="drop")
        self._expect(state, reply.body, expected, reply.status)

    def _change_one(self, state: State, kind: str, value: int) -> None:
        """One occurrence gets a title, is cancelled or comes back, or is what it was at a version."""
        expected = state.content(-1)
        recurrence = expected["recurrence"]
        one = recurrence_id(expected, value)
        there = not state.deleted and recurrence is not None and has(recurrence, one)
        path = f"/events/{state.event_id}"
        title, cancelled = (recurrence or {"changed": {}})["changed"].get(one, {}).get("title"), False
        if there:
            cancelled = one in recurrence["excluded"]
        if kind == "roll back one":
            number = value % len(state.states)
            then = state.content(number)["recurrence"]
            body = {"history_id": self._ids(state)[number]}
            reply = self._api("POST", f"{path}/rollback", body, on_conflict="allow", occurrence=one)
            there = there and then is not None and has(then, one)
            if there:
                title, cancelled = then["changed"].get(one, {}).get("title"), one in then["excluded"]
        elif kind == "cancel one":
            there, cancelled = there and (value % 2 == 1 or not cancelled), value % 2 == 0
            if cancelled:
                reply = self._api("DELETE", f"{path}_{one}")
            else:
                reply = self._api("PATCH", f"{path}_{one}", {"cancelled": False}, on_conflict="allow")
        else:
            there, title = there and not cancelled, TITLES[value % 3]
            reply = self._api("PATCH", f"{path}_{one}", {"title": title}, on_conflict="allow")
        assert (reply.status in {200, 204}) == there, (reply, one)
        if not there:
            assert reply.status == 404
            return
        changed = {each: own for each, own in recurrence["changed"].items() if each != one}
        if title is not None and title != expected["title"]:
            changed[one] = {"title": title}
        excluded = [each for each in recurrence["excluded"] if each != one]
        if cancelled:
            excluded = recurrence["excluded"] if one in recurrence["excluded"] else [*excluded, one]
        expected["recurrence"] = {**recurrence, "changed": changed, "excluded": excluded}
        self._expect(state, self._api("GET", path).body, expected, 200)

    def _roll_back(self, state: State, number: int) -> None:
        body = {"history_id": self._ids(state)[number]}
        reply = self._api("POST", f"/events/{state.event_id}/rollback", body, on_conflict="allow")
        event = reply.body
        assert event.pop("changed") == (state.deleted or state.content(-1) != state.content(number))
        if state.deleted:
            state.states.append(event)
            assert reply.status == 200
            assert state.content(-1) == state.content(number)
        else:
            self._expect(state, event, state.content(number), reply.status)

    def _undo(self, state: State, number: int) -> None:
        """The event goes back to the version before the one that the operation made, if that is the latest."""
        assert self._deployment.deliver() == []
        path = f"/events/{state.event_id}"
        versions = self._api("GET", f"{path}/history", limit="100").body["items"]
        operation_id = versions[-1 - number]["operation_id"]
        latest = number == len(state.states) - 1
        if latest and number == 0:
            kind = "delete"
        elif latest:
            kind = "restore" if state.deleted else "delete" if number - 1 in state.deletions else "rollback"
        for dry_run in ("true", "false"):
            reply = self._api("POST", f"/operations/{operation_id}/undo", dry_run=dry_run, on_conflict="allow")
            assert reply.status == 200
            undone = [(each["id"], each["type"]) for each in reply.body["undone"]]
            assert undone == ([(state.event_id, kind)] if latest else [])
            assert [each["id"] for each in reply.body["left"]] == ([] if latest else [state.event_id])
            assert (reply.body["operation_id"] is not None) == (latest and dry_run == "false")
        if not latest:
            return
        if kind == "delete":
            assert self._api("GET", path).status == 404
            state.states.append(state.states[-1])
            state.deletions.add(len(state.states) - 1)
        else:
            state.states.append(self._api("GET", path).body)
            assert state.content(-1) == state.content(number - 1)

    def _expect(self, state: State, body: dict[str, Any], expected: dict[str, Any], status: int) -> None:
        """A change makes one version; what changes nothing makes none."""
        assert status == 200
        if expected != state.content(-1):
            state.states.append(body)
        assert said(body) == expected
        assert body["version"] == len(state.states)

    def _ids(self, state: State) -> list[str]:
        """The ids of an event's versions, oldest first, once the stream has brought them."""
        assert self._deployment.deliver() == []
        page = self._api("GET", f"/events/{state.event_id}/history", limit="100").body
        assert page["next_cursor"] is None
        assert page["pending"] == []
        return [item["history_id"] for item in reversed(page["items"])]

    def check(self, state: State, random: Random) -> None:
        """Every version reads back as it was, every diff applies, no number is missing, and no id goes back."""
        ids = self._ids(state)
        assert len(ids) == len(state.states)
        assert all(before < after for before, after in pairwise(ids))
        assert all(UUID(each).version == 7 for each in ids)
        path = f"/events/{state.event_id}"
        documents = []
        for number, history_id in enumerate(ids):
            version = self._api("GET", f"{path}/history/{history_id}").body
            assert version["version"] == number + 1
            assert (version["type"] == "delete") == (number in state.deletions)
            documents.append(version["event"])
            if number in state.deletions:
                assert said(version["event"]) == state.content(number)
            else:
                assert version["event"] == state.states[number]
        for _ in range(4):
            self._check_diff(path, ids, documents, random, state.deletions)

    def _check_diff(
        self, path: str, ids: list[str], documents: Sequence[Any], random: Random, deletions: set[int]
    ) -> None:
        one, other = random.randrange(len(ids)), random.randrange(len(ids))
        between: dict[str, Any] = {"from": ids[one], "to": ids[other]}  # "from" is a word of Python's
        diff = self._api("GET", f"{path}/diff", **between).body
        assert jsonpatch.apply_patch(documents[one], diff["patch"]) == documents[other]
        before, after = said(documents[one]), said(documents[other])
        expected = {name for name in CONTENT if before[name] != after[name]}
        expected |= {"deleted"} if (one in deletions) != (other in deletions) else set()
        fields = {change["field"].partition(".")[0] for change in diff["changes"]}
        assert fields == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, seed=st.integers(0, 2**32))
def test_every_state_reads_back_and_every_diff_applies(
    deployment: HistoryDeployment, steps: list[Step], seed: int
) -> None:
    random = Random(seed)  # noqa: S311 the same for the same example
    model = Model(deployment, Api(user_id=UserId(str(UUID(int=random.getrandbits(128))))))
    for step in steps:
        model.take(step)
    for state in model.events:
        model.check(state, random)
