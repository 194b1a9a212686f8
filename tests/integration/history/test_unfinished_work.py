"""Work on a whole table or bucket whose time is up: what it tells, what it publishes, and who tries it again."""

import json
from typing import Any

import pytest

from shared.errors import Unavailable
from tests.harness.gateway import Api, Context, invoke, payload
from tests.integration.history.history_deployment import HistoryDeployment

Json = dict[str, Any]
EVENT = {"title": "Review", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}
NO_TIME = Context(milliseconds=59_999)


class OneLook(Context):
    """Its time is up after one look at the clock."""

    def get_remaining_time_in_millis(self) -> int:
        self.milliseconds -= 1
        return 900_000 if self.milliseconds >= 0 else 0


def lost_version(deployment: HistoryDeployment) -> None:
    """An event whose first version never came, so old that it is on its way no more."""
    event_id = Api()("POST", "/events", EVENT).body["id"]
    deployment.clock.forward(1)
    Api()("PATCH", f"/events/{event_id}", {"title": "Retro"})
    assert deployment.deliver() == []
    deployment.forget(key for key, item in deployment.versions_by_key().items() if item["version"] == {"N": "1"})
    deployment.clock.forward(15 * 60 + 1)


def published(
    capsys: pytest.CaptureFixture[str], context: Context, event: Json | None = None
) -> tuple[Json, list[Any]]:
    """What a check answers, and the values of the metric that it publishes."""
    capsys.readouterr()
    answer: Json = invoke("check_history", event or {}, context)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return answer, [line["HistoryGaps"] for line in lines if "_aws" in line]


def test_a_check_that_has_to_go_on_does_not_say_that_nothing_is_missing(
    deployment: HistoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    lost_version(deployment)
    answer, values = published(capsys, NO_TIME)
    assert (answer["complete"], answer["missing"], values) == (False, 0, [])
    answer, values = published(capsys, OneLook(milliseconds=1))
    assert (answer["complete"], answer["missing"], values) == (False, 1, [[1.0]])
    # It goes on with what was found before, and publishes that again until its end.
    answer, values = published(capsys, Context(milliseconds=900_000), {"token": answer["token"]})
    assert (answer["complete"], answer["missing"], values) == (True, 1, [[1.0]])


def test_a_redrive_that_s3_asked_for_and_that_had_no_time_is_tried_again(deployment: HistoryDeployment) -> None:
    told = payload("redrive_history")
    key = told["detail"]["object"]["key"]
    assert Api()("POST", "/events", EVENT).status == 201
    (record,) = deployment.new_records()
    deployment.put_object(key, record)
    with pytest.raises(Unavailable):
        invoke("redrive_history", told, NO_TIME)
    notification = {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": key}}}]}
    with pytest.raises(Unavailable):
        invoke("redrive_history", notification, NO_TIME)
    assert deployment.versions() == []
    assert deployment.object_keys() == [key]
    # Who asks by hand is told, and asks again.
    for by_hand in ({}, {"keys": [key]}):
        assert invoke("redrive_history", by_hand, NO_TIME)["complete"] is False
    assert deployment.object_keys() == [key]
    assert invoke("redrive_history", told, Context(milliseconds=60_000))["replayed"] == 1
    assert deployment.object_keys() == []
