"""The objects of a redrive: how many there may be, how many are in memory, and those that are gone."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from tests.harness.botocore_faults import reply
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.upkeep import bulk, redrive


def own_key(number: int) -> str:
    """The key of an object as `record_history` puts it."""
    return f"unreadable/{number:064x}.json"


@contextmanager
def hearing(client: Any, event: str, handler: Any) -> Iterator[None]:
    """Let `handler` hear, or answer, an event of a client before everybody else."""
    client.meta.events.register_first(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)


@pytest.mark.parametrize("size", [1, 7, 30])
def test_all_objects_are_found_however_many_pages_they_fill(deployment: HistoryDeployment, size: int) -> None:
    """A page is of a thousand objects at most; here of a few."""
    for number, record in enumerate(bulk(deployment, 30)):
        deployment.put_object(own_key(number), record)
    pages = Counter[str]()

    def few(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = size
        pages["read"] += 1

    with hearing(deployment.clients.s3, "provide-client-params.s3.ListObjectsV2", few):
        answer = redrive()
    assert (answer["complete"], answer["objects"], answer["replayed"]) == (True, 30, 30)
    assert pages["read"] >= 30 // size
    assert len(deployment.versions()) == 30
    assert deployment.object_keys() == []


@pytest.mark.parametrize(
    ("names", "most"),
    [(own_key, 25), (lambda number: f"aws/lambda/{number:04d}", 1)],
    ids=["own objects, of one record", "Lambda's, of a batch"],
)
def test_no_more_objects_are_in_memory_than_there_is_room_for(
    deployment: HistoryDeployment, names: Any, most: int
) -> None:
    """Up to 800 KB an own object, and 12 MB one of Lambda's: what is read is written before the next is read."""
    for number, record in enumerate(bulk(deployment, 60)):
        deployment.put_object(names(number), record)
    done: list[str] = []

    def note(model: Any, **_: Any) -> None:
        done.append(model.name)

    with (
        hearing(deployment.clients.s3, "before-call.s3", note),
        hearing(deployment.clients.dynamodb_once, "before-call.dynamodb", note),
    ):
        assert redrive()["replayed"] == 60
    in_memory, seen = 0, []
    for name in done:
        in_memory = in_memory + 1 if name == "GetObject" else 0 if name == "BatchWriteItem" else in_memory
        seen.append(in_memory)
    assert max(seen) == most
    assert done.count("GetObject") == 60


class TestAnObjectThatCannotBeRead:
    def answered(self, deployment: HistoryDeployment, answer: AWSResponse) -> dict[str, Any]:
        """A redrive of one object, about which S3 answers so."""
        (record,) = bulk(deployment, 1)
        deployment.put_object(own_key(1), record)
        with hearing(deployment.clients.s3, "before-send.s3.GetObject", lambda **_: answer):
            return redrive()

    def test_is_gone_if_s3_says_no_more_than_404(self, deployment: HistoryDeployment) -> None:
        """As whatever stands between may cut an answer to."""
        answer = self.answered(deployment, reply(404, {}, length=0))
        assert (answer["objects"], answer["gone"], answer["replayed"], answer["left"]) == (1, 1, 0, 0)

    @pytest.mark.usefixtures("deployment")
    def test_is_gone_if_s3_knows_no_such_key(self) -> None:
        answer = redrive({"keys": ["never/there"]})
        assert (answer["objects"], answer["gone"]) == (1, 1)

    def test_stays_if_s3_denies_it(self, deployment: HistoryDeployment) -> None:
        """A defect of the deployment is no reason to think it gone."""
        with pytest.raises(ClientError, match="403"):
            self.answered(deployment, reply(403, {}, length=0))
        assert deployment.object_keys() == [own_key(1)]
