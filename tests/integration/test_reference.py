"""The reference is valid, complete and true."""

import json
import re
import tomllib
from typing import Any

import pytest
from openapi_spec_validator import validate

from shared.http.problems import TITLES
from shared.runtime import Runtime
from tests.harness.gateway import Api, Reply
from tests.harness.openapi_document import check, document, faults, operations, resolved
from tests.harness.stream import Stream, deliver, of_events
from tests.harness.template import ROOT, public_routes, routes, template

EVENT = "/events/{event_id}"
HISTORY = f"{EVENT}/history"
NOT_OURS = (["code"], ["current_password"], ["password"])
WITH_BODY = [route for route in routes() if "requestBody" in operations()[route]]


class Judged:
    """The API of a user, each answer held against the document."""

    def __init__(self, runtime: Runtime) -> None:
        self._api = Api()
        self._stream = Stream(runtime)

    def __call__(self, method: str, resource: str, body: Any = None, **more: Any) -> Reply:
        """Send a request to `resource`, its placeholders filled from `more`, and check the answer."""
        path = resource
        for name in re.findall(r"{(\w+)}", resource):
            path = path.replace(f"{{{name}}}", more.pop(name))
        answered = self._api(method, path, body, **more)
        check(method, resource, answered)
        assert deliver(of_events(self._stream.read())) == []
        return answered


@pytest.fixture
def judged(runtime: Runtime) -> Judged:
    return Judged(runtime)


@pytest.fixture
def event(judged: Judged) -> dict[str, Any]:
    """An event at version 2; `first` is the history_id of version 1."""
    body = {"title": "Design review", "start": "2027-03-01T08:00:00Z", "end": "2027-03-01T09:00:00Z"}
    created = judged("POST", "/events", body).body
    changed: dict[str, Any] = judged("PATCH", EVENT, {"location": "Room 5"}, event_id=created["id"]).body
    return {**changed, "first": created["history_id"]}


def test_it_is_a_valid_openapi_document() -> None:
    validate(document())


def test_it_has_the_routes_of_the_template() -> None:
    assert operations().keys() == routes().keys()


def test_it_tells_which_routes_are_public() -> None:
    # The document does not repeat a GET as HEAD.
    public = {route for route in public_routes() if route[0] != "HEAD"}
    assert {route for route, operation in operations().items() if operation.get("security") == []} == public


def test_its_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert document()["info"]["version"] == project["version"]


def test_every_part_of_it_is_used() -> None:
    text = str(document())
    for kind in ("schemas", "responses"):
        for name in document()["components"][kind]:
            assert f"#/components/{kind}/{name}'" in text, name


def test_every_operation_and_parameter_is_described() -> None:
    for route, operation in operations().items():
        assert operation["summary"], route
        assert operation["description"], route
        for parameter in operation["parameters"]:
            assert parameter["description"], (route, parameter)


@pytest.mark.parametrize(("method", "resource"), WITH_BODY)
def test_the_example_of_a_body_is_one_that_the_api_takes(judged: Judged, method: str, resource: str) -> None:
    contents = operations()[method, resource]["requestBody"]["content"].values()
    assert all(faults(content["schema"], content["example"]) == [] for content in contents)
    (body,) = {json.dumps(content["example"]) for content in contents}
    event_id = "01998f3a-5c00-7a10-8b20-3c4d5e6f7081"
    names = dict.fromkeys(re.findall(r"{(\w+)}", resource), event_id)
    answered = judged(method, resource, raw=body, **names)
    # No example can be a code that was sent, or the password of a user who was not registered.
    assert answered.status not in (400, 422) or answered.fields in NOT_OURS, answered


def test_every_example_of_a_problem_fits_its_schema() -> None:
    for name, response in document()["components"]["responses"].items():
        for media_type, content in response["content"].items():
            assert media_type == "application/problem+json", name
            for example in content.get("examples", {}).values():
                assert faults(content["schema"], example["value"]) == [], name


def test_every_example_of_a_field_fits_it() -> None:
    schemas = document()["components"]["schemas"]
    fields = [each for schema in schemas.values() for each in schema.get("properties", {}).values()]
    parameters = [each["schema"] for operation in operations().values() for each in operation["parameters"]]
    examples = [(each, example) for each in (*fields, *parameters) for example in each.get("examples", [])]
    assert len(examples) > 100
    assert [(each, example) for each, example in examples if faults(each, example)] == []


