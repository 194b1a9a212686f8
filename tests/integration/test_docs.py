"""The function that answers the reference, and its page."""

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.harness.deployment import variables_for
from tests.harness.gateway import Reply, payload, reply
from tests.harness.openapi_document import check, document
from tests.harness.template import ROOT

pytestmark = pytest.mark.usefixtures("runtime")


@pytest.mark.parametrize("resource", ["/openapi.json", "/docs"])
def test_answers_about_itself(resource: str) -> None:
    answered = reply("docs", {**payload("docs"), "resource": resource, "path": resource})
    check("GET", resource, answered)
    assert answered.status == 200
    assert answered.headers["Cache-Control"] == "public, max-age=300"
    assert answered.headers["Vary"] == "Accept-Encoding"


def ask(
    resource: str, if_none_match: str | None = None, *, method: str = "GET", host: str = "api.example.com"
) -> Reply:
    """Asks for one of the two on a custom domain."""
    event = {**payload("docs"), "resource": resource, "path": resource, "httpMethod": method}
    event["requestContext"] |= {"domainName": host, "path": resource}
    if if_none_match is not None:
        event["headers"]["If-None-Match"] = if_none_match
    event["multiValueHeaders"] = None
    return reply("docs", event)


every_page = pytest.mark.parametrize("resource", ["/openapi.json", "/docs"])


@every_page
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*", ' {} , W/"x"'])
def test_who_has_it_already_gets_no_copy(resource: str, method: str, form: str) -> None:
    first = ask(resource)
    etag = first.headers["ETag"]
    assert re.fullmatch('"[0-9a-f]{32}"', etag)
    again = ask(resource, form.format(etag), method=method)
    check("GET", resource, again)
    assert (again.status, again.text) == (304, "")
    # RFC 9110, section 15.4.5.
    assert {name: again.headers[name] for name in ("ETag", "Cache-Control", "Vary")} == {
        name: first.headers[name] for name in ("ETag", "Cache-Control", "Vary")
    }


@every_page
@pytest.mark.parametrize("form", ["", '"other"', "not-quoted", '"unfinished', "W/", '"*"'])
def test_who_has_something_else_gets_it_whole(resource: str, form: str) -> None:
    answered = ask(resource, form)
    assert (answered.status, len(answered.text) > 1000) == (200, True)


def test_the_document_of_another_host_is_another_one() -> None:
    here, there = (ask("/openapi.json", host=host).headers["ETag"] for host in ("a.example.com", "b.example.com"))
    assert here != there
    assert ask("/openapi.json", here, host="b.example.com").status == 200


class Scripts(HTMLParser):
    """The scripts of a page, and every address that it refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.addresses: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script"
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = False


def test_the_page_runs_its_own_scripts_and_refers_to_no_other_host() -> None:
    answered = reply("docs", {**payload("docs"), "resource": "/docs", "path": "/docs"})
    policy = dict(part.split(" ", 1) for part in answered.headers["Content-Security-Policy"].split("; "))
    page = Scripts(answered.text)
    digests = [b64encode(sha256(script.encode()).digest()).decode() for script in page.scripts]
    assert policy["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert len(digests) == 2
    assert (policy["default-src"], policy["connect-src"]) == ("'none'", "'self'")
    assert page.addresses == ["data:,", "openapi.json"]


ADDRESSES = {
    "the stage of the gateway's own domain": (
        {},
        {},
        "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/v1",
    ),
    "a custom domain with a base path": (
        {"domainName": "api.example.com", "path": "/calendar/openapi.json"},
        {"Host": "api.example.com"},
        "https://api.example.com/calendar",
    ),
    "a custom domain": (
        {"domainName": "api.example.com", "path": "/openapi.json"},
        {"Host": "api.example.com"},
        "https://api.example.com",
    ),
    "a host that a caller makes up": (
        {},
        {"Host": "evil.example.com"},
        "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/v1",
    ),
    "the local stack": (
        {"domainName": None, "path": "/v1/openapi.json"},
        {"Host": "127.0.0.1:4566"},
        "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/v1",
    ),
}


@pytest.mark.parametrize(("context", "headers", "address"), ADDRESSES.values(), ids=ADDRESSES)
def test_it_has_the_absolute_address_of_the_deployment(
    context: dict[str, Any], headers: dict[str, str], address: str
) -> None:
    event = payload("docs")
    event["requestContext"] |= context
    event["headers"] |= headers
    event["multiValueHeaders"] |= {name: [value] for name, value in headers.items()}
    assert reply("docs", event).body["servers"] == [{"url": address}]


def test_what_is_answered_is_the_file_but_for_the_address() -> None:
    file = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    assert document() == {**file, "servers": document()["servers"]}


ANSWER_BOTH = """
import sys
from tests.harness.gateway import payload, reply
for resource in ("/openapi.json", "/docs"):
    assert reply("docs", {**payload("docs"), "resource": resource, "path": resource}).status == 200
print(sorted(name for name in sys.modules if name.startswith("functions.")))
print([name for name in sys.modules if name.split(".")[0] == "tools" or name.endswith("schema_generator")])
"""


def test_the_function_that_answers_it_loads_neither_the_other_functions_nor_a_generator() -> None:
    tables = {
        "EventsTable": "events",
        "HistoryTable": "history",
        "UsersTable": "users",
        "AccessTable": "access",
        "DirectoryTable": "directory",
    }
    levels = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "LOG_LEVEL": "CRITICAL"}
    environment = {**os.environ, **variables_for(tables), **levels}
    done = subprocess.run(
        [sys.executable, "-c", ANSWER_BOTH],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-2:] == ["['functions.docs']", "[]"]
