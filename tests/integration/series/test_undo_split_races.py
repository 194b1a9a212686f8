"""Undo of a split beside other writers, with answers that are lost, and with Queries that show half of it."""

from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from tests.harness.botocore_faults import COMMIT, QUERY, READ, Wire, document, reply
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.integration.series.occurrences import single
from tests.integration.series.test_split_races import TUESDAY, meanwhile, stored
from tests.integration.series.test_undo import undo
from tests.integration.series.test_undo_split import THIRD_START, details, split, step, types

Json = dict[str, Any]
SPLIT = [("Retro", 1), ("Standup", 2)]
JOINED = [("Retro", 2), ("Standup", 3)]
SPLIT_AGAIN = [("Retro", 3), ("Standup", 4)]


@pytest.fixture(params=["undo", "undo of the undo"])
def operation(request: pytest.FixtureRequest, dynamodb_deployment: Deployment, wire: Wire) -> tuple[Json, Json, str]:
    """A series that was split, what was split off from it, and the operation to undo: that, or the undo of it."""
    head, tail, operation_id = split(dynamodb_deployment, {"title": "Retro", **TUESDAY})
    if request.param != "undo":
        operation_id = undo(operation_id)["operation_id"]
        step(dynamodb_deployment)
    wire.forget()
    return head, tail, operation_id


def after_undo(deployment: Deployment, head: Json, tail: Json, result: Json, before: list[tuple[str, int]]) -> None:
    """Checks that both parts were changed once, and that the result names the versions that are stored."""
    assert result["left"] == []
    assert stored(deployment) == (JOINED if before == SPLIT else SPLIT_AGAIN)
    assert types(result) == {head["id"]: "rollback", tail["id"]: "delete" if before == SPLIT else "restore"}
    ids = {item["id"]["S"]: item["history_id"]["S"] for item in deployment.events()}
    assert ids == {each["id"]: each["history_id"] for each in result["undone"]}


@pytest.mark.parametrize("loss", ["answer", "request", "late", "later"])
def test_an_undo_without_an_answer_is_made_once(
    dynamodb_deployment: Deployment, wire: Wire, operation: tuple[Json, Json, str], loss: str
) -> None:
    head, tail, operation_id = operation
    before = stored(dynamodb_deployment)
    if loss == "answer":
        wire.lose_answer(COMMIT)
    elif loss == "request":
        wire.lose_request(COMMIT)
    else:

        def held(request: AWSPreparedRequest) -> AWSResponse:
            # It is carried out once the series was read again, and what was split off was not; or once both were.
            wire.held.append(request)
            wire.before(READ if loss == "late" else COMMIT, wire.release, skip=int(loss == "late"))
            raise ReadTimeoutError(endpoint_url=request.url)

        wire.then(COMMIT, held)
    after_undo(dynamodb_deployment, head, tail, undo(operation_id), before)
    assert wire.held == []


@pytest.mark.parametrize("which", [0, 1])
def test_an_undo_that_was_overtaken_changes_nothing(
    dynamodb_deployment: Deployment, wire: Wire, operation: tuple[Json, Json, str], which: int
) -> None:
    *parts, operation_id = operation
    rival: tuple[str, str, Json] = ("PATCH", f"/events/{parts[which]['id']}", {"title": "Theirs"})
    if ADA("GET", f"/events/{parts[which]['id']}").status == 404:
        body = {"history_id": parts[which]["history_id"]}
        rival = ("POST", f"/events/{parts[which]['id']}/rollback?on_conflict=allow", body)
    wire.before(COMMIT, lambda: meanwhile(dynamodb_deployment, *rival))
    before = stored(dynamodb_deployment)
    found = details(undo(operation_id))
    assert found == dict.fromkeys((each["id"] for each in parts), "it has changed since")
    changed = [each for each in stored(dynamodb_deployment) if each not in before]
    assert len(changed) == 1


@pytest.mark.parametrize("which", [0, 1])
def test_an_answer_that_is_lost_and_overtaken_is_unknown(
    dynamodb_deployment: Deployment, wire: Wire, which: int
) -> None:
    *parts, operation_id = split(dynamodb_deployment, {"title": "Retro", **TUESDAY})
    rivals = [
        ("PATCH", f"/events/{parts[0]['id']}", {"title": "Theirs"}),
        ("POST", f"/events/{parts[1]['id']}/rollback?on_conflict=allow", {"history_id": parts[1]["history_id"]}),
    ]
    wire.lose_answer(COMMIT, lambda: meanwhile(dynamodb_deployment, *rivals[which]))
    result = undo(operation_id)
    if which == 1:
        # The series shows that both were written.
        assert types(result) == {parts[0]["id"]: "rollback", parts[1]["id"]: "delete"}
        return
    assert result["undone"] == []
    assert len(result["left"]) == 2
    assert all("may or may not" in each["detail"] for each in result["left"])
    assert result["operation_id"] is not None


@pytest.mark.parametrize("start", [THIRD_START[0], TUESDAY["start"], "2027-04-05T07:00:00Z", "2027-04-06T07:00:00Z"])
def test_what_a_query_does_not_show_yet_is_known_by_the_fences(
    wire: Wire, operation: tuple[Json, Json, str], start: str
) -> None:
    """A Query beside the transaction may show one part as it is since, and the other one not yet."""
    head, tail, operation_id = operation
    undone = types(undo(operation_id))
    live = tail if undone[tail["id"]] == "restore" else head

    def half(request: AWSPreparedRequest) -> AWSResponse:
        answer = document(wire.send(request).content)
        answer["Items"] = [item for item in answer["Items"] if item["id"]["S"] != live["id"]]
        return reply(200, answer)

    wire.always[QUERY] = half
    day = {"29": "Monday", "30": "Tuesday", "05": "Monday", "06": "Tuesday"}[start[8:10]]
    answer = single(start, f"{start[:13]}:30:00Z")
    if day != ("Tuesday" if live is tail else "Monday"):
        assert answer.status == 201, answer
        return
    assert answer.status == 409, answer
    assert [each["id"].partition("_")[0] for each in answer.body["conflicts"]] == [live["id"]]


def test_of_an_undo_and_another_that_wants_the_old_time_one_gets_it(
    dynamodb_deployment: Deployment, wire: Wire
) -> None:
    head, tail, operation_id = split(dynamodb_deployment, {"title": "Retro", **TUESDAY})
    rival = {"title": "Rival", "start": THIRD_START[0], "end": THIRD_START[1]}
    answers = []
    wire.before(COMMIT, lambda: answers.append(meanwhile(dynamodb_deployment, "POST", "/events", rival)))
    found = details(undo(operation_id))
    assert answers[0].status == 201, answers
    assert found.keys() == {head["id"], tail["id"]}
    assert all(answers[0].body["id"] in each for each in found.values())
    # And the other way around.
    assert ADA("DELETE", f"/events/{answers[0].body['id']}").status == 204
    wire.before(
        COMMIT, lambda: answers.append(meanwhile(dynamodb_deployment, "POST", f"/operations/{operation_id}/undo"))
    )
    refused = single(*THIRD_START)
    assert len(answers[1].body["undone"]) == 2
    assert (refused.status, len(refused.body["conflicts"])) == (409, 1)
