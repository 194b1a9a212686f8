"""What functions do with tables is what their policies in the template allow, down to the partition keys."""

import importlib

import pytest

from shared.runtime import Runtime
from tests.harness.dataset import Dataset
from tests.harness.gateway import Context
from tests.harness.permissions import Access, accesses, allows, patterns, statements
from tests.harness.requests import USUAL_ROUTES
from tests.harness.routes import Route
from tests.harness.shared_calendar_requests import SHARED_ROUTES
from tests.harness.template import resources

FUNCTIONS = sorted(function["Handler"].split(".")[0] for function in resources("AWS::Serverless::Function").values())
# What gives rights away: the lists of users are beside the members of calendars.
SHARING = {"calendars", "invitations", "members"}
LOGICAL_IDS = {name: name for name in resources("AWS::DynamoDB::Table")}


# In a shared calendar one bulk does what all of them do, and a simulated transaction takes long.
SHARED = [route for route in SHARED_ROUTES if "1,000" not in route.name]
OF_EVENTS = {"events", "bulk_create", "history", "rollback", "undo"}


@pytest.mark.parametrize("route", [*USUAL_ROUTES, *SHARED], ids=lambda route: route.name)
def test_a_function_may_do_what_it_does(route: Route, runtime: Runtime) -> None:
    event = route.prepare(Dataset(runtime), 0)
    handler = importlib.import_module(f"functions.{route.function}").handler
    with accesses(runtime.clients) as found:
        route.check(handler(event, Context(milliseconds=28_000)))
    assert [access for access in found if not allows(route.function, access, LOGICAL_IDS)] == []


def test_what_no_policy_allows_is_told() -> None:
    allowed = Access("GetItem", "EventsTable", None, frozenset({"CAL#x"}))
    assert allows("events", allowed, LOGICAL_IDS)
    for refused in (
        Access("DeleteItem", "EventsTable", None, frozenset({"CAL#x"})),
        Access("GetItem", "UsersTable", None, frozenset({"CAL#x"})),
        Access("GetItem", "EventsTable", None, frozenset({"CAL#x", "USER#x"})),
        Access("Query", "EventsTable", None, frozenset({"CAL#x"})),
        Access("Query", "HistoryTable", None, frozenset({"SWEPT"})),
    ):
        assert not allows("events", refused, LOGICAL_IDS), refused


def test_only_who_manages_calendars_writes_rights_and_has_nothing_of_events() -> None:
    writes = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
    writers = set()
    for function in FUNCTIONS:
        for statement in statements(function):
            if "AccessTable" in str(statement["Resource"]):
                writers |= {function} if {action.split(":")[1] for action in statement["Action"]} & writes else set()
            elif function in SHARING:
                assert "DirectoryTable" in str(statement["Resource"]), (function, statement)
    assert writers == SHARING | {"erase", "purge_calendars"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_of_calendars_names_no_other_keys(function: str) -> None:
    """A scan has no partition key, and the record of sweeps is read and written by what scans.

    Besides calendars there are the counts of what they hold, and of the bulk requests of users.
    """
    for statement in statements(function):
        scans = "dynamodb:Scan" in statement["Action"]
        if not scans and "UsersTable" not in str(statement["Resource"]):
            if function in SHARING | {"erase"} or "DirectoryTable" in str(statement["Resource"]):
                assert {*patterns(statement)} <= {"CAL#*", "USER#*", "NAME#*"}, statement
            else:
                assert patterns(statement) in (["CAL#*"], ["CAL#*#USAGE"], ["USER#*"]), statement


@pytest.mark.parametrize("function", sorted(OF_EVENTS))
def test_a_function_of_events_only_reads_what_calendars_grant(function: str) -> None:
    """And holds to it: who breaks into one of them cannot give themselves a role, there or in any other calendar."""
    found = [each for each in statements(function) if "AccessTable" in str(each["Resource"])]
    actions = {action for each in found for action in each["Action"]}
    reads, holds = "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"
    assert actions == ({reads} if function == "history" else {reads, holds})
    assert [patterns(each) for each in found] == [["CAL#*"]] * len(found)
    assert not any("DirectoryTable" in str(each["Resource"]) for each in statements(function))
