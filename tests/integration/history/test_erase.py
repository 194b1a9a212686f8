"""The erasure of a user, as the function runs it: whole, in two passes, and from wherever it was stopped."""

import json
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

import jwt
import pytest

from shared.errors import MalformedEvent
from shared.identity.erasures import LATE_SECONDS, LEASE_SECONDS, Erasure, new_erasure_id
from shared.ids import ErasureId, UserId
from shared.store.identity_keys import mails_key
from shared.store.item_kinds import kind_of
from shared.wiring.erasures import erasures
from tests.harness.deployment import Item
from tests.harness.gateway import Api, Context, invoke, payload
from tests.harness.identity_client import exchange, login, register
from tests.harness.stream import Stream
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.upkeep import EVENT

NAME, ADDRESS = "Ada.Lovelace", "ada.private@example.com"
WORDS = ("Ada's secret", "what it is about", "Room 4711", "because I say so", "4711@example.com", NAME, ADDRESS)
PRIVATE = {**EVENT, "title": WORDS[0], "description": WORDS[1], "location": WORDS[2], "uid": WORDS[4]}


def user(deployment: HistoryDeployment, name: str = NAME, address: str = ADDRESS) -> Api:
    """A new user, with a session, whose mail has been sent."""
    tokens = register(name, email=address).body
    user_id = jwt.decode(tokens["access_token"], options={"verify_signature": False})["sub"]
    for item in users(deployment):
        if item["pk"]["S"].startswith("MAIL#"):
            key = {"pk": item["pk"], "sk": item["sk"]}
            deployment.clients.dynamodb.delete_item(TableName=deployment.runtime.settings.users_table, Key=key)
    return Api(user_id=UserId(user_id), username=name)


def story(deployment: HistoryDeployment, api: Api) -> None:
    """Items of every kind that requests and functions make."""
    event_id = api("POST", "/events", PRIVATE).body["id"]
    deployment.clock.forward(1)
    api("PATCH", f"/events/{event_id}", {"location": f"{WORDS[2]}!", "reason": WORDS[3]})
    gone = api("POST", "/events?on_conflict=allow", {**PRIVATE, "uid": "other"}).body["id"]
    api("DELETE", f"/events/{gone}", reason=WORDS[3])
    api("POST", "/events/bulk", {"events": [PRIVATE | {"uid": None}] * 3}, headers={"Idempotency-Key": "17"})
    assert login(api.username).status == 200
    assert login(api.username, "a wrong password").status == 401
    records = deployment.new_records()
    assert deployment.deliver(records) == []
    deployment.put_object(f"unreadable/{api.username}.json", records[0])
    deployment.put_object(f"aws/lambda/{api.username}", {"Records": records[:2]})


def users(deployment: HistoryDeployment) -> list[Item]:
    return deployment.scan(deployment.runtime.settings.users_table)


def everything(deployment: HistoryDeployment) -> dict[tuple[str, str, str], Any]:
    """All items and objects, by table and key."""
    items: dict[tuple[str, str, str], Any] = {("bucket", key, ""): each for key, each in deployment.objects().items()}
    settings = deployment.runtime.settings
    tables = {
        "events": deployment.scan(settings.events_table),
        "history": deployment.scan(settings.history_table),
        "users": users(deployment),
        "access": deployment.scan(settings.access_table),
        "directory": [{**item, "sk": {"S": ""}} for item in deployment.scan(settings.directory_table)],
    }
    for table, found in tables.items():
        items |= {(table, item["pk"]["S"], item["sk"]["S"]): item for item in found}
    return items


def kinds(deployment: HistoryDeployment) -> Counter[str]:
    """How many items there are of each kind."""
    found: Counter[str] = Counter()
    for table, pk, sk in everything(deployment):
        kind = kind_of(table, pk, sk)  # type: ignore[arg-type]
        assert kind is not None, (table, pk, sk)
        found[kind.name] += 1
    return found


