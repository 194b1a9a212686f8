"""Faults that happen to writes at random, beside many writers."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from shared.store.client import Clients
from tests.harness.botocore_faults import COMMIT, as_handler, cancelled, document, operation_of, refusal

# How often: another transaction is in progress, the call is never sent, it is carried out and its answer is lost.
CONFLICTS, NEVER_SENT, ANSWER_LOST = 0.25, 0.05, 0.05
WRITES: Final = (COMMIT, "PutItem", "UpdateItem")


@contextmanager
def faults(clients: Clients, seed: int) -> Iterator[None]:
    """Injects faults into the writes of `clients`, which are to repeat no call by themselves (`Unrepeated`)."""
    dice, session = random.Random(seed), URLLib3Session(max_pool_connections=16)  # noqa: S311 a plan, not a secret

    def strike(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        operation = operation_of(request)
        if operation not in WRITES:
            return None
        drawn = dice.random()
        if drawn < CONFLICTS:
            if operation != COMMIT:
                return refusal("TransactionConflictException")
            others = len(document(request.body)["TransactItems"]) - 1
            return cancelled("TransactionConflict", *("None",) * others)
        if drawn < CONFLICTS + NEVER_SENT + ANSWER_LOST:
            if drawn >= CONFLICTS + NEVER_SENT:
                session.send(request).content  # noqa: B018 carried out, and nobody hears of it
            raise ReadTimeoutError(endpoint_url=request.url)
        return None

    clients.dynamodb.meta.events.register("before-send.dynamodb", as_handler(strike))
    yield
    clients.dynamodb.meta.events.unregister("before-send.dynamodb", as_handler(strike))
    session.close()
