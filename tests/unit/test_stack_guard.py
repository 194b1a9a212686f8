"""Which requests reach the local AWS: those of programs that know its key, and those to routes of the API."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from tools.guard import Guard, Message

KEY: Final = "LOCAL0123456789"
FUNCTION: Final = "ASIA0123456789ABCDEF"
HOST: Final = ("host", "127.0.0.1:4566")
STAGE: Final = "/_aws/execute-api/0a1b2c3d/v1"
RESPONSE: Final = "/_ministack/cfn-response/01234567-89ab-cdef-0123-456789abcdef"
REST: Final = "/20261126/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
Header = tuple[str, str]


def signed(key: str) -> Header:
    return "authorization", f"AWS4-HMAC-SHA256 Credential={key}{REST}"


BEARER: Final = ("authorization", f"Bearer {KEY}")
FOREIGN: Final = (("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"))


class Ministack:
    """What stands behind the guard: it keeps the scope of a request, and answers 204."""

    def __init__(self) -> None:
        self.scopes: list[Message] = []

    async def __call__(self, scope: Message, _receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 204, "headers": []})


def ask(scope: Message) -> tuple[list[Message], list[Message]]:
    """The scopes that reach ministack, and the messages that the caller gets."""
    behind, sent = Ministack(), list[Message]()

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(behind, KEY)(scope, receive, send))
    return behind.scopes, sent


def request(method: str, path: str, *headers: Header) -> tuple[int, dict[str, list[str]], str]:
    """The status, the headers that reach ministack, and the text of a refusal."""
    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": method, "path": path, "headers": raw, "client": ("127.0.0.1", 50_000)}
    reached, sent = ask(scope)
    passed: dict[str, list[str]] = {}
    for name, value in reached[0]["headers"] if reached else ():
        passed.setdefault(name.decode(), []).append(value.decode())
    assert bool(reached) == (sent[0]["status"] == 204)
    return sent[0]["status"], passed, b"".join(each.get("body", b"") for each in sent).decode()


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", f"{STAGE}/docs", []),
        ("GET", f"{STAGE}/docs", [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")]),
        ("GET", STAGE, []),
        ("POST", f"{STAGE}/events", [*FOREIGN, ("authorization", "Bearer an.access.token")]),
        ("OPTIONS", f"{STAGE}/events", [*FOREIGN, ("access-control-request-method", "POST")]),
        ("POST", "/", [signed(KEY)]),
        ("POST", "/", [signed(FUNCTION), ("x-amz-security-token", "00")]),
        ("PUT", "/a-bucket/a%20key", [signed(KEY)]),
        ("GET", "/_ministack/health", [BEARER]),
        ("GET", "/_ministack/ses/messages", [BEARER]),
        ("GET", "/_ministack/health", [signed(KEY)]),
        ("PUT", RESPONSE, []),
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:4566", "127.0.0.1", "localhost", "LocalHost:80"])
def test_programs_and_callers_of_the_api_get_through(method: str, path: str, headers: list[Header], host: str) -> None:
    assert request(method, path, ("host", host), *headers)[0] == 204


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.example"],
        ["evil.example:4566"],
        ["127.0.0.1.evil.example:4566"],
        ["localhost.evil.example"],
        ["evil.localhost:4566"],
        ["bucket.s3.localhost:4566"],
        ["0a1b2c3d.execute-api.127.0.0.1:4566"],
        ["localhost."],
        ["0.0.0.0:4566"],
        ["127.0.0.2:4566"],
        ["127.1:4566"],
        ["2130706433:4566"],
        ["127x0x0x1"],
        ["[::1]:4566"],
        ["127.0.0.1:4566@evil.example"],
        ["evil.example@127.0.0.1:4566"],
        ["127.0.0.1:"],
        ["127.0.0.1:4566\n"],
        ["127.0.0.1:4566, evil.example"],
        ["127.0.0.1:4566", "127.0.0.1:4566"],
    ],
)
@pytest.mark.parametrize(
    ("path", "given"), [(f"{STAGE}/docs", ("accept", "*/*")), ("/", signed(KEY)), (RESPONSE, BEARER)]
)
def test_another_host_name_is_refused_everywhere(hosts: list[str], path: str, given: Header) -> None:
    status, _, text = request("GET", path, *(("host", host) for host in hosts), given)
    assert (status, text) == (421, "Refused by the local stack: the host has to be 127.0.0.1 or localhost\n")


@pytest.mark.parametrize(
    "header",
    [
        *(
            ("origin", origin)
            for origin in ("null", "http://evil.example", "http://127.0.0.1:8000", "http://127.0.0.1:4566")
        ),
        *(("sec-fetch-site", site) for site in ("cross-site", "same-site", "same-origin", "none", "")),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "image"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/", signed(KEY)),
        ("POST", "/_ministack/reset", BEARER),
        ("GET", "/_ministack/health", BEARER),
        ("PUT", RESPONSE, ("accept", "*/*")),
    ],
)
def test_a_browser_reaches_nothing_but_the_api(header: Header, method: str, path: str, given: Header) -> None:
    status, _, text = request(method, path, HOST, given, header)
    assert (status, text) == (
        403,
        "Refused by the local stack: web pages may call the routes of the API, and nothing else\n",
    )


@pytest.mark.parametrize("path", ["/", "/_ministack/health", "/a-bucket/a-key", RESPONSE])
def test_no_preflight_is_answered_beside_the_api(path: str) -> None:
    assert request("OPTIONS", path, HOST, signed(KEY))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [signed("test")],
        [signed("000000000000")],
        [signed("AKIA0123456789ABCDEF")],
        [signed("")],
        [signed(f"{KEY}0")],
        [signed(KEY[:-1])],
        [signed(f"test/{KEY}")],
        [("authorization", f"AWS4-HMAC-SHA256 Credential={KEY}")],
        [("authorization", f"AWS4-HMAC-SHA256 x=Credential=test/, Credential={KEY}{REST}")],
        [("authorization", f"AWS4-ECDSA-P256-SHA256 Credential={KEY}{REST}")],
        [("authorization", f"AWS {KEY}:00")],
        [("authorization", f"Basic {KEY}")],
        [("authorization", "Bearer test")],
        [("authorization", "Bearer ")],
        [("authorization", KEY)],
        [signed(KEY), signed("test")],
        [signed("test"), signed(KEY)],
        [("x-amz-security-token", KEY)],
        [("cookie", f"key={KEY}")],
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "path",
    ["/", "/_ministack/reset", "/_ministack/cfn-response/x", "/a-bucket", "/restapis/0a1b2c3d/v1/_user_request_/docs"],
)
def test_a_program_without_the_key_is_refused(headers: list[Header], path: str) -> None:
    status, _, text = request("PUT", path, HOST, *headers)
    assert status == 403
    assert "access-key" in text


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_custom_resource_is_reported_on_with_put(method: str) -> None:
    assert request(method, RESPONSE, HOST)[0] == 403


@pytest.mark.parametrize("key", [FUNCTION.lower(), f"{FUNCTION}0", "ASIA", f"x{FUNCTION}"])
def test_a_functions_key_has_the_form_that_ministack_gives_it(key: str) -> None:
    assert request("POST", "/", HOST, signed(key))[0] == 403


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_aws/lambda-url/x/", "/_alb/x", "/_"])
def test_a_functions_key_opens_nothing_where_ministack_checks_no_signature(path: str) -> None:
    assert request("POST", path, HOST, signed(FUNCTION))[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/_aws/execute-api",
        "/_aws/execute-api/",
        "/_aws/execute-api/0a1b2c3d",
        "/_aws/execute-api/0a1b2c3d/",
        "/_aws/execute-api//v1/docs",
        f"/{STAGE}/docs",
        f"{STAGE.upper()}/docs",
        f"x{STAGE}/docs",
        "/_aws/execute-apis/0a1b2c3d/v1/docs",
        f"http://127.0.0.1:4566{STAGE}/docs",
    ],
)
def test_what_only_looks_like_a_route_of_the_api_is_none(path: str) -> None:
    assert request("GET", path, HOST)[0] == 403


def test_the_key_does_not_reach_ministack() -> None:
    _, passed, _ = request("POST", "/", HOST, signed(KEY))
    assert passed["authorization"] == [signed("test")[1]]
    _, passed, _ = request("GET", "/_ministack/health", HOST, BEARER)
    assert "authorization" not in passed


@pytest.mark.parametrize("given", [signed(FUNCTION), ("authorization", "Bearer an.access.token")])
def test_other_credentials_reach_it_as_they_are(given: Header) -> None:
    path = "/" if given == signed(FUNCTION) else f"{STAGE}/events"
    _, passed, _ = request("POST", path, HOST, given)
    assert passed["authorization"] == [given[1]]


def test_the_source_address_is_that_of_the_connection() -> None:
    claimed = [
        ("x-forwarded-for", "203.0.113.1"),
        ("x-forwarded-for", "203.0.113.2, 203.0.113.3"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=203.0.113.4"),
    ]
    _, passed, _ = request("GET", f"{STAGE}/docs", HOST, *claimed, ("accept", "text/html"))
    assert passed == {"host": [HOST[1]], "accept": ["text/html"], "x-forwarded-for": ["127.0.0.1"]}


def test_web_sockets_are_refused() -> None:
    scope: Message = {"type": "websocket", "path": f"{STAGE}/", "headers": [(b"host", b"127.0.0.1:4566")]}
    assert ask(scope) == ([], [{"type": "websocket.close"}])


def test_the_server_starts_and_ends_as_without_it() -> None:
    scope: Message = {"type": "lifespan"}
    assert ask(scope)[0] == [scope]
