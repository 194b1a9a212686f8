"""A split beside other writers, with answers that are lost, and with Queries that show half of it."""

from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.runtime import use
from tests.harness.botocore_faults import COMMIT, QUERY, Wire, document, reply
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.integration.series.occurrences import MOVED, SECOND, THIRD, change, made, occurrences, path, single

TUESDAY = {"start": "2027-03-30T07:00:00Z", "end": "2027-03-30T08:00:00Z"}
LATER = {"start": "2027-04-06T07:30:00Z", "end": "2027-04-06T08:30:00Z"}


def meanwhile(deployment: Deployment, *request: Any) -> Any:
    """Sends another request while one is served."""
    with use(deployment.runtime):
        return ADA(*request)


def stored(deployment: Deployment) -> list[tuple[str, int]]:
    """What is stored of events: titles and versions."""
    return sorted((item["title"]["S"], int(item["version"]["N"])) for item in deployment.events())


@pytest.mark.parametrize("fields", [{"title": "Retro"}, {"title": "Retro", **TUESDAY}])
def test_a_split_whose_answer_is_lost_is_made_once(
    dynamodb_deployment: Deployment, wire: Wire, fields: dict[str, str]
) -> None:
    series = made()
    wire.lose_answer(COMMIT)
    tail = change(series, fields, THIRD, scope="following")
    assert (tail.status, tail.body["title"], tail.body["split_from"]) == (200, "Retro", series["id"])
    assert stored(dynamodb_deployment) == [("Retro", 1), ("Standup", 2)]
    assert len(occurrences(series)) == len(occurrences(tail.body)) == 2
    # Who sends it again because nothing was heard makes no second one.
    assert change(series, fields, THIRD, scope="following").status == 404


def test_a_split_that_was_overtaken_is_not_made_again(dynamodb_deployment: Deployment, wire: Wire) -> None:
    series = made()
    rival = ("PATCH", f"/events/{series['id']}", {"title": "Theirs"})
    wire.lose_answer(COMMIT, lambda: meanwhile(dynamodb_deployment, *rival))
    assert change(series, {"title": "Retro"}, THIRD, scope="following").status == 503
    assert stored(dynamodb_deployment) == [("Retro", 1), ("Theirs", 3)]


@pytest.mark.parametrize("kind", ["single", "series", "occurrence"])
def test_of_two_that_want_the_same_time_one_gets_it(dynamodb_deployment: Deployment, wire: Wire, kind: str) -> None:
    series = made()
    other = made(start="2027-03-17T08:00:00Z", end="2027-03-17T09:00:00Z")
    rivals = {
        "single": ("POST", "/events", {"title": "Rival", **LATER}),
        "series": (
            "POST",
            "/events",
            {"title": "Rival", **LATER, "time_zone": "UTC", "recurrence": {"rule": "FREQ=DAILY;INTERVAL=2;COUNT=2"}},
        ),
        "occurrence": ("PATCH", path(other, "20270324T090000"), LATER),
    }
    answers = []

    def overtaken(_: AWSPreparedRequest) -> None:
        answers.append(meanwhile(dynamodb_deployment, *rivals[kind]))

    wire.then(COMMIT, overtaken)
    refused = change(series, TUESDAY, THIRD, scope="following")
    assert answers[0].status < 300, answers
    assert (refused.status, len(refused.body["conflicts"])) == (409, 1)
    assert len(occurrences(series)) == 4
    # And the other way around.
    wire.then(COMMIT, lambda _: answers.append(change_meanwhile(dynamodb_deployment, series)))
    refused = single("2027-04-13T07:30:00Z", "2027-04-13T08:30:00Z")
    assert answers[1].status == 200, answers[1]
    assert (refused.status, len(refused.body["conflicts"])) == (409, 1)


def change_meanwhile(deployment: Deployment, series: dict[str, Any]) -> Any:
    """Moves all from the fourth occurrence on to Tuesdays: there the third one takes nothing that a rival wants."""
    tuesday = {"start": "2027-04-13T07:00:00Z", "end": "2027-04-13T08:00:00Z"}
    return meanwhile(deployment, "PATCH", f"{path(series, '20270412T090000')}?scope=following", tuesday)


@pytest.mark.parametrize("scope", ["following", "this"])
def test_what_a_query_does_not_show_yet_is_known_by_the_fences(wire: Wire, scope: str) -> None:
    """A Query beside a transaction may show the series as it is since, and not yet what was split off from it."""
    series = made()
    fields = TUESDAY if scope == "following" else MOVED
    written = change(series, fields, THIRD if scope == "following" else SECOND, scope=scope).body
    hidden = written["id"].partition("_")[0]

    def half(request: AWSPreparedRequest) -> AWSResponse:
        answer = document(wire.send(request).content)
        answer["Items"] = [item for item in answer["Items"] if item["id"]["S"] != hidden]
        return reply(200, answer)

    wire.always[QUERY] = half
    # Where the change was, and where the series is otherwise.
    otherwise = "2027-04-06T07:00:00Z" if scope == "following" else "2027-04-05T07:00:00Z"
    for start in (written["start"], otherwise):
        refused = single(start, f"{start[:13]}:30:00Z")
        assert refused.status == 409, refused
        assert [each["id"].partition("_")[0] for each in refused.body["conflicts"]] == [hidden]
