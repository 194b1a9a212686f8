from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws

from shared.runtime import Runtime, use
from shared.store.client import Clients
from tests.harness.deployment import Deployment, settings_for
from tests.harness.payloads import ADA, GRACE
from tests.harness.template import create_tables
from tests.integration.bad_input.stored_calendar import GOOD, StoredCalendar


@contextmanager
def stored_calendar() -> Iterator[StoredCalendar]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        clients = Clients()
        deployment = Deployment.of(Runtime(settings_for(create_tables(clients.dynamodb)), clients))
        with use(deployment.runtime):
            made, others = (api("POST", "/events", GOOD).body for api in (ADA, GRACE))
            yield StoredCalendar(deployment, ADA, made, others, deployment.calendars())


@pytest.fixture(scope="module")
def calendar_of_module() -> Iterator[StoredCalendar]:
    """One for all tests of a module: nothing they send is written."""
    with stored_calendar() as made:
        yield made
        assert made.deployment.versions() == []


@pytest.fixture
def calendar(calendar_of_module: StoredCalendar) -> Iterator[StoredCalendar]:
    """The same; after each test it is as it was."""
    yield calendar_of_module
    calendar_of_module.is_as_it_was()


@pytest.fixture(scope="module")
def fuzzed_calendar() -> Iterator[StoredCalendar]:
    """One that is written to by whoever sends something good by chance."""
    with stored_calendar() as made:
        yield made
