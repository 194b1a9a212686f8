"""A user of the deployed API, over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import uuid4

import requests

PASSWORD: Final = "correct horse battery"
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
T = TypeVar("T")

TIMEOUT_SECONDS: Final = 60
RETRY_SECONDS: Final = 60


class User:
    """Somebody with a calendar of their own; calling it sends a request with their access token."""

    def __init__(self, base_url: str, session: requests.Session, tokens: dict[str, Any], username: str) -> None:
        self.base_url = base_url
        self.username = username
        self.access_token: str = tokens["access_token"]
        self.refresh_token: str = tokens["refresh_token"]
        self._session = session

    @classmethod
    def register(cls, base_url: str, session: requests.Session) -> User:
        """A new user with a name of their own."""
        username = f"u{uuid4().hex}"
        body = {"username": username, "password": PASSWORD, "email": f"{username}@example.com"}
        answer = session.post(f"{base_url}/auth/register", json=body, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 201, answer.text
        return cls(base_url, session, answer.json(), username)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: str | bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request; a header of None is left out."""
        every = {"Authorization": f"Bearer {self.access_token}", **({} if headers is None else headers)}
        data = raw if raw is not None else None if body is None else json.dumps(body)
        if data is not None:
            every = {"Content-Type": JSON, **every}
        return self._session.request(
            method,
            self.base_url + path,
            data=data,
            headers={name: value for name, value in every.items() if value is not None},
            params={**(query or {})},
            timeout=TIMEOUT_SECONDS,
        )

    def create(self, title: str, start: str, end: str, **more: str) -> dict[str, Any]:
        """A new event."""
        answer = self("POST", "/events", {"title": title, "start": start, "end": end, **more})
        assert answer.status_code == 201, answer.text
        event: dict[str, Any] = answer.json()
        return event

    def pages(self, path: str, query: Mapping[str, str]) -> list[list[dict[str, Any]]]:
        """The items of every page of a listing."""
        pages = []
        more: dict[str, str] = {}
        while True:
            answer = self("GET", path, query={**query, **more})
            assert answer.status_code == 200, answer.text
            pages.append(answer.json()["items"])
            if answer.json()["next_cursor"] is None:
                return pages
            more = {"cursor": answer.json()["next_cursor"]}

    def events(self) -> list[dict[str, Any]]:
        """Every event of the calendar."""
        window = {"from": "1970-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z", "limit": "100"}
        return [event for page in self.pages("/events", window) for event in page]

    def versions(self, event_id: str) -> list[dict[str, Any]]:
        """The versions of an event once all are recorded, newest first."""

        def listed() -> dict[str, Any]:
            answer = self("GET", f"/events/{event_id}/history", query={"limit": "100"})
            assert answer.status_code == 200, answer.text
            page: dict[str, Any] = answer.json()
            return page

        items: list[dict[str, Any]] = eventually(listed, lambda page: not page["pending"])["items"]
        return items


def eventually(look: Callable[[], T], done: Callable[[T], bool]) -> T:
    """What `look` sees once it is `done`; fails when that takes too long."""
    deadline = time.monotonic() + RETRY_SECONDS
    while not done(seen := look()):
        assert time.monotonic() < deadline, f"still {seen}"
        time.sleep(0.05)
    return seen


def problem(answer: requests.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem document of `answer`, which is to be of that status and kind."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM), answer.text[:500]
    document: dict[str, Any] = answer.json()
    assert (document["status"], document["type"]) == (status, f"/problems/{kind}"), document
    assert document.keys() >= {"title", "detail"}
    return document
