"""Texts of the greatest size: they fit what carries and what stores them."""

import json
from typing import Any

import pytest

from shared.http.bodies import MAX_BODY_BYTES
from shared.http.fields import MAX_BULK, MAX_DESCRIPTION_BYTES, MAX_LOCATION, MAX_PAGE, MAX_TITLE
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context
from tests.harness.payloads import ADA, REVIEW, created

pytestmark = pytest.mark.usefixtures("dynamodb_deployment")

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a request and an answer, each as JSON.
LAMBDA_BYTES = 6 * 2**20

UNHURRIED = Context(milliseconds=120_000)  # how long it takes is not what is tested

# Text that JSON escapes as far as it can, by its bytes in UTF-8: the answer is escaped again within Lambda's own JSON.
WORST = ['"', "\\", "\t", "\u00e4", "\u20ac", "\U0001f600"]


def filled(character: str, most: int) -> str:
    """As many of `character` as `most` bytes hold; the last is another one where there would be nothing to see."""
    text = character * (most // len(character.encode()))
    return text if text.strip() else f"{text[:-1]}x"


def large(character: str) -> dict[str, Any]:
    return {
        **REVIEW,
        "title": character * MAX_TITLE if character != "\t" else "x" * MAX_TITLE,
        "location": character * MAX_LOCATION if character != "\t" else "x" * MAX_LOCATION,
        "description": filled(character, MAX_DESCRIPTION_BYTES),
        "transparency": "transparent",
    }


@pytest.mark.parametrize("character", ["x", *WORST], ids=ascii)
def test_a_description_of_so_many_bytes_is_kept_whole(character: str) -> None:
    event = created(large(character))
    assert event["description"] == filled(character, MAX_DESCRIPTION_BYTES)
    assert len(event["description"].encode()) > MAX_DESCRIPTION_BYTES - 4


@pytest.mark.parametrize("character", WORST, ids=ascii)
def test_a_page_of_the_largest_events_fits_an_answer(character: str) -> None:
    body = large(character)
    for _ in range(2):  # half a page each: a request is bounded, too
        assert ADA("POST", "/events/bulk", {"events": [body] * (MAX_PAGE // 2)}).status == 201
    page = ADA("GET", f"/events?from={REVIEW['start']}&to={REVIEW['end']}&limit={MAX_PAGE}")
    assert page.status == 200
    # A page may be shorter: one of DynamoDB ends at 1 MB.
    text = page.text if len(page.body["items"]) == MAX_PAGE else json.dumps([page.body["items"][0]] * MAX_PAGE)
    assert len(json.dumps({"statusCode": 200, "body": text})) < LAMBDA_BYTES


def test_a_bulk_is_bounded_by_the_size_of_its_body() -> None:
    body = {**REVIEW, "description": "x" * MAX_DESCRIPTION_BYTES}
    assert MAX_BULK * MAX_DESCRIPTION_BYTES > MAX_BODY_BYTES
    fits = (MAX_BODY_BYTES - 100) // len(json.dumps(body) + ", ")
    assert ADA("POST", "/events/bulk", {"events": [body] * fits}, context=UNHURRIED).body["created"] == fits
    assert ADA("POST", "/events/bulk", {"events": [body] * (fits + 2)}).status == 413


def test_a_diff_of_the_largest_descriptions_fits_an_answer(dynamodb_deployment: Deployment) -> None:
    lines = [f"{number % 97:02d}" for number in range(MAX_DESCRIPTION_BYTES // 3)]
    event = created({**REVIEW, "description": "\n".join(lines)})
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{event['id']}", {"description": "\n".join(reversed(lines))})
    dynamodb_deployment.record()
    diff = ADA("GET", f"/events/{event['id']}/diff")
    assert (diff.status, [each["field"] for each in diff.body["changes"]]) == (200, ["description"])
    assert len(json.dumps({"statusCode": 200, "body": diff.text})) < LAMBDA_BYTES
