"""Ids that follow from what a client says."""

import uuid

import pytest

from shared import ids
from shared.ids import CalendarId, OperationId
from shared.scheduling.idempotency import digest_of
from tests.harness.samples import OWNER, new_id

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, f"calendar:{OWNER}")


@pytest.mark.parametrize("uid", ["4711@example.com", "Ä b", "ä b", "\U0001f600", "x" * 255, "key:order#0"])
def test_a_uid_names_an_event_of_its_calendar(uid: str) -> None:
    assert ids.of_uid(OWNER, uid) == str(uuid.uuid5(NAMESPACE, uid))
    assert ids.is_id(ids.of_uid(OWNER, uid))


def test_a_key_names_an_event() -> None:
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"keys of calendar:{OWNER}")
    assert ids.of_key(OWNER, "order-4711") == str(uuid.uuid5(namespace, "order-4711"))
    assert ids.of_key(OWNER, "order-4711") != ids.of_uid(OWNER, "order-4711")


def test_another_calendar_has_other_ids() -> None:
    assert ids.of_uid(OWNER, "x") != ids.of_uid(CalendarId(new_id()), "x")


def test_an_operation_names_its_own_ids_of_its_moment() -> None:
    operation = OperationId(new_id())
    made = {ids.of_operation(operation, f"version {index}") for index in range(1_000)}
    assert len(made) == 1_000
    assert made == {ids.of_operation(operation, f"version {index}") for index in range(1_000)}
    assert {ids.made_at(each) for each in made} == {ids.made_at(operation)}
    assert {uuid.UUID(each).version for each in made} == {7}
    assert ids.of_operation(OperationId(new_id()), "version 0") not in made


def test_a_subject_of_another_issuer_has_one_id_that_no_user_of_this_api_has() -> None:
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, "issuer:https://id.example.com")
    made = ids.of_subject("https://id.example.com", "auth0|4711")
    assert made == str(uuid.uuid5(namespace, "auth0|4711"))
    assert ids.is_id(made)
    assert not ids.is_uuid7(made)
    others = {("https://id.example.com/", "auth0|4711"), ("https://id.example.com", "auth0|4712")}
    assert made not in {ids.of_subject(*other) for other in others}


def test_a_digest_tells_objects_apart_and_not_their_order() -> None:
    assert digest_of({"a": 1, "b": "x"}) == digest_of({"b": "x", "a": 1})
    assert digest_of({"a": 1, "b": "x"}) != digest_of({"a": 1, "b": "y"})
    assert len(digest_of({})) == 24