def bytes_of(deployment: HistoryDeployment, api: Api) -> list[str]:
    """Which of the user's words, name, address and id are stored, in any case of letters."""
    # Their keys are strings in lists here, so that keys are searched, too.
    text = json.dumps([[*key, item] for key, item in everything(deployment).items()], ensure_ascii=False).lower()
    return [word for word in (*WORDS, api.user_id) if word.lower() in text]


def of(deployment: HistoryDeployment, api: Api) -> dict[tuple[str, str, str], Any]:
    """What is stored of a user."""
    marks = (api.user_id, api.username.lower(), api.username)
    return {
        key: item for key, item in everything(deployment).items() if any(mark in str([key, item]) for mark in marks)
    }


def begin(deployment: HistoryDeployment, api: Api) -> ErasureId:
    runtime = deployment.runtime
    known = erasures().known(api.user_id)
    made = Erasure.of(
        known.subject, new_erasure_id(runtime.random_bytes), runtime.now(), runtime.settings.access_token_seconds
    )
    return erasures().begin(made, has_login=known.account is not None)


def erase(event: dict[str, Any] | None = None, milliseconds: int = 900_000) -> dict[str, Any]:
    answer: dict[str, Any] = invoke("erase", event or {}, Context(milliseconds=milliseconds))
    return answer


def certificate(erasure_id: ErasureId) -> Erasure:
    found = erasures().get(erasure_id)
    assert found is not None
    return found


ALL = {
    "profiles": 1,
    "sessions": 2,
    "events": 5,
    "versions": 7,
    "fences": 1,
    "idempotency_keys": 1,
    "bulk_counts": 1,
    "usages": 1,
    "unreadable_records": 1,
    "failed_batches": 1,
    "names": 1,
    "logins": 1,
    "guesses": 2,
}


def test_nothing_of_the_user_is_left_and_all_of_another_is(deployment: HistoryDeployment) -> None:
    ada, grace = user(deployment), user(deployment, "grace", "grace@example.com")
    story(deployment, ada)
    assert set(kinds(deployment)) >= ALL.keys()
    story(deployment, grace)
    hers = of(deployment, grace)
    assert len(hers) > 20
    erasure_id = begin(deployment, ada)
    assert erase() == {"erasing": 0, "erased": 1, "verified": 0, "complete": True}
    first = certificate(erasure_id)
    assert (first.status, first.counts) == ("erased", ALL)
    # Its id, until the second pass has looked for what may have come late; nothing else.
    assert bytes_of(deployment, ada) == [*WORDS[:5], ada.user_id]
    assert not {each for each in of(deployment, ada) if each[0] != "users"}
    assert of(deployment, grace) == hers

    assert erase() == {"erasing": 0, "erased": 0, "verified": 0, "complete": True}
    deployment.record()
    deployment.clock.forward(LATE_SECONDS + deployment.runtime.settings.access_token_seconds)
    assert erase()["verified"] == 1
    assert of(deployment, ada) == {}
    done = certificate(erasure_id)
    assert (done.status, done.subject, done.counts) == ("verified", None, ALL)
    assert of(deployment, grace) == hers


