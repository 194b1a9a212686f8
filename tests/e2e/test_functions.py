"""docs/functions.md tells which payload belongs to which function: each is sent to the deployed one."""

import json
import re
from typing import Any

import pytest

from tests.harness.stack_process import Running
from tests.harness.template import ROOT, resources
from tools.local_stack import LocalStack

Row = tuple[str, str, str]


def rows() -> list[Row]:
    """Function, payload and answers, as the table has them."""
    text = (ROOT / "docs" / "functions.md").read_text()
    found: list[Row] = re.findall(r"^\| `(\w+)` \| .* \| `(events/\w+\.json)` \| (.*) \|$", text, re.MULTILINE)
    return found


@pytest.fixture(scope="module")
def stack(running: Running) -> LocalStack:
    """The stack that the tests run on."""
    return running.stack


@pytest.fixture(scope="module")
def names(stack: LocalStack) -> dict[str, str]:
    """The names of the deployed functions by their names in the template."""
    listed = stack.client("lambda").get_paginator("list_functions").paginate()
    every = [function["FunctionName"] for page in listed for function in page["Functions"]]
    return {
        logical: name for logical in resources("AWS::Serverless::Function") for name in every if f"-{logical}-" in name
    }


def test_the_table_has_every_function_and_every_payload() -> None:
    assert {function for function, _, _ in rows()} == resources("AWS::Serverless::Function").keys()
    payloads = [payload for _, payload, _ in rows()]
    assert sorted(payloads) == sorted(f"events/{path.name}" for path in (ROOT / "events").glob("*.json"))


def test_each_function_answers_its_payload_as_the_table_says(stack: LocalStack, names: dict[str, str]) -> None:
    for function, payload, answers in rows():
        invoked = stack.client("lambda").invoke(FunctionName=names[function], Payload=(ROOT / payload).read_bytes())
        answer: Any = json.loads(invoked["Payload"].read())
        if expected := re.findall(r"\b[2-5]\d\d\b", answers):
            assert str(answer["statusCode"]) in expected, (payload, answer)
        elif "error" in answers:
            assert answer["errorMessage"] == "Unauthorized", payload
        else:
            assert "FunctionError" not in invoked, (payload, answer)
