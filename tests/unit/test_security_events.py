"""A security event is one line of JSON that a person reads, and that CloudWatch counts."""

import ast
import io
import json
import time
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest

from shared.observability import SecurityEvent, logger, security_event, serving
from tests.harness.template import ROOT

Json = dict[str, Any]


def metrics(line: Json) -> dict[str, tuple[float, dict[str, str]]]:
    """Returns the metrics that CloudWatch finds in a line, each with its value and its dimensions.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    found = {}
    metadata = line["_aws"]
    assert isinstance(metadata["Timestamp"], int)
    assert metadata["CloudWatchMetrics"]
    for directive in metadata["CloudWatchMetrics"]:
        assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
        assert directive["Namespace"] == "EventScheduling"
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            # The values are members of the root, texts for dimensions and numbers for metrics.
            assert all(isinstance(line[name], str) and 1 <= len(line[name]) <= 1024 for name in dimensions)
            for metric in directive["Metrics"]:
                assert metric.keys() == {"Name", "Unit"}
                assert metric["Unit"] == "Count"
                assert isinstance(line[metric["Name"]], int | float)
                found[metric["Name"]] = (line[metric["Name"]], {name: line[name] for name in dimensions})
    return found


def only_line(log: io.StringIO) -> Json:
    """Returns the only line that was written."""
    (text,) = log.getvalue().splitlines()
    line: Json = json.loads(text)
    return line


@pytest.mark.parametrize("name", get_args(SecurityEvent))
def test_it_is_a_metric_of_the_function(log: io.StringIO, name: SecurityEvent) -> None:
    serving("stack-LoginFunction-1", "request-1")
    security_event(name, user_id="user-1", source="203.0.113.17", sessions=3)
    assert metrics(only_line(log)) == {name: (1, {"FunctionName": "stack-LoginFunction-1"})}


def test_it_says_who_from_where_and_in_which_request(log: io.StringIO) -> None:
    serving("stack-LoginFunction-1", "request-1")
    security_event("LoginFailed", user_id="user-1", source="203.0.113.17", sessions=3)
    line = only_line(log)
    assert line["security_event"] == "LoginFailed"
    assert (line["user_id"], line["source"], line["correlation_id"]) == ("user-1", "203.0.113.17", "request-1")
    assert line["sessions"] == 3
    assert line["location"].startswith("test_it_says_who_from_where_and_in_which_request:")
    assert abs(line["_aws"]["Timestamp"] - time.time() * 1000) < 60_000


def test_what_is_unknown_is_left_out(log: io.StringIO) -> None:
    security_event("KeyRotated")
    line = only_line(log)
    assert not {"user_id", "source", "correlation_id"} & line.keys()
    # A dimension without a member of its name would be no metric.
    assert metrics(line) == {"KeyRotated": (1, {"FunctionName": "unknown"})}


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_no_level_of_logging_silences_what_alarms_count(
    log: io.StringIO, level: str, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(logger.setLevel, logger.log_level))
    logger.setLevel(level)
    logger.info("not this")
    security_event("RefreshReused", user_id="user-1")
    assert metrics(only_line(log)).keys() == {"RefreshReused"}


@pytest.mark.parametrize("name", get_args(SecurityEvent))
def test_operators_can_read_when_it_happens(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "operations.md").read_text("utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*.py")), ids=lambda path: str(path.stem))
def test_every_function_names_itself_and_the_request(path: Path) -> None:
    """Those behind the gateway do by the edge's handler; without it, lines could not be told apart, nor metrics be."""
    tree = ast.parse(path.read_text("utf-8"))
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    logs = imports & {"logger", "count", "security_event"}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert "handler" in imports or "serving" in calls or not logs