def test_without_another_user_no_word_is_left(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    story(deployment, ada)
    assert bytes_of(deployment, ada) == [*WORDS, ada.user_id]
    begin(deployment, ada)
    erase()
    assert bytes_of(deployment, ada) == [ada.user_id]
    deployment.clock.forward(days=2)
    erase()
    assert bytes_of(deployment, ada) == []
    assert kinds(deployment) == {"erasures": 1, "guesses_of_sources": 1}


def test_the_stream_begins_an_erasure(deployment: HistoryDeployment) -> None:
    stream = Stream(deployment.runtime, deployment.runtime.settings.users_table)
    ada = user(deployment)
    stream.read()
    erasure_id = begin(deployment, ada)
    records = [each for each in stream.read() if each["dynamodb"]["Keys"]["pk"]["S"].startswith("ERASURE#")]
    assert [each["eventName"] for each in records] == ["INSERT"]
    assert erase({"Records": records})["erased"] == 1
    # Delivered once more, it is not due.
    assert erase({"Records": records})["erased"] == 1
    assert certificate(erasure_id).counts == {"profiles": 1, "sessions": 1, "names": 1, "logins": 1}


def test_what_comes_late_is_erased_before_the_erasure_is_verified(deployment: HistoryDeployment) -> None:
    """A recorder that lags, and an access token that is still valid."""
    ada = user(deployment)
    ada("POST", "/events", PRIVATE)
    late = deployment.new_records()
    erasure_id = begin(deployment, ada)
    erase()
    assert certificate(erasure_id).counts.get("versions", 0) == 0
    deployment.deliver(late)
    assert ada("POST", "/events", PRIVATE).status == 201
    deployment.record()
    assert set(WORDS[:3]) <= set(bytes_of(deployment, ada))
    due = certificate(erasure_id)
    assert due.due_at is not None
    deployment.clock.forward(due.due_at - deployment.runtime.now() - 1)
    assert erase()["verified"] == 0
    deployment.clock.forward(1)
    assert erase()["verified"] == 1
    assert bytes_of(deployment, ada) == []
    assert certificate(erasure_id).counts["versions"] == 2


def test_nobody_logs_in_and_no_session_goes_on(deployment: HistoryDeployment) -> None:
    user(deployment)
    tokens = login(NAME).body
    (profile,) = [item for item in users(deployment) if item["sk"]["S"] == "PROFILE"]
    begin(deployment, Api(user_id=UserId(profile["user_id"]["S"])))
    assert login(NAME).status == 401
    erase()
    assert login(NAME).status == 401
    assert exchange(tokens["refresh_token"]).status == 401


def test_a_name_can_be_registered_again_once_it_is_erased(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    erasure_id = begin(deployment, ada)
    assert register(NAME).status == 409
    erase()
    other = user(deployment)
    assert other.user_id != ada.user_id
    theirs = of(deployment, other)
    deployment.clock.forward(days=2)
    assert erase()["verified"] == 1
    assert of(deployment, other) == theirs
    assert certificate(erasure_id).counts["logins"] == 1


def test_an_erasure_is_begun_once(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    first = begin(deployment, ada)
    assert begin(deployment, ada) == first
    erase()
    assert begin(deployment, ada) == first
    deployment.clock.forward(days=2)
    erase()
    # Verified: what there may be later is another erasure.
    assert begin(deployment, ada) != first
    assert kinds(deployment)["erasures"] == 2


def test_a_foreign_identity_has_no_login_to_erase(deployment: HistoryDeployment) -> None:
    foreign = Api(user_id=UserId("5c9e1b1e-0000-5000-8000-000000000001"))
    foreign("POST", "/events", PRIVATE)
    deployment.record()
    erasure_id = begin(deployment, foreign)
    erase()
    deployment.clock.forward(days=2)
    erase()
    assert certificate(erasure_id).counts == {"events": 1, "versions": 1, "fences": 1, "usages": 1}
    assert bytes_of(deployment, foreign) == []


def test_an_erasure_goes_on_where_its_time_was_up(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    story(deployment, ada)
    erasure_id = begin(deployment, ada)
    assert erase(milliseconds=59_999) == {"erasing": 0, "erased": 0, "verified": 0, "complete": False}
    assert certificate(erasure_id).counts == {}

    class UpAfterAPage(Context):
        """The time that is left: enough to begin, and up when a page is done."""

        looks = 0

        def get_remaining_time_in_millis(self) -> int:
            self.looks += 1
            return 900_000 if self.looks == 1 else 0

    runs = 0
    while certificate(erasure_id).status == "erasing":
        runs += 1
        assert runs < 20
        invoke("erase", {}, UpAfterAPage())
    assert runs > 3
    assert certificate(erasure_id).counts == ALL


class Crash(Exception):
    """The process of the function dies."""


@contextmanager
def crashing(deployment: HistoryDeployment, at: int) -> Iterator[list[str]]:
    """Lets the process die when it makes its call number `at`, and each later one; yields the calls up to then."""
    made: list[str] = []
    lock = Lock()

    def hear(model: Any, **_: Any) -> None:
        with lock:
            made.append(model.name)
            if len(made) > at:
                raise Crash

    clients = deployment.clients
    each = {clients.dynamodb, clients.dynamodb_once, clients.s3}
    for client in each:
        client.meta.events.register("before-call", hear)
    try:
        yield made
    finally:
        for client in each:
            client.meta.events.unregister("before-call", hear)


def test_an_erasure_that_dies_between_any_two_calls_is_completed(deployment: HistoryDeployment) -> None:
    """What is left after each is whole; what it has counted is at least what the calls before it have erased."""
    at, died = 0, True
    while died:
        ada = user(deployment, f"ada{at}")
        story(deployment, ada)
        stored = kinds(deployment)
        erasure_id = begin(deployment, ada)
        with crashing(deployment, at), suppress(Crash):
            erase()
            died = False
        assert certificate(erasure_id).status == ("erasing" if died else "erased"), at
        deployment.clock.forward(LEASE_SECONDS)
        with crashing(deployment, at // 2), suppress(Crash):
            erase()
        deployment.clock.forward(LEASE_SECONDS)
        erase()
        done = certificate(erasure_id)
        assert done.status == "erased", at
        assert bytes_of(deployment, ada) == [ada.user_id], at
        assert all(done.counts.get(kind, 0) <= stored[kind] for kind in ALL), at
        if not died:
            assert done.counts == ALL
        deployment.clock.forward(days=2)
        deployment.record()
        with crashing(deployment, at // 3), suppress(Crash):
            erase()
        deployment.clock.forward(LEASE_SECONDS)
        erase()
        assert certificate(erasure_id).status == "verified", at
        assert bytes_of(deployment, ada) == [], at
        assert kinds(deployment) == {"erasures": at + 1, "guesses_of_sources": 1}
        at += 1
    assert at > 25


def test_two_runs_do_not_work_at_one_erasure(deployment: HistoryDeployment) -> None:
    ada = user(deployment)
    erasure_id = begin(deployment, ada)
    taken = certificate(erasure_id)
    assert erasures().save(taken, taken.taken(deployment.runtime.now()))
    assert erase({"erasure_id": erasure_id})["erased"] == 0
    deployment.clock.forward(LEASE_SECONDS)
    assert erase()["erased"] == 1


def test_an_id_is_256_random_bits() -> None:
    one = new_erasure_id(bytes)
    assert urlsafe_b64decode(f"{one}=") == bytes(32)
    assert len(one) == 43


@pytest.mark.usefixtures("deployment")
def test_what_is_not_an_erasure_is_left_alone() -> None:
    assert erase({"erasure_id": "unknown"}) == {"erasing": 0, "erased": 0, "verified": 0, "complete": True}
    assert erase(payload("erase")) == {"erasing": 0, "erased": 0, "verified": 0, "complete": True}
    with pytest.raises(MalformedEvent):
        invoke("erase", {"erasure_id": 7})
    with pytest.raises(MalformedEvent):
        invoke("erase", [])  # type: ignore[arg-type]


@pytest.mark.parametrize("verified", [True, False])
def test_what_is_known_of_an_address_is_erased_but_no_limit_is_lifted(
    deployment: HistoryDeployment, verified: bool
) -> None:
    """Nor is anything of another user erased, to whom the address belongs."""
    ada = user(deployment)
    table, partition = deployment.runtime.settings.users_table, {"S": f"EMAIL#{ADDRESS}"}
    owner = {"S": ada.user_id if verified else "somebody else"}
    for sk in ("ADDRESS", "CODE#reset"):
        item = {"pk": partition, "sk": {"S": sk}, "user_id": owner}
        deployment.clients.dynamodb.put_item(TableName=table, Item=item)
    counts = [mails_key(of) for of in (f"ADDRESS#{ADDRESS}", f"USER#{ada.user_id}", "NETWORK#203.0.113.17")]
    for count in counts:
        deployment.clients.dynamodb.put_item(TableName=table, Item=count)
    begin(deployment, ada)
    erase()
    left = [item["sk"]["S"] for item in users(deployment) if item["pk"] == partition]
    assert left == ([] if verified else ["ADDRESS", "CODE#reset"])
    assert all(count in users(deployment) for count in counts)
