"""What the alarms of the template watch is what the functions publish, and all of the functions."""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest

from shared.observability import SecurityEvent
from tests.harness.template import ROOT, resources, template

ALARMS = resources("AWS::CloudWatch::Alarm")
FUNCTIONS = resources("AWS::Serverless::Function")
TABLES = resources("AWS::DynamoDB::Table")


def watched() -> Iterator[tuple[str, str, dict[str, str]]]:
    """The namespace, the name and the dimensions of each metric that an alarm watches."""
    for alarm in ALARMS.values():
        metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
        for metric in metrics if "Metrics" in alarm else [alarm]:
            # A dimension is what a reference leads to, or a text.
            dimensions = {
                each["Name"]: each["Value"]["Ref"] if isinstance(each["Value"], dict) else each["Value"]
                for each in metric.get("Dimensions", [])
            }
            yield metric["Namespace"], metric["MetricName"], dimensions


def of_functions(namespace: str) -> list[tuple[str, str]]:
    """The metrics of functions in `namespace` that alarms watch, each with the function."""
    return [(name, of["FunctionName"]) for space, name, of in watched() if space == namespace and "FunctionName" in of]


def published() -> set[tuple[str, str]]:
    """The metrics that functions publish with `count`, and by which function."""
    by_file = {function["Handler"].split(".")[0]: name for name, function in FUNCTIONS.items()}
    found = set()
    for path in (ROOT / "functions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "count":
                assert [keyword.arg for keyword in node.keywords] == ["FunctionName"]
                assert isinstance(node.args[0], ast.Constant)
                found.add((str(node.args[0].value), by_file[path.stem]))
    return found


def test_every_metric_of_ours_has_an_alarm_on_the_function_that_publishes_it() -> None:
    own = {
        (name, function) for name, function in of_functions("EventScheduling") if name not in get_args(SecurityEvent)
    }
    assert own == published()


def test_guesses_and_stolen_tokens_have_alarms() -> None:
    events = {(name, of) for name, of in of_functions("EventScheduling") if name in get_args(SecurityEvent)}
    assert events == {("LoginFailed", "LoginFunction"), ("RefreshReused", "RefreshFunction")}


def test_the_failures_of_every_function_have_one_alarm() -> None:
    errors = Counter(function for name, function in of_functions("AWS/Lambda") if name == "Errors")
    assert errors == dict.fromkeys(FUNCTIONS, 1)


def test_a_history_that_lags_and_a_lack_of_concurrency_have_alarms() -> None:
    others = {(name, *of.values()) for space, name, of in watched() if space == "AWS/Lambda" and name != "Errors"}
    # Concurrency is the account's, so these two are of all functions in the region.
    assert others == {("IteratorAge", "RecordHistoryFunction"), ("Throttles",), ("ConcurrentExecutions",)}


def test_faults_of_the_api_have_an_alarm() -> None:
    (faults,) = [of for space, name, of in watched() if (space, name) == ("AWS/ApiGateway", "5XXError")]
    assert faults == {"ApiName": "AWS::StackName", "Stage": "v1"}
    api = template()["Resources"]["Api"]["Properties"]
    assert (api["Name"], api["StageName"]) == ({"Ref": "AWS::StackName"}, "v1")


def test_throttling_of_every_table_and_index_with_capacity_of_its_own_has_an_alarm() -> None:
    found = {(name, *of.values()) for space, name, of in watched() if space == "AWS/DynamoDB"}
    expected: set[tuple[str, ...]] = set()
    for table, properties in TABLES.items():
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
            expected.add((metric, table))
            expected |= {(metric, table, index["IndexName"]) for index in properties.get("GlobalSecondaryIndexes", [])}
    assert found == expected


def test_faults_of_the_database_have_an_alarm() -> None:
    (query,) = ALARMS["DatabaseFaultsAlarm"]["Metrics"]
    assert query["Expression"] == 'SELECT SUM(SystemErrors) FROM SCHEMA("AWS/DynamoDB", TableName, Operation)'


@pytest.mark.parametrize("name", [name for name, alarm in ALARMS.items() if "Metrics" in alarm])
def test_an_alarm_on_several_metrics_is_one_that_aws_takes_and_the_local_stack_is_spared(name: str) -> None:
    first, *others = ALARMS[name]["Metrics"]
    assert first["Expression"].startswith("SELECT") or first["Expression"] == "SUM(FILL(METRICS(), 0))"
    assert all(each["ReturnData"] is False for each in others)
    assert len({each["Id"] for each in others}) == len(others) <= 10
    assert template()["Resources"][name]["Condition"] == "OnAws"


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_topic_if_there_is_one(name: str) -> None:
    topic = {"If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert ALARMS[name]["AlarmActions"] == topic
    assert {ALARMS[name].get(kind, topic) == topic for kind in ("OKActions", "InsufficientDataActions")} == {True}


@pytest.mark.parametrize("name", ALARMS)
def test_operators_can_read_what_an_alarm_means(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "operations.md").read_text("utf-8")
