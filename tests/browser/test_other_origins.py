"""What a page that a developer has open can do to the local stack: call the API as its CORS rules say, nothing else."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.browser.chromium import Browser
from tests.e2e.user import PASSWORD
from tests.harness.stack_process import Running
from tools.access import REGION

JSON: Final = "application/x-amz-json-1.0"

# A call of fetch, as [type, status, text] of the response; the type is "refused" if the browser gives the page none.
FETCH: Final = """async (method, url, headers, body, mode) => {
  try {
    const answer = await fetch(url, {method, headers, mode, body: body ?? undefined});
    return [answer.type, answer.status, await answer.text()];
  } catch (error) {
    return ["refused", 0, ""];
  }
}"""
PAUSE: Final = "(milliseconds) => new Promise((done) => setTimeout(done, milliseconds))"
# Requests that need no preflight: an image, a script, a frame, a form, a beacon and a WebSocket.
EMBED: Final = """async (base) => {
  const over = (element) => new Promise((done) => { element.onload = element.onerror = done; setTimeout(done, 3000); });
  for (const [kind, path] of [["img", "/_ministack/health"], ["script", "/_ministack/ses/messages"], ["iframe", "/"]]) {
    const element = document.createElement(kind);
    element.src = base + path;
    document.body.append(element);
    await over(element);
  }
  const frame = document.createElement("iframe");
  frame.name = "target";
  document.body.append(frame);
  const form = Object.assign(document.createElement("form"), {
    method: "POST", action: base + "/_ministack/reset", target: "target", enctype: "text/plain",
  });
  document.body.append(form);
  form.submit();
  await over(frame);
  navigator.sendBeacon(base + "/_ministack/config", "{}");
  const socket = new WebSocket(base.replace("http", "ws") + "/_aws/execute-api/0a1b2c3d/v1/");
  return await new Promise((done) => { socket.onopen = () => done("open"); socket.onerror = () => done("refused"); });
}"""


@pytest.fixture
def stack_port(base_url: str) -> int:
    """The port of the local stack."""
    port = urlsplit(base_url).port
    assert port is not None
    return port


@pytest.fixture(params=["another port", "another site", "a name bound anew", "the reference"])
def page(request: pytest.FixtureRequest, browser: Browser, base_url: str, stack_port: int, other_port: int) -> str:
    """A page that is open; the value is the address at which it calls the local stack."""
    endpoint = f"http://127.0.0.1:{stack_port}"
    match request.param:
        case "another port":
            browser.open(f"http://127.0.0.1:{other_port}/")
        case "another site":
            browser.open(f"http://evil.example:{other_port}/")
        case "a name bound anew":
            endpoint = f"http://evil.example:{stack_port}"
            browser.open_as(f"{endpoint}/page")
        case _:  # where script of somebody else's would be of the stack's own origin
            browser.open(f"{base_url}/docs")
    return endpoint


def _archive() -> str:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 'run'\n")
    return base64.b64encode(written.getvalue()).decode()


def _calls(function: str, role: str) -> list[tuple[str, str, str, str, dict[str, Any]]]:
    """Service, method, path, target and body of what a page would try, to run code and to read data."""
    create = {"FunctionName": function, "Runtime": "python3.13", "Role": role, "Handler": "index.handler",
              "Code": {"ZipFile": _archive()}}  # fmt: skip
    return [
        ("lambda", "POST", "/2015-03-31/functions", "", create),
        ("dynamodb", "POST", "/", "DynamoDB_20120810.ListTables", {}),
        ("secretsmanager", "POST", "/", "secretsmanager.ListSecrets", {}),
    ]


def _signed(method: str, url: str, key: str, service: str, headers: dict[str, str], body: str) -> dict[str, str]:
    request = AWSRequest(method, url, headers=headers, data=body)
    SigV4Auth(Credentials(key, key), service, REGION).add_auth(request)
    return dict(request.headers.items())


def _state(running: Running) -> tuple[Any, ...]:
    """What would not be as before, had an attack succeeded."""
    functions = running.stack.client("lambda").list_functions()["Functions"]
    tables = running.stack.client("dynamodb").list_tables()["TableNames"]
    return sorted(each["FunctionName"] for each in functions), tables


@pytest.mark.parametrize(
    "key_of", [lambda _: "test", lambda running: running.stack.access.key], ids=["test", "its key"]
)
def test_no_page_calls_the_services(
    browser: Browser, running: Running, page: str, key_of: Callable[[Running], str]
) -> None:
    before = _state(running)
    roles = running.stack.client("iam").list_roles()["Roles"]
    for service, method, path, target, body in _calls(f"evil{uuid4().hex}", roles[0]["Arn"]):
        text = json.dumps(body)
        headers = {"Content-Type": JSON, **({"X-Amz-Target": target} if target else {})}
        signed = _signed(method, page + path, key_of(running), service, headers, text)
        kind, status, _ = browser.run(FETCH, method, page + path, signed, text, "cors")
        assert (kind, status) in {("refused", 0), ("basic", 403), ("basic", 421)}, (service, path)
    assert _state(running) == before


def test_no_page_reaches_them_without_a_preflight(browser: Browser, running: Running, page: str) -> None:
    before = _state(running)
    browser.run(FETCH, "POST", f"{page}/_ministack/reset", {}, "", "no-cors")
    browser.run(FETCH, "GET", f"{page}/_ministack/ses/messages", {}, None, "no-cors")
    assert browser.run(EMBED, page) == "refused"
    tried = {"/_ministack/reset", "/_ministack/ses/messages", "/_ministack/config", "/_ministack/health", "/"}
    if browser.run("() => location.pathname").endswith("/docs"):
        tried -= {"/_ministack/health", "/"}  # the reference's own policy allows no image, script or frame
    browser.run(PAUSE, 1000)  # a beacon is answered when nobody waits for it
    answered = {url.removeprefix(page): statuses for url, statuses in browser.statuses.items()}
    assert answered.keys() >= tried
    assert {status for path in tried for status in answered[path]} <= {403, 421}
    assert _state(running) == before


@pytest.mark.parametrize("site", ["127.0.0.1", "other.example"])
def test_a_page_of_another_origin_uses_the_api(browser: Browser, base_url: str, other_port: int, site: str) -> None:
    browser.open(f"http://{site}:{other_port}/")

    def call(method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} if body else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        text = json.dumps(body) if body else None
        kind, status, answer = browser.run(FETCH, method, base_url + path, headers, text, "cors")
        assert kind == "cors"
        return status, json.loads(answer)

    name = f"u{uuid4().hex}"
    status, tokens = call(
        "POST", "/auth/register", {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
    )
    assert status == 201
    event = {"title": "Tea", "start": "2027-03-01T08:00:00Z", "end": "2027-03-01T09:00:00Z"}
    status, created = call("POST", "/events", event, tokens["access_token"])
    assert status == 201
    status, page = call("GET", "/events?from=2027-03-01T00:00:00Z", token=tokens["access_token"])
    assert (status, [each["id"] for each in page["items"]]) == (200, [created["id"]])
    assert call("GET", "/events")[0] == 401


def test_the_reference_calls_the_api_from_its_own_page(browser: Browser, base_url: str) -> None:
    browser.open(f"{base_url}/docs")
    kind, status, text = browser.run(FETCH, "GET", f"{base_url}/openapi.json", {}, None, "same-origin")
    assert (kind, status, json.loads(text)["openapi"][:2]) == ("basic", 200, "3.")


def test_a_name_bound_anew_does_not_reach_the_api_either(browser: Browser, base_url: str, stack_port: int) -> None:
    page = f"http://evil.example:{stack_port}"
    browser.open_as(f"{page}/page")
    path = urlsplit(base_url).path
    assert browser.run(FETCH, "GET", f"{page}{path}/openapi.json", {}, None, "cors")[:2] == ["basic", 421]
