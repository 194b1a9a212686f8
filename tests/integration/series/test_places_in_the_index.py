"""Changes with leave to conflict that move an event in the index, while another one wants the time that it keeps."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.runtime import use
from shared.scheduling.fences import RECENT
from tests.harness.botocore_faults import COMMIT, QUERY, Wire, document, reply
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA
from tests.integration.series.occurrences import change, made, single

# In the third week of the series; and an hour of the single event, which then lasts for days.
WANTED = ("2027-03-29T07:30:00Z", "2027-03-29T07:45:00Z")


def series(**fields: Any) -> dict[str, Any]:
    """Of five weeks."""
    return made(**rule("FREQ=WEEKLY;COUNT=5"), **fields)


def rule(text: str) -> dict[str, Any]:
    return {"recurrence": {"rule": text}}


def event(**fields: Any) -> dict[str, Any]:
    """Takes time around the wanted one."""
    body = {"title": "x", "start": "2027-03-29T07:00:00Z", "end": "2027-03-29T08:00:00Z"}
    made_event = ADA("POST", "/events", body | fields)
    assert made_event.status == 201
    return dict(made_event.body)


def whole(fields: dict[str, Any]) -> Callable[[dict[str, Any]], Reply]:
    return lambda stored: ADA("PATCH", f"/events/{stored['id']}", fields, on_conflict="allow")


def last_moved(stored: dict[str, Any]) -> Reply:
    fields = {"start": "2027-05-05T07:00:00Z", "end": "2027-05-05T08:00:00Z"}
    return change(stored, fields, "20270412T090000", on_conflict="allow")


def put_as_single(stored: dict[str, Any]) -> Reply:
    body = {"title": "x", "start": "2027-03-29T06:00:00Z", "end": "2027-03-29T08:00:00Z"}
    return ADA("PUT", f"/events/{stored['id']}", body, on_conflict="allow")


CHANGES = [
    pytest.param(series, whole(rule("FREQ=WEEKLY")), id="endless"),
    pytest.param(series, whole(rule("FREQ=WEEKLY;COUNT=3")), id="shorter"),
    pytest.param(series, whole({"end": "2027-03-15T08:50:00Z"}), id="each shorter"),
    pytest.param(series, last_moved, id="last one moved"),
    pytest.param(series, put_as_single, id="no series any more"),
    pytest.param(event, whole({"end": "2027-04-01T08:00:00Z"}), id="event longer"),
    pytest.param(event, whole({"start": "2027-03-29T07:15:00Z"}), id="event later"),
    pytest.param(
        event,
        whole({"recurrence": {"rule": "FREQ=DAILY"}, "time_zone": "Europe/Berlin"}),
        id="event becomes a series",
    ),
]


@pytest.mark.parametrize(("make", "allowed"), CHANGES)
def test_time_that_an_event_keeps_is_not_free_while_its_place_changes(
    dynamodb_deployment: Deployment,
    wire: Wire,
    make: Callable[[], dict[str, Any]],
    allowed: Callable[[dict[str, Any]], Reply],
) -> None:
    """One Query reads the new place before the change, and another one the old place after it."""
    stored = make()
    # So much is written meanwhile that the fence of that week does not remember how it was created.
    for number in range(RECENT):
        assert single(f"2027-03-30T{number:02}:00:00Z", f"2027-03-30T{number:02}:30:00Z").status == 201
    answers: list[Reply] = []

    def overtaken(request: AWSPreparedRequest) -> AWSResponse:
        if not answers:
            with use(dynamodb_deployment.runtime):
                answers.append(allowed(stored))
        answer = document(wire.send(request).content)
        answer["Items"] = [item for item in answer["Items"] if item["id"]["S"] != stored["id"]]
        return reply(200, answer)

    def seen_again(_: AWSPreparedRequest) -> None:
        wire.always.clear()

    wire.always[QUERY] = overtaken
    wire.always[COMMIT] = seen_again
    refused = single(*WANTED)
    assert answers[0].status == 200, answers
    assert refused.status == 409, refused
    assert [each["id"].partition("_")[0] for each in refused.body["conflicts"]] == [stored["id"]]


@pytest.mark.parametrize(("make", "fences"), [(series, 16), (event, 1)], ids=["series", "event"])
def test_the_fences_of_each_calendar_move_and_only_then(
    wire: Wire, make: Callable[..., dict[str, Any]], fences: int
) -> None:
    rooms = [ADA("POST", "/calendars", {"name": "Room", "kind": "room", "strict": False}).body["id"] for _ in range(2)]
    stored = make(calendars=rooms)
    end = {"end": stored["end"].replace(":00:00Z", ":05:00Z")}
    for fields in (end, {"title": "Another"}, {**end, "transparency": "transparent"}):
        assert whole(fields)(stored).status == 200
    moved = [
        sum(action.get("Update", {}).get("Key", {}).get("sk", {}).get("S", "").startswith("FENCE#") for action in each)
        for each in (request["TransactItems"] for request in wire.requests[COMMIT])
        if any("Put" in action and "title" in action["Put"]["Item"] for action in each)
    ]
    # Created, longer, of another title, and taking no time any more.
    assert moved == [fences * 3, fences * 3, 0, 0]
