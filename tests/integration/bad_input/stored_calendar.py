"""A calendar with one event in it, that no bad request may change."""

from dataclasses import dataclass
from typing import Any

from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Reply
from tests.harness.samples import END, START

GOOD = {"title": "Review", "start": START, "end": END}
# Apart from the stored event, so that nothing is refused for a conflict.
FREE = {"title": "Free", "start": "2027-06-01T09:00:00Z", "end": "2027-06-01T10:00:00Z"}
# Those that take a body.
ROUTES = [
    ("POST", "/events"),
    ("PUT", "/events/{id}"),
    ("PATCH", "/events/{id}"),
    ("POST", "/events/bulk"),
    ("POST", "/events/{id}/rollback"),
]


def shown(value: object) -> str:
    """The id of a test for `value`."""
    return ascii(value)[:32]


@dataclass(repr=False)
class StoredCalendar:
    """What is stored, and how to ask for something to be refused."""

    deployment: Deployment
    api: Api
    event: dict[str, Any]
    others: dict[str, Any]
    stored: list[dict[str, Any]]

    def path(self, route: str) -> str:
        """`route` with the id of the event that is stored."""
        return route.replace("{id}", str(self.event["id"]))

    def refused(self, status: int, fields: list[str], method: str, route: str, body: Any = None, **how: Any) -> Reply:
        """Send a request and assert that it is refused with `status`, naming `fields`.

        That nothing is written is asserted at the end of each test.
        """
        reply = self.api(method, self.path(route), body, **how)
        assert reply.status == status, reply
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.body["status"] == status
        assert reply.body["type"].startswith("/problems/")
        if fields:
            assert reply.fields == fields, reply
        return reply

    def is_as_it_was(self) -> None:
        """Assert that nothing has been written since it was made."""
        assert self.deployment.calendars() == self.stored
