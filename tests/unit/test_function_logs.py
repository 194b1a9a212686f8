"""Following the functions' logs: a look that fails is a line of text, never the end of the stack."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from tools import following, function_logs
from tools.following import lines
from tools.function_logs import FunctionLogs

GROUP = "event-scheduling-api-FunctionLogs"
CHANGED = ClientError(
    {"Error": {"Code": "InternalError", "Message": "dictionary changed size during iteration"}}, "FilterLogEvents"
)


class LocalAws:
    """Log groups and their streams, as the two services tell of them; `faults` are what the next looks meet."""

    def __init__(self) -> None:
        self.streams: dict[str, list[dict[str, Any]]] = {}
        self.faults: list[Exception | dict[str, Any]] = []

    def client(self, _service: str, _config: Config) -> Any:
        return self

    def describe_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == "stack"
        return {"StackResources": [{"ResourceType": "AWS::Logs::LogGroup", "PhysicalResourceId": GROUP}]}

    def filter_log_events(self, logGroupName: str, startTime: int) -> dict[str, Any]:  # noqa: N803
        assert logGroupName == GROUP
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        every = [{**event, "logStreamName": name} for name, events in self.streams.items() for event in events]
        return {"events": [event for event in every if event["timestamp"] >= startTime]}

    def describe_log_streams(self, logGroupName: str, orderBy: str) -> dict[str, Any]:  # noqa: N803
        assert (logGroupName, orderBy) == (GROUP, "LastEventTime")
        found = [{"logStreamName": name, "lastEventTimestamp": each[-1]["timestamp"]} for name, each in self._by_time()]
        return {"logStreams": found[:50]}

    def _by_time(self) -> list[tuple[str, list[dict[str, Any]]]]:
        return sorted(self.streams.items(), key=lambda each: int(each[1][-1]["timestamp"]))

    def delete_log_stream(self, logGroupName: str, logStreamName: str) -> None:  # noqa: N803
        assert logGroupName == GROUP
        del self.streams[logStreamName]

    def log(self, stream: str, at: float, *messages: str) -> None:
        self.streams[stream] = [{"timestamp": int(at * 1000), "message": f"{message}\n"} for message in messages]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, which moves on only as the follower sleeps."""
    now = [1_000_000.0]
    stands = SimpleNamespace(time=lambda: now[0], sleep=lambda seconds: now.append(now.pop() + seconds))
    monkeypatch.setattr(function_logs, "time", stands)
    monkeypatch.setattr(following, "time", stands)
    return now


def looks(count: int) -> Callable[[], bool]:
    """Whether the stack is alive: for so many looks."""
    left = [count]

    def alive() -> bool:
        left[0] -= 1
        return left[0] >= 0

    return alive


@pytest.mark.parametrize(
    "fault",
    [
        CHANGED,
        ReadTimeoutError(endpoint_url="http://127.0.0.1"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
        ConnectionResetError("reset by peer"),
        ResponseParserError("no JSON"),
        {},
        {"events": None},
        {"events": [{"timestamp": 1}]},
        {"events": ["x"]},
    ],
    ids=repr,
)
def test_a_failed_look_is_one_line_and_a_next_try(clock: list[float], fault: Exception | dict[str, Any]) -> None:
    aws = LocalAws()
    logs = FunctionLogs(aws.client, "stack")
    aws.log("one", clock[0], "START x", "first", "END x")
    aws.faults = [fault, fault, fault]
    told, *shown = lines(looks(5), logs)
    assert told.startswith("==> Cannot read the logs now: ")
    assert shown == ["first"]


def test_another_fault_is_told_and_so_is_one_that_comes_back(clock: list[float]) -> None:
    aws = LocalAws()
    logs = FunctionLogs(aws.client, "stack")
    aws.faults = [CHANGED, OSError("full"), {"events": []}, OSError("full")]
    assert [line.rpartition(": ")[2] for line in lines(looks(6), logs)] == [
        "dictionary changed size during iteration",
        "full",
        "full",
    ]
    del clock


def test_only_the_end_of_the_stack_ends_it(clock: list[float]) -> None:
    aws = LocalAws()
    aws.faults = [CHANGED] * 1000
    assert len(list(lines(looks(100), FunctionLogs(aws.client, "stack")))) == 1
    assert list(lines(lambda: False, FunctionLogs(aws.client, "stack"))) == []
    del clock


def test_every_line_is_shown_once_also_when_it_comes_late(clock: list[float]) -> None:
    aws = LocalAws()
    follow = FunctionLogs(aws.client, "stack")
    aws.log("before", clock[0] - 1, "of an earlier time")
    aws.log("a", clock[0] + 1, "a1", "a2")
    assert list(lines(looks(3), follow)) == ["a1", "a2"]
    aws.log("late", clock[0] - 1, "late")
    aws.log("b", clock[0], "b")
    assert list(lines(looks(3), follow)) == ["late", "b"]


def test_the_owner_deletes_what_is_older_than_a_minute(clock: list[float]) -> None:
    aws = LocalAws()
    for number in range(120):
        aws.log(f"of an earlier run {number}", clock[0] - 3600, "x")
    for number in range(100):
        aws.log(f"now {number}", clock[0], f"{number}")
    owner = FunctionLogs(aws.client, "stack", delete_old=True)
    assert len(list(lines(looks(1), owner))) == 100
    assert {name.partition(" ")[0] for name in aws.streams} == {"now"}
    assert list(lines(looks(200), owner)) == []
    assert aws.streams == {}


def test_others_delete_nothing(clock: list[float]) -> None:
    aws = LocalAws()
    aws.log("old", clock[0] - 3600, "x")
    assert list(lines(looks(3), FunctionLogs(aws.client, "stack"))) == []
    assert [*aws.streams] == ["old"]


def test_a_source_that_fails_does_not_hide_another(clock: list[float]) -> None:
    failing, logged = LocalAws(), LocalAws()
    failing.faults = [OSError("full")] * 3
    logged.log("one", clock[0], "first")
    sources = [FunctionLogs(aws.client, "stack") for aws in (failing, logged)]
    assert list(lines(looks(3), *sources)) == ["==> Cannot read the logs now: OSError: full", "first"]
