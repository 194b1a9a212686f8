"""Whatever is sent, in any part of a request: an answer below 500, and a problem document when it is refused."""

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness.gateway import Reply, payload, reply
from tests.harness.openapi_document import operations
from tests.harness.template import routes
from tests.integration.bad_input.stored_calendar import FREE, StoredCalendar

FIELDS = [
    "title",
    "start",
    "end",
    "description",
    "location",
    "time_zone",
    "all_day",
    "start_date",
    "end_date",
    "transparency",
    "events",
    "history_id",
    "reason",
    "id",
    "version",
    "changed",
]
PARAMETERS = ["from", "to", "limit", "cursor", "on_conflict", "dry_run", "as_of", "reason", "x"]
HEADERS = [
    "Content-Type",
    "content-type",
    "Content-Encoding",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Accept",
    "X-Forwarded-For",
    "Authorization",
]

OLD_ID = "01998f3a-5c00-7a10-8b20-3c4d5e6f7081"

anything = st.text(st.characters(), max_size=30)  # lone surrogates and NUL included
likely = st.sampled_from(
    [
        *FREE.values(),
        "allow",
        "true",
        "1",
        "100",
        "*",
        "W/",
        '"',
        "2027-06-01T09:00:00",
        "9" * 5_000,
        OLD_ID,
        "\0",
        "",
    ]
)
texts = anything | likely
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)
events = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values | likely)).map(lambda drawn: {**FREE, **drawn})
bodies = (
    (values | events | st.fixed_dictionaries({"events": values | st.lists(events, max_size=3)})).map(json.dumps)
    | texts
    | st.none()
)
queries = st.dictionaries(st.sampled_from(PARAMETERS) | texts, st.lists(texts, max_size=3), max_size=4)
headers = st.dictionaries(st.sampled_from(HEADERS) | texts, texts | st.none(), max_size=4)
ids = st.sampled_from([OLD_ID, "{id}", "x"]) | texts
scheduling_routes = st.sampled_from(
    sorted(key for key, function in routes().items() if "auth" not in key[1] and function not in ("docs", "jwks"))
)


def sent(calendar: StoredCalendar, route: tuple[str, str], event_id: str, **parts: Any) -> Reply:
    """Send a request made of any parts; the database keeps what a lucky one has written."""
    method, resource = route
    parameters = dict.fromkeys(re.findall(r"{(\w+)}", resource), calendar.path(event_id))
    event = payload("get_event") | {"httpMethod": method, "resource": resource, "path": resource.format(**parameters)}
    event |= {"pathParameters": parameters, "multiValueHeaders": None, "isBase64Encoded": False} | parts
    return reply(routes()[route], event)


def is_an_answer(answered: Reply) -> None:
    # Nobody delivers the stream here: of what a lucky request has written it is right to say that it is on its way.
    on_its_way = answered.status == 503 and answered.body["type"] == "/problems/not-recorded-yet"
    assert 200 <= answered.status < 500 or on_its_way, answered
    if answered.status >= 400:
        assert answered.headers["Content-Type"] == "application/problem+json"
        assert answered.body["status"] == answered.status
        assert {"type", "title", "detail"} <= answered.body.keys()
        answered.text.encode()
    elif answered.text:
        assert answered.headers["Content-Type"] == "application/json"
        answered.text.encode()


fuzzed = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@fuzzed
@given(route=scheduling_routes, event_id=ids, body=bodies, base64=st.booleans())
def test_any_body(
    fuzzed_calendar: StoredCalendar, route: tuple[str, str], event_id: str, body: Any, base64: bool
) -> None:
    is_an_answer(sent(fuzzed_calendar, route, event_id, body=body, isBase64Encoded=base64))


@fuzzed
@given(route=scheduling_routes, event_id=ids, query=queries)
def test_any_query(
    fuzzed_calendar: StoredCalendar, route: tuple[str, str], event_id: str, query: dict[str, list[str]]
) -> None:
    # What a route does not have is refused at once: what it has is sent alone as well, each once.
    has = {parameter["name"] for parameter in operations()[route]["parameters"]}
    known = {name: each[-1:] for name, each in query.items() if each and name in has}
    body = json.dumps(FREE) if "requestBody" in operations()[route] else None
    for values in (query, known):
        last = {name: each[-1] for name, each in values.items() if each}
        parts = {"queryStringParameters": last or None, "multiValueQueryStringParameters": values or None, "body": body}
        is_an_answer(sent(fuzzed_calendar, route, event_id, **parts))


@fuzzed
@given(route=scheduling_routes, event_id=ids, given_headers=headers, body=bodies)
def test_any_headers(
    fuzzed_calendar: StoredCalendar, route: tuple[str, str], event_id: str, given_headers: Any, body: Any
) -> None:
    is_an_answer(sent(fuzzed_calendar, route, event_id, headers=given_headers, body=body))


@fuzzed
@given(
    route=scheduling_routes,
    event_id=ids,
    authorizer=st.none() | st.dictionaries(st.sampled_from(["exp", "user_id", "username"]), scalars),
)
def test_any_authorizer(
    fuzzed_calendar: StoredCalendar, route: tuple[str, str], event_id: str, authorizer: Any
) -> None:
    context = {**payload("get_event")["requestContext"], "authorizer": authorizer}
    body = json.dumps(FREE) if "requestBody" in operations()[route] else None
    is_an_answer(sent(fuzzed_calendar, route, event_id, requestContext=context, body=body))
