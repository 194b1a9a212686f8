"""What the product promises, in the order in which a user meets it."""

from typing import Any
from urllib.parse import urljoin

import jsonpatch
import pytest
import requests

from tests.e2e.user import PASSWORD, User, eventually, problem

START, END = "2027-03-01T09:00:00+01:00", "2027-03-01T10:00:00+01:00"


def test_a_session_from_registration_to_logout(ada: User) -> None:
    taken = ada("POST", "/auth/register", {"username": ada.username.upper(), "password": PASSWORD, "email": "x@y.z"})
    assert [each["field"] for each in problem(taken, 409, "name-taken")["errors"]] == ["username"]
    wrong = ada("POST", "/auth/login", {"username": ada.username, "password": "a guess"})
    nobody = ada("POST", "/auth/login", {"username": f"{ada.username}x", "password": "a guess"})
    assert problem(wrong, 401, "not-authenticated") == problem(nobody, 401, "not-authenticated")

    tokens = ada("POST", "/auth/login", {"username": ada.username, "password": PASSWORD}).json()
    assert tokens["token_type"] == "Bearer"
    exchanged = ada("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert exchanged.status_code == 200
    renewed = exchanged.json()
    authorization = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert ada("GET", "/events", headers=authorization).status_code == 200

    # A second tab, or a lost answer: for half a minute the same exchange has the same result.
    again = ada("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json()
    assert (again["access_token"], again["refresh_token"]) == (renewed["access_token"], renewed["refresh_token"])
    latest = ada("POST", "/auth/refresh", {"refresh_token": renewed["refresh_token"]}).json()
    stolen = ada("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    problem(stolen, 401, "not-authenticated")
    # A token of long ago is in two hands: the session it belongs to has ended.
    problem(ada("POST", "/auth/refresh", {"refresh_token": latest["refresh_token"]}), 401, "not-authenticated")

    assert ada("POST", "/auth/logout", {"refresh_token": ada.refresh_token}).status_code == 204
    problem(ada("POST", "/auth/refresh", {"refresh_token": ada.refresh_token}), 401, "not-authenticated")
    assert ada("POST", "/auth/logout", {"refresh_token": ada.refresh_token}).status_code == 204


def test_an_event_is_created_found_and_read(ada: User) -> None:
    body = {"title": "Design review", "start": START, "end": END, "time_zone": "Europe/Berlin", "location": "Room 4"}
    answer = ada("POST", "/events", body)
    assert answer.status_code == 201
    event = answer.json()
    assert (event["start"], event["end"]) == ("2027-03-01T08:00:00Z", "2027-03-01T09:00:00Z")
    assert (event["time_zone"], event["version"]) == ("Europe/Berlin", 1)
    assert answer.headers["ETag"] == f'"{event["history_id"]}"'
    # A client resolves Location against the URL it has sent the request to.
    location = urljoin(answer.url, answer.headers["Location"]).removeprefix(ada.base_url)
    assert ada("GET", location).json() == event
    assert ada.events() == [event]


def test_a_colliding_event_is_refused_and_the_other_one_named(ada: User, bob: User) -> None:
    first = ada.create("Design review", START, END)
    overlapping = {"title": "Lunch", "start": "2027-03-01T08:30:00Z", "end": "2027-03-01T09:30:00Z"}
    conflict = problem(ada("POST", "/events", overlapping), 409, "event-conflict")
    assert conflict["conflicts"] == [{name: first[name] for name in ("calendar_id", "id", "title", "start", "end")}]
    assert conflict["next_free"] == first["end"]
    assert ada.events() == [first]

    assert ada("POST", "/events", {**overlapping, "start": first["end"]}).status_code == 201
    assert ada("POST", "/events", overlapping, query={"on_conflict": "allow"}).status_code == 201
    assert bob("POST", "/events", overlapping).status_code == 201
    busy = ada("GET", "/free-busy", query={"from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z"}).json()["busy"]
    assert busy == [{"start": "2027-03-01T08:00:00Z", "end": "2027-03-01T09:30:00Z"}]


def bulk_of(count: int) -> dict[str, Any]:
    """As many events of an hour, all in March 2027, some of them at the same time."""
    hours = [f"2027-03-{1 + at // 24 % 28:02}T{at % 24:02}" for at in range(count)]
    return {
        "events": [{"title": f"n {at}", "start": f"{h}:00:00Z", "end": f"{h}:59:59Z"} for at, h in enumerate(hours)]
    }


def test_a_bulk_of_1000_is_recorded_event_by_event(ada: User) -> None:
    answer = ada("POST", "/events/bulk", bulk_of(1000))
    assert answer.status_code == 201, answer.text[:500]
    made = answer.json()
    assert made["created"] == 1000
    assert [item["index"] for item in made["items"]] == list(range(1000))
    first, last = made["items"][0], made["items"][-1]

    # An undo sees what the stream has recorded, and answers 503 until that is all of it.
    def undo() -> requests.Response:
        return ada("POST", f"/operations/{made['operation_id']}/undo")

    changed = ada("PATCH", f"/events/{first['id']}", {"title": "kept"})
    assert changed.json()["version"] == 2
    undone = eventually(undo, lambda answer: answer.status_code != 503).json()
    assert {item["id"] for item in undone["undone"]} == {item["id"] for item in made["items"][1:]}
    assert [item["id"] for item in undone["left"]] == [first["id"]]
    assert [event["title"] for event in ada.events()] == ["kept"]

    versions = ada.versions(last["id"])
    assert [(version["version"], version["type"]) for version in versions] == [(2, "delete"), (1, "create")]
    assert versions[1]["history_id"] == last["history_id"]
    assert versions[1]["operation_id"] == made["operation_id"]


@pytest.fixture
def changed(ada: User) -> list[dict[str, Any]]:
    """The documents of an event at versions 1, 2 and 3."""
    first = ada.create("Design review", START, END)
    second = ada("PATCH", f"/events/{first['id']}", {"location": "Room 5"})
    third = ada("PUT", f"/events/{first['id']}", {"title": "Design review, part 2", "start": START, "end": END})
    assert (second.status_code, third.status_code) == (200, 200)
    return [first, second.json(), third.json()]


def test_versions_are_listed_read_and_compared(ada: User, changed: list[dict[str, Any]]) -> None:
    event_id = changed[0]["id"]
    versions = ada.versions(event_id)
    assert [(version["version"], version["type"]) for version in versions] == [
        (3, "update"),
        (2, "update"),
        (1, "create"),
    ]
    assert [version["history_id"] for version in versions] == [each["history_id"] for each in reversed(changed)]
    for document in changed:
        version = ada("GET", f"/events/{event_id}/history/{document['history_id']}").json()
        assert version["event"] == document

    first, _, third = changed
    diff = ada("GET", f"/events/{event_id}/diff", query={"from": first["history_id"], "to": third["history_id"]}).json()
    assert diff["changes"] == [{"field": "title", "old": "Design review", "new": "Design review, part 2"}]
    assert jsonpatch.apply_patch(first, diff["patch"]) == third
    back = ada("GET", f"/events/{event_id}/diff", query={"from": third["history_id"], "to": first["history_id"]}).json()
    assert jsonpatch.apply_patch(third, back["patch"]) == first


def test_an_event_is_rolled_back_deleted_and_restored(ada: User, changed: list[dict[str, Any]]) -> None:
    first, second, third = changed
    path = f"/events/{first['id']}"
    assert len(ada.versions(first["id"])) == 3
    back = {"history_id": second["history_id"], "reason": "the room was right"}
    preview = ada("POST", f"{path}/rollback", back, query={"dry_run": "true"}).json()
    assert {change["field"] for change in preview["changes"]} == {"title", "location"}
    assert ada("GET", path).json() == third

    rolled_back = ada("POST", f"{path}/rollback", back).json()
    assert (rolled_back["version"], rolled_back["location"], rolled_back["title"]) == (4, "Room 5", "Design review")
    assert ada("DELETE", path).status_code == 204
    problem(ada("GET", path), 404, "not-found")
    assert ada.events() == []

    other = ada.create("In between", START, END)
    in_the_way = ada("POST", f"{path}/rollback", {"history_id": first["history_id"]})
    assert [each["id"] for each in problem(in_the_way, 409, "event-conflict")["conflicts"]] == [other["id"]]
    assert ada("DELETE", f"/events/{other['id']}").status_code == 204
    restored = ada("POST", f"{path}/rollback", {"history_id": third["history_id"]}).json()
    assert (restored["id"], restored["version"], restored["title"]) == (first["id"], 6, third["title"])
    assert ada("GET", path).json() == {name: value for name, value in restored.items() if name != "changed"}

    versions = ada.versions(first["id"])
    types = [version["type"] for version in versions]
    assert types == ["restore", "delete", "rollback", "update", "update", "create"]
    assert versions[2]["reason"] == "the room was right"
    assert versions[2]["rolled_back_to"] == second["history_id"]


def test_going_back_to_a_deletion_restores_what_was_there_before_it(ada: User) -> None:
    event = ada.create("Design review", START, END)
    ada("DELETE", f"/events/{event['id']}")
    (deleted,) = ada("GET", "/events/deleted").json()["items"]
    restored = ada("POST", f"/events/{event['id']}/rollback", {"history_id": deleted["history_id"]})
    assert (restored.status_code, restored.json()["version"]) == (200, 3)
    assert ada("GET", f"/events/{event['id']}").json()["title"] == "Design review"


def test_versions_superseded_within_the_streams_lag_are_recorded(ada: User) -> None:
    event = ada.create("0", START, END)
    path = f"/events/{event['id']}"
    documents = [event] + [ada("PATCH", path, {"title": str(number)}).json() for number in range(1, 20)]
    newest = ada("GET", f"{path}/history", query={"limit": "1"}).json()["items"][0]
    assert newest["version"] == 20
    assert [version["version"] for version in ada.versions(event["id"])] == list(range(20, 0, -1))
    for document in documents:
        assert ada("GET", f"{path}/history/{document['history_id']}").json()["event"] == document


def test_only_the_version_that_was_read_is_changed(ada: User) -> None:
    event = ada.create("Design review", START, END)
    path, read = f"/events/{event['id']}", {"If-Match": f'"{event["history_id"]}"'}
    unchanged = ada("GET", path, headers={"If-None-Match": f'"{event["history_id"]}"'})
    assert (unchanged.status_code, unchanged.text) == (304, "")
    changed = ada("PATCH", path, {"location": "Room 5"}, headers=read)
    assert changed.status_code == 200
    for method, body in (("PATCH", {"location": "Room 6"}), ("PUT", {**_said(event), "title": "x"}), ("DELETE", None)):
        refused = problem(ada(method, path, body, headers=read), 412, "precondition-failed")
        assert refused["history_id"] == changed.json()["history_id"]
    assert ada("GET", path, headers={"If-None-Match": f'"{event["history_id"]}"'}).json() == changed.json()
    assert ada("DELETE", path, headers={"If-Match": changed.headers["ETag"]}).status_code == 204


def test_what_changes_nothing_makes_no_version(ada: User) -> None:
    event = ada.create("Design review", START, END)
    assert ada("PUT", f"/events/{event['id']}", _said(event)).json() == event
    assert ada("PATCH", f"/events/{event['id']}", {"title": event["title"]}).json() == event


def test_a_patch_may_be_declared_as_a_merge_patch(ada: User) -> None:
    event = ada.create("Design review", START, END, location="Room 4")
    merge = {"Content-Type": "application/merge-patch+json"}
    patched = ada("PATCH", f"/events/{event['id']}", {"location": None}, headers=merge)
    assert patched.json()["location"] == ""


def test_a_window_is_paged_in_order_of_start(ada: User) -> None:
    month = {"title": "All month", "start": "2027-02-20T00:00:00Z", "end": "2027-03-15T00:00:00Z"}
    assert ada("POST", "/events", month).status_code == 201
    assert ada("POST", "/events/bulk", bulk_of(30)).status_code == 201
    window = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z"}
    pages = ada.pages("/events", {**window, "limit": "7"})
    assert all(len(page) <= 7 for page in pages)
    titles = [event["title"] for page in pages for event in page]
    assert titles == ["All month", *(f"n {number}" for number in range(24))]


def test_the_calendar_as_it_was(ada: User) -> None:
    event = ada.create("Design review", START, END)
    moved = {"start": "2027-03-02T08:00:00Z", "end": "2027-03-02T09:00:00Z"}
    changed = ada("PATCH", f"/events/{event['id']}", moved).json()
    assert len(ada.versions(event["id"])) == 2
    assert ada("GET", f"/events/{event['id']}", query={"as_of": event["updated_at"]}).json() == event
    window = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-08T00:00:00Z"}

    def listed(as_of: str) -> list[dict[str, Any]]:
        return [each for page in ada.pages("/events", {**window, "as_of": as_of}) for each in page]

    # The index of all versions follows the history a moment later.
    assert eventually(lambda: listed(event["updated_at"]), bool) == [event]
    assert eventually(lambda: listed(changed["updated_at"]), bool) == [changed]


def _said(event: dict[str, Any]) -> dict[str, Any]:
    """What its owner says of an event: what PUT takes."""
    names = ("title", "description", "location", "start", "end", "time_zone", "transparency")
    return {name: event[name] for name in names}
