import pytest

from shared.runtime import Runtime
from shared.store.creations import CreationStore
from shared.store.history import HistoryStore


@pytest.fixture
def store(dynamodb_runtime: Runtime) -> CreationStore:
    return CreationStore(dynamodb_runtime.clients, dynamodb_runtime.settings.events_table)


@pytest.fixture
def history(dynamodb_runtime: Runtime) -> HistoryStore:
    settings = dynamodb_runtime.settings
    return HistoryStore(dynamodb_runtime.clients, settings.history_table, settings.events_table)