def test_answers_about_events(judged: Judged, event: dict[str, Any]) -> None:
    known = {"event_id": event["id"]}
    other = {"title": "Other", "start": "2027-03-01T08:30:00Z", "end": "2027-03-01T09:30:00Z"}
    assert judged("GET", EVENT, **known).status == 200
    assert judged("GET", EVENT, **known, headers={"If-None-Match": f'"{event["history_id"]}"'}).status == 304
    assert judged("POST", "/events", other).status == 409
    assert judged("POST", "/events", other, on_conflict="allow").status == 201
    assert judged("GET", "/events", limit="1").status == 200
    assert judged("GET", "/events", limit="0").status == 422
    assert judged("GET", "/free-busy", **{"from": "2027-03-01T00:00:00Z"}).body["busy"]
    later = {**other, "start": "2027-03-02T08:00:00Z", "end": "2027-03-02T09:00:00Z"}
    assert judged("PUT", EVENT, later, **known).status == 200
    assert judged("PUT", EVENT, other, **known, headers={"If-Match": '"no id"'}).status == 412
    assert judged("PATCH", EVENT, {"colour": "red"}, **known).status == 422
    assert judged("DELETE", EVENT, **known).status == 204
    assert judged("DELETE", EVENT, **known).status == 404
    assert judged("GET", "/events/deleted").body["items"]
    assert judged("GET", EVENT, **known, as_of=event["updated_at"]).body["version"] == 2


def test_answers_about_versions(judged: Judged, event: dict[str, Any]) -> None:
    known = {"event_id": event["id"]}
    first, second = event["first"], event["history_id"]
    listed = judged("GET", HISTORY, **known).body
    assert [version["version"] for version in listed["items"]] == [2, 1]
    assert judged("GET", HISTORY, **known, limit="1").body["next_cursor"]
    assert judged("GET", HISTORY + "/{history_id}", **known, history_id=first).body["event"]["location"] == ""
    assert judged("GET", HISTORY + "/{history_id}", **known, history_id=event["id"]).status == 404
    assert judged("GET", f"{EVENT}/diff", **known, **{"from": first, "to": second}).body["changes"]
    assert judged("PATCH", EVENT, {"description": "one\ntwo"}, **known).body["version"] == 3
    (change,) = judged("GET", f"{EVENT}/diff", **known).body["changes"]
    assert change["unified_diff"].endswith("+one\n+two\n\\ No newline at end of file\n")
    back = {"history_id": first, "reason": "moved by mistake"}
    assert judged("POST", f"{EVENT}/rollback", back, **known, dry_run="true").body["changes"]
    assert judged("POST", f"{EVENT}/rollback", back, **known).body["version"] == 4
    assert judged("POST", f"{EVENT}/rollback", back, **known).body["changed"] is False
    assert judged("DELETE", EVENT, **known).status == 204
    diff = judged("GET", f"{EVENT}/diff", **known).body
    assert (diff["type"], diff["changes"]) == ("delete", [{"field": "deleted", "old": False, "new": True}])
    assert judged("POST", f"{EVENT}/rollback", {"history_id": first}, **known, dry_run="true").body["changes"]
    assert judged("POST", f"{EVENT}/rollback", {"history_id": first}, **known).body["version"] == 6
    types = [version["type"] for version in judged("GET", HISTORY, **known).body["items"]]
    assert types == ["restore", "delete", "rollback", "update", "update", "create"]


def test_answers_to_bulk_requests(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        {"title": f"Shift {day}", "start": f"2027-03-0{day}T06:00:00Z", "end": f"2027-03-0{day}T14:00:00Z"}
        for day in (1, 2, 3)
    ]
    created = judged("POST", "/events/bulk", {"events": events})
    assert created.status == 201
    touched, *others = created.body["items"]
    assert judged("DELETE", EVENT, event_id=touched["id"]).status == 204
    undo = judged("POST", "/operations/{operation_id}/undo", operation_id=created.body["operation_id"]).body
    assert {item["id"] for item in undo["undone"]} == {item["id"] for item in others}
    assert [item["id"] for item in undo["left"]] == [touched["id"]]

    def lose_one(_: object, made: list[Any], *_more: object) -> dict[str, str]:
        return {made[1].id: "the database did not take it"}

    monkeypatch.setattr("shared.store.bulk.DynamoBulkStore.put_all", lose_one)
    answered = judged("POST", "/events/bulk", {"events": events})
    assert [item["status"] for item in answered.body["items"]] == [201, 503, 201]


def test_the_table_of_problems_has_every_one() -> None:
    text = (ROOT / "docs" / "problems.md").read_text()
    rows = re.findall(r"^\| `(/problems/[a-z-]+)` \| (\w+) \|", text, re.MULTILINE)
    ours = {(f"/problems/{title.lower().replace(' ', '-')}", str(status)) for status, title in TITLES.values()}
    gateway = template()["Resources"]["Api"]["Properties"]["GatewayResponses"]
    bodies = {kind: json.loads(each["ResponseTemplates"]["application/json"]) for kind, each in gateway.items()}
    theirs = {
        (body["type"], str(body.get("status", kind.removeprefix("DEFAULT_").lower()))) for kind, body in bodies.items()
    }
    assert set(rows) == ours | theirs
    assert len(rows) == len(set(rows))
    told = {
        example["value"]["type"]
        for response in document()["components"]["responses"].values()
        for content in response["content"].values()
        for example in content["examples"].values()
    }
    assert told == {kind for kind, _ in rows}


def test_references_lead_somewhere() -> None:
    for operation in operations().values():
        for response in operation["responses"].values():
            assert resolved(response)["description"]
