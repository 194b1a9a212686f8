import pytest

from shared.runtime import Runtime
from shared.store.bulk import DynamoBulkStore
from shared.store.history import HistoryStore


@pytest.fixture
def store(dynamodb_runtime: Runtime) -> DynamoBulkStore:
    return DynamoBulkStore(dynamodb_runtime.clients, dynamodb_runtime.settings.events_table)


@pytest.fixture
def history(dynamodb_runtime: Runtime) -> HistoryStore:
    settings = dynamodb_runtime.settings
    return HistoryStore(dynamodb_runtime.clients, settings.history_table, settings.events_table)
