"""Two callers and their request bodies; the payloads of events/, with the ids of what a test has stored."""

import json
from typing import Any

from shared.ids import UserId
from tests.harness.gateway import Api, Reply, payload, reply
from tests.harness.samples import END, START
from tests.harness.template import routes

ADA = Api()
GRACE = Api(user_id=UserId("01998f00-0000-7000-8000-000000000002"), username="grace")

REVIEW = {"title": "Review", "start": START, "end": END}
LATER = {"start": END, "end": "2027-03-01T11:00:00Z"}
ALLOW = "?on_conflict=allow"

# The ids in the payloads.
EVENT_ID = "01998f3a-5c00-7a10-8b20-3c4d5e6f7081"
FIRST_VERSION = "01998f3a-5c00-7b11-9c21-4d5e6f708192"
OPERATION = "01998f3a-5c00-7d13-8e23-6f7081920314"
SECOND_VERSION = "01998f3b-0000-7c12-8d22-5e6f70819203"


def send(name: str, ids: dict[str, str] | None = None, **changes: Any) -> Reply:
    """Sends events/<name>.json, with its ids replaced and with `changes`, to the function to which it is routed."""
    text = json.dumps(payload(name))
    for known, actual in (ids or {}).items():
        assert known in text, f"events/{name}.json names no {known}"
        text = text.replace(known, actual)
    event = {**json.loads(text), **changes}
    return reply(routes()[event["httpMethod"], event["resource"]], event)


def created(body: dict[str, Any] | None = None, query: str = "") -> dict[str, Any]:
    """Creates an event as Ada, and returns its document."""
    response = ADA("POST", f"/events{query}", body or REVIEW)
    assert response.status == 201, response
    made: dict[str, Any] = response.body
    return made


def tag(event: dict[str, Any]) -> str:
    """Returns the entity-tag of `event`."""
    return f'"{event["history_id"]}"'
