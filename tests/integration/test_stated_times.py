"""The times that README, the reference and the template state, as numbers: terms, and the time that functions have.

As in test_stated_limits, the numbers are written out.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.runtime import use
from shared.settings import Settings
from tests.harness.botocore_faults import COMMIT, Wire, cancelled, refusal
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context, invoke
from tests.harness.identity_client import Identity, exchange, register
from tests.harness.payloads import ADA, REVIEW, created
from tests.harness.template import resources, template, variables

DAY = 86_400

# For each duration of the settings: the parameter that sets it, its default, and the unit in seconds.
DEFAULTS = {
    "access_token_seconds": ("AccessTokenSeconds", 900, 1),
    "refresh_token_seconds": ("RefreshTokenDays", 30, DAY),
    "session_seconds": ("SessionDays", 90, DAY),
    "refresh_grace_seconds": ("RefreshGraceSeconds", 30, 1),
    "deleted_seconds": ("DeletedEventDays", 30, DAY),
    "history_retention_seconds": ("HistoryRetentionDays", 0, DAY),
}


@pytest.mark.parametrize("setting", DEFAULTS)
def test_what_is_not_configured_is_as_it_is_stated(setting: str) -> None:
    parameter, value, unit = DEFAULTS[setting]
    parameters = template()["Parameters"]
    assert parameters[parameter]["Default"] == value
    environ = {
        name: str(parameters.get(refers_to.get("Ref"), {}).get("Default", "of the stack"))
        for name, refers_to in variables().items()
    }
    assert getattr(Settings.of(environ), setting) == value * unit


def test_a_session_lives_30_days_without_use_and_so_does_its_token(identity: Identity) -> None:
    token = register().body["refresh_token"]
    for _ in range(2):  # of the session, from each exchange on
        identity.clock.forward(30 * DAY - 1)
        answered = exchange(token)
        assert answered.status == 200
        assert answered.body["expires_in"] == 900
        (session,) = identity.items("SESSION#")
        assert int(session["expires_at"]["N"]) == identity.clock() // 1_000_000_000 + 30 * DAY
        token = answered.body["refresh_token"]
    identity.clock.forward(30 * DAY)
    assert exchange(token).status == 401


def test_a_deleted_event_can_be_restored_for_30_days(dynamodb_deployment: Deployment) -> None:
    event, clock = created(), dynamodb_deployment.clock
    dynamodb_deployment.record()
    ADA("DELETE", f"/events/{event['id']}")
    back = {"history_id": event["history_id"]}
    clock.forward(days=30)
    assert ADA("POST", f"/events/{event['id']}/rollback", back).status == 404
    assert ADA("GET", "/events/deleted").body["items"] == []
    clock.forward(seconds=-1)
    (listed,) = ADA("GET", "/events/deleted").body["items"]
    assert listed["restorable_until"] == "2026-12-22T09:00:00Z"
    assert ADA("POST", f"/events/{event['id']}/rollback", back).status == 200


def test_a_bulk_is_known_by_its_key_for_14_days(deployment: Deployment) -> None:
    key = {"Idempotency-Key": "4711"}
    first = ADA("POST", "/events/bulk", {"events": [REVIEW]}, headers=key).body
    deployment.clock.forward(seconds=14 * DAY - 1)
    again = ADA("POST", "/events/bulk", {"events": [REVIEW]}, headers=key)
    assert (again.body, again.headers["Idempotent-Replay"]) == (first, "true")
    deployment.clock.forward(seconds=1)
    other = ADA("POST", "/events/bulk", {"events": [REVIEW]}, headers=key)
    assert "Idempotent-Replay" not in other.headers
    assert other.body["operation_id"] != first["operation_id"]


def test_a_version_is_awaited_for_the_24_hours_that_a_stream_keeps_it(dynamodb_deployment: Deployment) -> None:
    event, clock = created(), dynamodb_deployment.clock
    dynamodb_deployment.new_records()  # lost
    changed = ADA("PATCH", f"/events/{event['id']}", {"title": "Retro"}).body
    dynamodb_deployment.record()
    path = f"/events/{event['id']}"
    asked = [
        f"{path}/history/{event['history_id']}",
        f"{path}/diff",
        f"{path}/diff?to={changed['history_id']}",
    ]
    clock.forward(seconds=DAY - 1)
    assert ADA("GET", f"{path}/history").body["pending"] == [1]
    assert [ADA("GET", each).status for each in asked] == [503] * 3
    clock.forward(seconds=2)  # the change of the same moment may have an id of the next millisecond
    assert ADA("GET", f"{path}/history").body["pending"] == []
    assert [ADA("GET", each).status for each in asked] == [404] * 3


@pytest.fixture
def seconds(dynamodb_deployment: Deployment) -> Iterator[Clock]:
    """How long a function has waited: pauses are as long as they may be, and take no time."""
    made = Clock()
    runtime = replace(dynamodb_deployment.runtime, monotonic=made.monotonic, sleep=made.sleep)
    with use(replace(runtime, jitter=lambda most: most)):
        yield made


def contended(wire: Wire) -> None:
    """Somebody else is always quicker: every checked write is cancelled."""
    wire.always[COMMIT] = lambda _: cancelled("None", "ConditionalCheckFailed")


def test_the_gateway_waits_longer_than_any_function_of_the_api(seconds: Clock, wire: Wire) -> None:
    of_all = template()["Globals"]["Function"]["Timeout"]
    functions = resources("AWS::Serverless::Function").values()
    behind_the_gateway = [
        each.get("Timeout", of_all)
        for each in functions
        if any(event["Type"] == "Api" for event in each.get("Events", {}).values())
    ]
    assert len(behind_the_gateway) > 5
    assert max(behind_the_gateway) < 29
    contended(wire)
    reply = ADA("POST", "/events", REVIEW, context=Context(milliseconds=of_all * 1000))
    assert reply.status == 503
    # Two seconds are left to answer in; the pause that would go past that is not begun, and lasts a second at most.
    assert of_all - 3 <= seconds.elapsed < of_all - 2


def test_a_request_that_has_no_time_left_is_tried_once(seconds: Clock, wire: Wire) -> None:
    contended(wire)
    assert ADA("POST", "/events", REVIEW, context=Context(milliseconds=2_000)).status == 503
    assert (wire.calls[COMMIT], seconds.elapsed) == (1, 0.0)


def test_a_pause_that_would_end_just_with_the_time_is_not_begun(
    dynamodb_deployment: Deployment, seconds: Clock, wire: Wire
) -> None:
    contended(wire)
    runtime = replace(dynamodb_deployment.runtime, monotonic=seconds.monotonic, sleep=seconds.sleep)
    with use(replace(runtime, jitter=lambda _: 1.0)):
        reply = ADA("POST", "/events", REVIEW, context=Context(milliseconds=4_000))
    assert reply.status == 503
    assert (wire.calls[COMMIT], seconds.elapsed) == (2, 1.0)


def test_an_undo_whose_time_is_just_up_begins_nothing(dynamodb_deployment: Deployment, seconds: Clock) -> None:
    made = ADA("POST", "/events/bulk", {"events": [REVIEW] * 2}).body
    dynamodb_deployment.record()
    before = dynamodb_deployment.calendars()
    undone = ADA("POST", f"/operations/{made['operation_id']}/undo", context=Context(milliseconds=2_000)).body
    assert {each["detail"] for each in undone["left"]} == {"time was up: undo again"}
    assert (undone["operation_id"], undone["undone"], seconds.elapsed) == (None, [], 0.0)
    assert dynamodb_deployment.calendars() == before


def test_recording_ends_at_half_of_its_time_and_reports_what_is_left(
    dynamodb_deployment: Deployment, seconds: Clock, wire: Wire
) -> None:
    assert ADA("POST", "/events/bulk", {"events": [REVIEW] * 3}).status == 201
    records = dynamodb_deployment.new_records()
    wire.always["BatchWriteItem"] = lambda _: refusal("ProvisionedThroughputExceededException")
    answer = invoke("record_history", {"Records": records}, Context(milliseconds=60_000))
    numbers = [each["dynamodb"]["SequenceNumber"] for each in records]
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == numbers
    assert 29 <= seconds.elapsed < 30


@pytest.mark.parametrize("function", ["check_history", "redrive_history", "sweep_history"])
@pytest.mark.parametrize(("milliseconds", "complete"), [(60_000, True), (59_999, False)])
def test_work_on_a_whole_table_stops_a_minute_before_its_end(
    deployment: Deployment, function: str, milliseconds: int, complete: bool
) -> None:
    bucket = deployment.runtime.settings.unreadable_bucket
    deployment.runtime.clients.s3.put_object(Bucket=bucket, Key="unreadable/1.json", Body=b"{}")
    functions = resources("AWS::Serverless::Function").values()
    assert [each["Timeout"] for each in functions if each["Handler"] == f"{function}.handler"] == [900]
    settings = replace(deployment.runtime.settings, history_retention_seconds=DAY)
    with use(replace(deployment.runtime, settings=settings)):
        assert invoke(function, {}, Context(milliseconds=milliseconds))["complete"] is complete
