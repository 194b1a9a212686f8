"""A typical request for every route of the API, and its ledger."""

import importlib
from dataclasses import replace
from typing import Final

from shared.runtime import Runtime, use
from tests.harness.address_requests import ADDRESS_ROUTES
from tests.harness.booking_requests import BOOKING_ROUTES
from tests.harness.crowded_requests import CROWDED_ROUTES
from tests.harness.dataset import Dataset
from tests.harness.event_requests import EVENT_ROUTES
from tests.harness.gateway import Context
from tests.harness.history_requests import HISTORY_ROUTES
from tests.harness.identity_requests import IDENTITY_ROUTES
from tests.harness.ledger import Ledger, recording
from tests.harness.routes import Route
from tests.harness.series_requests import SERIES_ROUTES
from tests.harness.sharing_requests import SHARING_ROUTES

# The requests to small calendars, and all requests.
USUAL_ROUTES: Final = (
    *IDENTITY_ROUTES,
    *ADDRESS_ROUTES,
    *EVENT_ROUTES,
    *SERIES_ROUTES,
    *HISTORY_ROUTES,
    *SHARING_ROUTES,
    *BOOKING_ROUTES,
)
ROUTES: Final = (*USUAL_ROUTES, *CROWDED_ROUTES)


def ledger_of(route: Route, runtime: Runtime, *, capacity: bool = False) -> Ledger:
    """Returns the calls of one request to `route`.

    Args:
        route: The kind of request.
        runtime: The current runtime, which serves it.
        capacity: Whether DynamoDB is asked for the capacity consumed.

    Raises:
        RuntimeError: The request was not served.
    """
    handler = importlib.import_module(f"functions.{route.function}").handler
    # The recording delays calls, so the clock stands still: what was just read would count as old.
    with use(replace(runtime, monotonic=lambda: 0.0)) as stopped:
        event = route.prepare(Dataset(stopped), 0)
        with recording(runtime.clients, capacity=capacity) as ledger:
            response = handler(event, Context(milliseconds=28_000))
    route.check(response)
    return ledger
