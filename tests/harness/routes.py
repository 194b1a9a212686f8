"""Typical requests to a route: how to make them, and how to check that they were served."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.harness.dataset import Dataset, GatewayEvent

Prepare = Callable[[Dataset, int], GatewayEvent]


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of request.

    Attributes:
        name: Its name in budgets and tables.
        function: The module of functions/ that serves it.
        prepare: Returns the nth request to a dataset, and stores what it needs. A request may be sent once.
        status: The status of a successful response.
    """

    name: str
    function: str
    prepare: Prepare
    status: int = 200

    def check(self, response: Any) -> None:
        """Checks that a function has served the request.

        Raises:
            RuntimeError: The response has another status, or names records that were not written.
        """
        if response.get("statusCode", self.status) != self.status or response.get("batchItemFailures"):
            raise RuntimeError(f"{self.name}: {response}")
