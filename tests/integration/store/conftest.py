import pytest

from shared.runtime import Runtime
from shared.store.bulk import DynamoBulkStore
from shared.store.history import DynamoHistoryStore


@pytest.fixture
def store(dynamodb_runtime: Runtime) -> DynamoBulkStore:
    return DynamoBulkStore(dynamodb_runtime.clients, dynamodb_runtime.settings.events_table)


@pytest.fixture
def history(dynamodb_runtime: Runtime) -> DynamoHistoryStore:
    settings = dynamodb_runtime.settings
    return DynamoHistoryStore(dynamodb_runtime.clients, settings.history_table, settings.events_table)
