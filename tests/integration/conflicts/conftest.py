"""What the tests of conflicts share: a calendar on DynamoDB Local, with a wire to tap."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.runtime import Runtime
from shared.store.client import Clients
from tests.harness.botocore_faults import Unrepeated, Wire
from tests.harness.deployment import settings_for
from tests.harness.template import create_tables
from tests.integration.conflicts.contended_calendar import ContendedCalendar


@pytest.fixture(scope="session")
def tables(dynamodb_endpoint: str) -> tuple[Runtime, Runtime]:
    """One set of tables for all tests here, each of which has a calendar of its own; a direct and a wired runtime.

    Making tables takes longer than most of these tests.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "conflicts")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "conflicts")
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        clients, unrepeated = Clients(dynamodb_endpoint), Unrepeated(dynamodb_endpoint)
        assert clients.dynamodb is not clients.dynamodb_once  # both made now, with these credentials
        assert unrepeated.dynamodb is unrepeated.dynamodb_once
    runtime = Runtime(settings_for(create_tables(clients.dynamodb)), clients)
    return runtime, replace(runtime, clients=unrepeated)


@pytest.fixture
def contended(tables: tuple[Runtime, Runtime]) -> Iterator[ContendedCalendar]:
    """An empty calendar; what its subject does is on the wire."""
    runtime, wired = tables
    with Wire(wired.clients) as wire:
        yield ContendedCalendar(runtime, wired, wire)
