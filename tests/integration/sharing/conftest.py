from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.runtime import Runtime, use
from shared.store.client import Clients
from tests.harness.botocore_faults import Unrepeated, Wire
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment, settings_for
from tests.harness.template import create_tables
from tests.harness.whole_api import whole_api
from tests.integration.sharing.people import People
from tests.integration.sharing.shared_scene import SharedScene


@pytest.fixture(scope="module")
def whole_deployment(dynamodb_endpoint: str) -> Iterator[Deployment]:
    """One for all tests of a module, each of which has a calendar of its own."""
    with whole_api(dynamodb_endpoint) as deployment:
        yield deployment


@pytest.fixture
def people(dynamodb_deployment: Deployment) -> Iterator[People]:
    """Users on DynamoDB Local."""
    with use(dynamodb_deployment.runtime):
        yield People(dynamodb_deployment)


@pytest.fixture(scope="session")
def tables(dynamodb_endpoint: str) -> tuple[Runtime, Clients]:
    """One set of tables for all tests here, each of which has a calendar of its own; and clients that repeat nothing.

    Making tables takes longer than most of these tests.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "sharing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "sharing")
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        clients, unrepeated = Clients(dynamodb_endpoint), Unrepeated(dynamodb_endpoint)
        assert clients.dynamodb is not clients.dynamodb_once  # both made now, with these credentials
        assert unrepeated.dynamodb is unrepeated.dynamodb_once
    return Runtime(settings_for(create_tables(clients.dynamodb)), clients), unrepeated


@pytest.fixture
def scene(tables: tuple[Runtime, Clients]) -> Iterator[SharedScene]:
    """A calendar with an event of the owner's; what callers do is on the wire, and what the owner does is not."""
    direct, unrepeated = tables
    clock = Clock()
    runtime = replace(direct, clients=unrepeated, now_ns=clock, sleep=clock.sleep, monotonic=clock.monotonic)
    with use(runtime), Wire(unrepeated) as wire:
        yield SharedScene(direct, clock, wire)
