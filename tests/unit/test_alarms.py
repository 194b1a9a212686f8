"""What the alarms of the template watch is what the functions publish."""

import ast
from typing import Any

import pytest

from tests.harness.template import ROOT, resources

ALARMS = resources("AWS::CloudWatch::Alarm")


def published() -> dict[str, str]:
    """The metrics that functions publish, and by which function."""
    found = {}
    for path in (ROOT / "functions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "count":
                assert [keyword.arg for keyword in node.keywords] == ["FunctionName"]
                assert isinstance(node.args[0], ast.Constant)
                found[str(node.args[0].value)] = path.stem
    return found


def watched(alarm: dict[str, Any]) -> str:
    """The file of the function that an alarm watches."""
    (dimension,) = alarm["Dimensions"]
    assert dimension["Name"] == "FunctionName"
    handler: str = resources("AWS::Serverless::Function")[dimension["Value"]["Ref"]]["Handler"]
    return handler.removesuffix(".handler")


def test_every_metric_of_ours_has_an_alarm_on_the_function_that_publishes_it() -> None:
    own = {alarm["MetricName"]: watched(alarm) for alarm in ALARMS.values() if alarm["Namespace"] == "EventScheduling"}
    assert own == published()


def test_the_functions_that_nobody_waits_for_have_alarms_on_their_failures() -> None:
    metrics = {(watched(alarm), alarm["MetricName"]) for alarm in ALARMS.values() if alarm["Namespace"] == "AWS/Lambda"}
    assert metrics == {
        ("record_history", "IteratorAge"),
        ("record_history", "Errors"),
        ("redrive_history", "Errors"),
        ("sweep_history", "Errors"),
        ("notify", "Errors"),
    }


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_topic_if_there_is_one(name: str) -> None:
    topic = {"If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert ALARMS[name]["AlarmActions"] == topic
