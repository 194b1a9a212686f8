"""Bulk requests, each answer held against the reference."""

from typing import Any

from tests.harness.gateway import Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, REVIEW
from tests.harness.samples import END, START

BAD = {"title": "", "start": END, "end": START}
KEY = {"Idempotency-Key": "bulk-1"}


def bulk(*events: Any, query: str = "", headers: dict[str, str] | None = None) -> Reply:
    """Send a bulk request, and hold its answer against the reference."""
    answer = ADA("POST", f"/events/bulk{query}", {"events": list(events)}, headers=headers or {})
    check("POST", "/events/bulk", answer)
    return answer


def named(uid: str, **changes: Any) -> dict[str, Any]:
    return {**REVIEW, "uid": uid, **changes}


def statuses(answer: Reply) -> list[int]:
    assert answer.status == 207, answer
    assert [item["index"] for item in answer.body["items"]] == list(range(len(answer.body["items"])))
    assert answer.body["created"] == sum(item["status"] == 201 for item in answer.body["items"])
    return [item["status"] for item in answer.body["items"]]
