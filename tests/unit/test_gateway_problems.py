"""The gateway's own errors, whose bodies are in template.yaml, agree with problems.py and docs/problems.md."""

import json
import re
from typing import Any

import pytest

from shared.http.bodies import MAX_BODY_BYTES
from shared.http.problems import MEDIA_TYPE, TITLES, problem
from shared.http.response_headers import ALWAYS
from tests.harness.template import ROOT, template

RESPONSES: dict[str, dict[str, Any]] = template()["Resources"]["Api"]["Properties"]["GatewayResponses"]
# Title and status of the functions' problems by their types.
OURS = {problem(status, title, "")["type"]: (title, status) for status, title in TITLES.values()}
# They stand for every error that has no response of its own, and each of those keeps its own status.
FALLBACKS = {"DEFAULT_4XX": "4xx", "DEFAULT_5XX": "5xx"}


def body_of(kind: str) -> dict[str, Any]:
    """The problem document of the gateway response `kind`; raises ValueError for one that is not JSON."""
    templates: dict[str, str] = RESPONSES[kind]["ResponseTemplates"]
    # The gateway chooses by the request's Accept header, and application/json where that names none of the templates.
    assert templates.keys() == {"application/json"}
    document: dict[str, Any] = json.loads(templates["application/json"])
    return document


def documented() -> dict[str, str]:
    """The statuses in the table of docs/problems.md, by type."""
    text = (ROOT / "docs" / "problems.md").read_text()
    return dict(re.findall(r"^\| `(/problems/[a-z-]+)` \| (\w+) \|", text, re.MULTILINE))


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_body_is_what_problems_py_makes_of_its_status_title_and_detail(kind: str) -> None:
    """Also the type: the slug of the title. A fallback has no status in it, since it stands for several."""
    document = body_of(kind)
    assert document["detail"]
    made: dict[str, Any] = {**problem(int(RESPONSES[kind].get("StatusCode", 0)), document["title"], document["detail"])}
    if kind in FALLBACKS:
        del made["status"]
    assert document == made


@pytest.mark.parametrize("kind", [kind for kind in RESPONSES if body_of(kind)["type"] in OURS])
def test_a_type_that_functions_have_too_has_their_title_and_status(kind: str) -> None:
    document = body_of(kind)
    assert (document["title"], document.get("status")) == OURS[document["type"]]


def test_gateway_and_functions_share_the_types_of_what_both_refuse() -> None:
    """So that the test above has something to compare: a type that is misspelt would only be the gateway's."""
    both = {"not-authenticated", "not-found", "body-too-large", "unsupported-media-type"}
    assert OURS.keys() & {body_of(kind)["type"] for kind in RESPONSES} == {f"/problems/{slug}" for slug in both}


def test_one_type_has_one_status() -> None:
    statuses: dict[str, set[int | None]] = {}
    for kind in RESPONSES:
        statuses.setdefault(body_of(kind)["type"], set()).add(body_of(kind).get("status"))
    assert {each: len(of) for each, of in statuses.items() if len(of) > 1} == {}


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_response_has_the_media_type_of_a_problem(kind: str) -> None:
    # API Gateway takes a value between single quotes literally, and any other as a reference to the request.
    assert RESPONSES[kind]["ResponseParameters"]["Headers"]["Content-Type"] == f"'{MEDIA_TYPE}'"


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_response_has_the_headers_that_those_of_functions_have(kind: str) -> None:
    headers = RESPONSES[kind]["ResponseParameters"]["Headers"]
    assert {name: headers.get(name) for name in ALWAYS} == {name: f"'{value}'" for name, value in ALWAYS.items()}


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_response_is_in_the_documentation_with_its_status(kind: str) -> None:
    """Types that only the gateway has included: no other place lists them."""
    status = FALLBACKS.get(kind) or RESPONSES[kind]["StatusCode"]
    assert documented().get(body_of(kind)["type"]) == status


def test_the_gateway_states_the_limit_of_a_body_that_the_functions_have() -> None:
    assert body_of("REQUEST_TOO_LARGE")["detail"] == f"body: at most {MAX_BODY_BYTES} bytes"
