"""The API over HTTP, deployed from template.yaml as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import requests

from tests.e2e.user import User
from tools.local_stack import LocalStack, free_port


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a local stack made for this test run alone, or ``E2E_BASE_URL`` when that is set."""
    if running := os.environ.get("E2E_BASE_URL"):
        yield running.rstrip("/")
        return
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n==> {line}", end="", flush=True)

    home = tmp_path_factory.mktemp("stack")
    with LocalStack(home, free_port(), persist=False, say=say) as stack:
        yield stack.deploy()


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    """One HTTP client for all tests: it keeps its connections."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def ada(base_url: str, session: requests.Session) -> User:
    """A new user, with an empty calendar."""
    return User.register(base_url, session)


@pytest.fixture
def bob(base_url: str, session: requests.Session) -> User:
    """Another one."""
    return User.register(base_url, session)
