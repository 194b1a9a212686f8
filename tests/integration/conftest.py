"""What the tests of handlers share."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff

from shared.identity import passwords
from shared.runtime import Runtime, use
from tests.harness.botocore_faults import Wire
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment, on_clock
from tests.harness.identity_client import Identity
from tests.harness.users_table import UsersTable


@pytest.fixture(scope="session", autouse=True)
def quick_repetitions() -> Iterator[None]:
    """The SDK's pauses before it repeats a call take no time: up to three seconds for each call that is throttled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
        yield


@pytest.fixture
def identity(runtime: Runtime) -> Iterator[Identity]:
    """`runtime` with a clock that stands, pauses that take no time, and its calls to the database counted."""
    clock = Clock()
    with use(on_clock(runtime, clock)) as used:
        made = Identity(used, clock)

        def count(model: Any, **_: Any) -> None:
            made.calls[model.name] += 1

        used.clients.dynamodb.meta.events.register("before-call.dynamodb", count)
        yield made
        used.clients.dynamodb.meta.events.unregister("before-call.dynamodb", count)


@pytest.fixture
def wire(dynamodb_deployment: Deployment) -> Iterator[Wire]:
    """The wire between the functions of `dynamodb_deployment` and the database."""
    with Wire(dynamodb_deployment.runtime.clients) as made:
        yield made


@pytest.fixture
def users(dynamodb_runtime: Runtime) -> UsersTable:
    """A users table on DynamoDB Local: conditions, transactions and races as they are, which moto does not imitate."""
    settings = dynamodb_runtime.settings
    return UsersTable(dynamodb_runtime.clients, settings.users_table, settings.directory_table)


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Races are about the table: a hash that takes no time lets more of them meet."""
    monkeypatch.setattr(passwords, "hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr(passwords, "is_password", lambda stored, password: stored == f"hash of {password}")
    monkeypatch.setattr(passwords, "is_outdated", lambda _: False)
