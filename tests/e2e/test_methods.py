"""HEAD is there wherever GET is, and a method that a path does not have is a 404."""

import pytest
import requests

from tests.e2e.user import PASSWORD, User, eventually, problem
from tests.harness.template import routes

READS = sorted(path for method, path in routes() if method == "GET")
KNOWN = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}


@pytest.fixture(scope="module")
def eve(base_url: str, session: requests.Session) -> User:
    """Somebody with one event."""
    return User.register(base_url, session)


@pytest.fixture(scope="module")
def names(eve: User) -> dict[str, str]:
    """An event and its version, once that is recorded, and what else the paths name."""
    event = eve.create("Design review", "2027-03-01T08:00:00Z", "2027-03-01T09:00:00Z")
    changed = eve("PATCH", f"/events/{event['id']}", {"location": "Room 5"})
    assert changed.status_code == 200
    eventually(lambda: eve.versions(event["id"]), lambda versions: len(versions) == 2)
    (session,) = eve("GET", "/me/sessions").json()["items"]
    gone = User.register(eve.base_url, requests.Session())
    erasure = gone("DELETE", "/me", {"password": PASSWORD}).json()
    calendar_id = eve("GET", "/me").json()["id"]
    invitation = eve("POST", f"/calendars/{calendar_id}/invitations", {"role": "viewer"}).json()
    return {
        "calendar_id": calendar_id,
        "username": eve.username,
        "invitation_id": invitation["id"],
        "event_id": event["id"],
        "history_id": event["history_id"],
        "session_id": session["id"],
        "erasure_id": erasure["erasure_id"],
    }


OWN = {"date", "x-amz-request-id", "x-amzn-requestid"}


def meant(answer: requests.Response) -> dict[str, str]:
    """The headers of an answer, less those that no two answers share."""
    return {name: value for name, value in answer.headers.items() if name.lower() not in OWN}


@pytest.mark.parametrize("path", READS)
def test_head_answers_what_get_does_without_the_content(eve: User, names: dict[str, str], path: str) -> None:
    in_window = path.endswith(("/events", "/free-busy"))
    window = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z"} if in_window else {}
    read, asked = (eve(method, path.format(**names), query=window) for method in ("GET", "HEAD"))
    assert (read.status_code, asked.status_code) == (200, 200)
    assert asked.content == b""
    assert meant(asked) == meant(read)
    assert int(asked.headers["Content-Length"]) == len(read.content) > 0


def test_head_tells_an_unchanged_event_and_an_error_as_get_does(eve: User, names: dict[str, str]) -> None:
    path = f"/events/{names['event_id']}"
    tag = eve("HEAD", path).headers["ETag"]
    cases: list[tuple[dict[str, str | None], int]] = [({"If-None-Match": tag}, 304), ({"Authorization": None}, 401)]
    for headers, status in cases:
        read, asked = (eve(method, path, headers=headers) for method in ("GET", "HEAD"))
        assert (read.status_code, asked.status_code) == (status, status)
        assert asked.content == b""
        assert meant(asked) == meant(read)
    assert eve("HEAD", f"/events/{names['history_id']}").status_code == 404


@pytest.mark.parametrize("path", sorted({path for _, path in routes()}))
def test_a_method_that_a_path_does_not_have_is_a_404(eve: User, names: dict[str, str], path: str) -> None:
    has = {method for method, known in routes() if known == path}
    has |= {"OPTIONS", *(["HEAD"] if "GET" in has else [])}
    names = {**names, "operation_id": names["history_id"]}
    concrete = path.format(**names)
    for method in sorted(KNOWN - has):
        for headers in ({}, {"Authorization": None}):
            answer = eve(method, concrete, headers=headers)
            if method == "HEAD":
                assert answer.status_code == 404, (method, path)
            else:
                assert "no such route" in problem(answer, 404, "not-found")["detail"], (method, path)
