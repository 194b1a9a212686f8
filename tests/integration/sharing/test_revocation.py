"""Once a revocation has been answered, nothing of the one revoked is written, whatever was under way."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.scheduling.roles import Right
from shared.store import access_keys
from shared.store.access import GrantReader
from shared.store.bookings import DynamoBookingStore
from tests.harness.deployment import Deployment
from tests.integration.sharing.editors import Round, race

ROUNDS = int(os.environ.get("REVOCATION_ROUNDS", "10"))
MUTANT_ROUNDS = 20
# How long the writers are at work before the revocation.
SECONDS = (0.1, 0.2, 0.3, 0.4)


def test_nothing_is_stored_after_a_revocation_has_been_answered(
    dynamodb_deployment: Deployment, tell: Callable[[str], None]
) -> None:
    rounds = [race(dynamodb_deployment.runtime, SECONDS[at % len(SECONDS)]) for at in range(ROUNDS)]
    tell(
        f"revocation beside seven writers: {ROUNDS} rounds, {sum(each.before for each in rounds)} events before, "
        f"{sum(each.late for each in rounds)} stored late, {sum(each.served for each in rounds)} begun later and "
        f"served, at most {max(each.tries for each in rounds)} tries"
    )
    assert [each.late for each in rounds] == [0] * ROUNDS
    assert [each.served for each in rounds] == [0] * ROUNDS
    assert min(each.before for each in rounds) > 2


def test_a_right_that_is_read_before_the_write_is_not_enough(
    dynamodb_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: each write reads the right just before, strongly consistent, and does not hold to it."""

    def read_only(grants: GrantReader, right: Right) -> dict[str, Any]:
        del right
        grants.read({})
        key = access_keys.calendar_key(grants.access.calendar_id)
        check = {"TableName": grants._table, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
        return {"ConditionCheck": check}

    monkeypatch.setattr(GrantReader, "check", read_only)
    rounds: list[Round] = []
    while len(rounds) < MUTANT_ROUNDS and not any(each.late for each in rounds):
        rounds.append(race(dynamodb_deployment.runtime, SECONDS[len(rounds) % len(SECONDS)]))
    assert any(each.late for each in rounds), rounds


def test_nor_is_it_for_bookings(dynamodb_deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: bookings read the right with what they plan by, and do not hold to it."""
    held = DynamoBookingStore._actions
    monkeypatch.setattr(DynamoBookingStore, "_actions", lambda store, write: held(store, replace(write, right=None)))
    rounds: list[Round] = []
    while len(rounds) < MUTANT_ROUNDS and not any(each.late for each in rounds):
        seconds = SECONDS[len(rounds) % len(SECONDS)]
        rounds.append(race(dynamodb_deployment.runtime, seconds, lambda editor: [editor.book] * 4))
    assert any(each.late for each in rounds), rounds
