"""The API over HTTP, deployed from template.yaml as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import requests

from tests.e2e.given_url import fault_of
from tests.e2e.user import User
from tests.harness.sources import any_address, session_from
from tests.harness.stack_process import STOP_SECONDS, Running, given


@pytest.fixture(scope="session")
def running(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A local stack made for this test run alone by ``make run``, or the one that ``E2E_BASE_URL`` names.

    At the end it is interrupted, and has to stop.
    """
    if "E2E_BASE_URL" in os.environ:
        url = os.environ["E2E_BASE_URL"]
        if fault := fault_of(url):
            pytest.exit(fault, pytest.ExitCode.USAGE_ERROR)
        yield given(url.rstrip("/"))
        return
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n==> Starting the local stack with make run", end="", flush=True)
    started = Running.start(tmp_path_factory.mktemp("stack"))
    yield started
    assert started.interrupt() < STOP_SECONDS
    assert started.log.splitlines()[-1] == "==> Stopping"
    assert not (started.home / "tmp").exists()


@pytest.fixture(scope="session")
def base_url(running: Running) -> str:
    """The base URL of the stack that is tested."""
    return running.url


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One HTTP client for all tests of a module: it keeps its connections, and reaches no limit of a day's mails."""
    with session_from(any_address()) as session:
        yield session


@pytest.fixture
def ada(base_url: str, session: requests.Session) -> User:
    """A new user, with an empty calendar."""
    return User.register(base_url, session)


@pytest.fixture
def bob(base_url: str, session: requests.Session) -> User:
    """Another one."""
    return User.register(base_url, session)
