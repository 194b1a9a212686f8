"""What the tests share: a runtime of their own, on tables made from template.yaml."""

import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from uuid import uuid4

import pytest
from hypothesis import settings
from moto import mock_aws

from shared.observability import logger
from shared.runtime import Runtime, use
from shared.store.client import Clients
from tests.harness.deployment import BUCKET, Deployment, settings_for
from tests.harness.dynamodb_local import dynamodb_local
from tests.harness.signing_keys import SECRETS
from tests.harness.tables import empty
from tests.harness.template import create_tables

# How long an example takes depends on the machine.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Adds a line to the figures that are printed at the end of the run, whether tests fail or not."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the figures that tests have told."""
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)


def set_aws(environment: pytest.MonkeyPatch) -> None:
    """Sets credentials and a region that are nobody's."""
    environment.setenv("AWS_ACCESS_KEY_ID", "test")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
    environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    environment.delenv("AWS_ENDPOINT_URL", raising=False)
    environment.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a region that are nobody's."""
    set_aws(monkeypatch)


@lru_cache(maxsize=2)
def _clients(endpoint: str | None = None) -> Clients:
    """Made once: making three clients takes twenty times as long as filling moto anew."""
    return Clients(endpoint)


@pytest.fixture
def runtime(aws: None) -> Iterator[Runtime]:  # noqa: ARG001 set up for the clients
    """A runtime on moto: the template's tables, its bucket and its secrets, all fresh."""
    with mock_aws():
        clients = _clients()
        tables = create_tables(clients.dynamodb)
        clients.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for name, text in SECRETS.items():
            clients.secretsmanager.create_secret(Name=name, SecretString=text)
        with use(Runtime(settings_for(tables), clients)) as runtime:
            yield runtime


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """The endpoint of a real DynamoDB (DynamoDB Local), one server for all tests; they fail when there is none."""
    with dynamodb_local() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def dynamodb_tables(dynamodb_endpoint: str) -> tuple[Clients, dict[str, str]]:
    """Clients of DynamoDB Local, and the template's tables there.

    They are made once: it takes DynamoDB Local the longer to make and delete a table, the more there have been.
    """
    with pytest.MonkeyPatch.context() as environment:
        set_aws(environment)
        clients = _clients(dynamodb_endpoint)
        return clients, create_tables(clients.dynamodb, prefix=f"{uuid4().hex}-")


@pytest.fixture
def dynamodb_runtime(aws: None, dynamodb_tables: tuple[Clients, dict[str, str]]) -> Iterator[Runtime]:  # noqa: ARG001
    """A runtime on DynamoDB Local: the template's tables, which are empty. It has no bucket and no secret."""
    clients, tables = dynamodb_tables
    empty(clients, tables.values())
    with use(Runtime(settings_for(tables), clients)) as runtime:
        yield runtime


@pytest.fixture
def deployment(runtime: Runtime) -> Iterator[Deployment]:
    """A deployment on moto, its clock at 2026-11-22T09:00:00Z."""
    made = Deployment.of(runtime)
    with use(made.runtime):
        yield made


@pytest.fixture
def dynamodb_deployment(dynamodb_runtime: Runtime) -> Iterator[Deployment]:
    """A deployment on DynamoDB Local, its clock at 2026-11-22T09:00:00Z."""
    made = Deployment.of(dynamodb_runtime)
    made.stream.read()  # what other tests have left
    with use(made.runtime):
        yield made


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the functions write to their standard output, one JSON document a line."""
    written = io.StringIO()
    # Powertools' handler writes to the stream that was the standard output when it was made.
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", written)
    yield written
    logger.remove_keys(["correlation_id", "FunctionName"])
