"""The limits that README, the reference and the template state, as numbers: what is taken just at them, not past them.

The numbers are written out here. A test that takes them from the code would follow the code wherever it goes.
"""

import json
from base64 import b64encode
from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.identity_client import Identity, post
from tests.harness.payloads import ADA, ALLOW, REVIEW, created
from tests.harness.samples import START

Json = dict[str, Any]
E_ACUTE, EMOJI = "\u00e9", "\U0001f600"  # two and four bytes in UTF-8

# The longest text of each field, and one that is too long by as little as can be.
TEXTS: list[tuple[str, str, str]] = [
    ("title", "x" * 200, "x" * 201),
    ("title", EMOJI * 200, EMOJI * 201),
    ("location", "x" * 500, "x" * 501),
    ("location", EMOJI * 500, EMOJI * 501),
    ("description", "x" * 8192, "x" * 8193),
    ("description", E_ACUTE * 4096, E_ACUTE * 4096 + "x"),
    ("description", EMOJI * 2048, EMOJI * 2048 + "x"),
    ("reason", "x" * 500, "x" * 501),
    ("reason", EMOJI * 500, EMOJI * 501),
    ("uid", "x" * 255, "x" * 256),
    ("uid", E_ACUTE * 127 + "x", E_ACUTE * 128),
]


def events_sent(field: str, value: str) -> list[tuple[str, str, Json]]:
    """The requests that send an event with `field`."""
    body = {**REVIEW, field: value}
    bulk = {"events": [REVIEW], "reason": value} if field == "reason" else {"events": [body]}
    sent: list[tuple[str, str, Json]] = [("POST", "/events/bulk", bulk)]
    if field == "uid":
        other = chr(ord(value[0]) + 1) + value[1:]  # as long, since it names another event
        return [*sent, ("POST", f"/events{ALLOW}", {**REVIEW, field: other})]
    sent += [("PUT", "/events/{id}", body), ("PATCH", "/events/{id}", {"start": START, field: value})]
    return [*sent, ("POST", f"/events{ALLOW}", body)]


@pytest.mark.parametrize(("field", "longest", "too_long"), TEXTS, ids=lambda value: f"{value[:11]} {len(value)}")
def test_a_text_is_as_long_as_is_stated(deployment: Deployment, field: str, longest: str, too_long: str) -> None:
    event = created()
    for method, route, body in events_sent(field, longest):
        reply = ADA(method, route.format(**event), body)
        assert reply.status in (200, 201), reply
    before = deployment.calendars()
    for method, route, body in events_sent(field, too_long):
        reply = ADA(method, route.format(**event), body)
        name = f"events[0].{field}" if "bulk" in route and field != "reason" else field
        assert (reply.status, reply.fields) == (422, [name]), route
    assert deployment.calendars() == before


def test_an_event_lasts_366_days_at_most(deployment: Deployment) -> None:
    start = "2027-03-01T09:00:00Z"
    assert ADA("POST", "/events", {**REVIEW, "start": start, "end": "2028-03-01T09:00:00Z"}).status == 201
    one_more = {**REVIEW, "start": start, "end": "2028-03-01T09:00:01Z"}
    assert ADA("POST", f"/events{ALLOW}", one_more).fields == ["end"]
    assert len(deployment.events()) == 1


def test_a_bulk_has_1_to_1000_events(deployment: Deployment) -> None:
    none = ADA("POST", "/events/bulk", {"events": []})
    assert (none.status, none.fields) == (422, ["events"])
    too_many = ADA("POST", "/events/bulk", {"events": [REVIEW] * 1_001})
    assert (too_many.status, too_many.fields) == (422, ["events"])
    assert deployment.calendars() == []
    assert ADA("POST", "/events/bulk", {"events": [REVIEW]}).body["created"] == 1
    assert ADA("POST", "/events/bulk", {"events": [REVIEW] * 1_000}).body["created"] == 1_000
    assert len(deployment.events()) == 1_001


@pytest.mark.parametrize("route", ["/events?from=2027-03-01T00:00:00Z&", "/events/deleted?", "/events/{id}/history?"])
def test_a_page_has_1_to_100_items_and_50_unless_told(dynamodb_deployment: Deployment, route: str) -> None:
    event_id = created()["id"]
    if "history" in route:
        for number in range(100):
            ADA("PATCH", f"/events/{event_id}", {"title": str(number)})
        dynamodb_deployment.record()
    else:
        made = ADA("POST", "/events/bulk", {"events": [REVIEW] * 101}).body["items"]
        for item in made if "deleted" in route else []:
            ADA("DELETE", f"/events/{item['id']}")
    path = route.format(id=event_id)
    for wrong in ("0", "101"):
        assert ADA("GET", f"{path}limit={wrong}").fields == ["limit"]
    for limit in (1, 100):
        page = ADA("GET", f"{path}limit={limit}").body
        assert len(page["items"]) == limit
        assert page["next_cursor"] is not None
    assert len(ADA("GET", path).body["items"]) == 50


def test_a_window_is_31_days_long_unless_told(deployment: Deployment) -> None:
    del deployment  # its clock stands at 2026-11-22T09:00:00Z
    last = created({**REVIEW, "start": "2026-12-23T08:59:59Z", "end": "2026-12-23T09:00:00Z"})
    created({**REVIEW, "start": "2026-12-23T09:00:00Z", "end": "2026-12-23T09:00:01Z"})
    assert ADA("GET", "/events").body["items"] == [last]
    assert ADA("GET", "/free-busy").body == {
        "from": "2026-11-22T09:00:00Z",
        "to": "2026-12-23T09:00:00Z",
        "busy": [{"start": "2026-12-23T08:59:59Z", "end": "2026-12-23T09:00:00Z"}],
        "next_cursor": None,
    }


def test_free_busy_is_for_62_days_at_most(deployment: Deployment) -> None:
    del deployment
    assert ADA("GET", "/free-busy?from=2027-03-01T00:00:00Z&to=2027-05-02T00:00:00Z").status == 200
    assert ADA("GET", "/free-busy?from=2027-03-01T00:00:00Z&to=2027-05-02T00:00:01Z").fields == ["to"]


@pytest.mark.parametrize(("end", "free"), [("2027-04-01T09:00:00Z", True), ("2027-04-01T09:00:01Z", False)])
def test_a_free_time_is_looked_for_31_days_ahead(deployment: Deployment, end: str, free: bool) -> None:
    del deployment
    created({**REVIEW, "end": end})  # from START on, for 31 days, or a second more
    refused = ADA("POST", "/events", REVIEW)
    assert refused.status == 409
    assert refused.body["next_free"] == (end if free else None)


def test_a_refusal_names_the_first_20_in_the_way_by_their_start(deployment: Deployment) -> None:
    del deployment
    starts = [f"2027-03-01T09:{(7 * n) % 30:02d}:00Z" for n in range(30)]
    assert ADA("POST", "/events/bulk", {"events": [{**REVIEW, "start": each} for each in starts]}).status == 201
    refused = ADA("POST", "/events", {**REVIEW, "start": "2027-03-01T08:00:00Z"})
    assert [each["start"] for each in refused.body["conflicts"]] == sorted(starts)[:20]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("x" * 4_194_291, True),
        ("x" * 4_194_292, False),
        (E_ACUTE * 2_097_145 + "x", True),
        (E_ACUTE * 2_097_145 + "xx", False),
    ],
    ids=["largest", "a byte more", "largest of two bytes each", "a byte more than that"],
)
def test_a_body_has_4_mib_at_most_in_bytes(deployment: Deployment, text: str, taken: bool) -> None:
    del deployment
    raw = json.dumps({"title": text}, ensure_ascii=False)
    assert (len(raw.encode()) <= 4 * 1024 * 1024) is taken
    for encoded in (False, True):
        reply = ADA("POST", "/events", raw=b64encode(raw.encode()).decode() if encoded else raw, base64=encoded)
        assert reply.status == (422 if taken else 413), reply.text[:200]


def test_an_object_has_32_members_that_count_for_nothing_and_10000_more(deployment: Deployment) -> None:
    del deployment

    def sent(count: int, objects: int = 1) -> Reply:
        one = "{" + ",".join(f'"m{n}":1' for n in range(count)) + "}"
        return ADA("POST", "/events/bulk", raw='{"events":[' + ",".join([one] * objects) + "]}")

    assert sent(32, 400).status == 422, "each is small, and all of them are looked at"
    assert sent(32 + 10_000).status == 422
    assert sent(32 + 10_001).status == 400
    assert sent(32 + 100, 100).status == 422
    assert sent(32 + 100, 101).status == 400


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_a_condition_names_100_versions_at_most(deployment: Deployment, name: str) -> None:
    event = created()
    others = [f'"{event["id"][:-3]}{n:03x}"' for n in range(99)]
    own = f'"{event["history_id"]}"'
    met = {"If-Match": [*others, own], "If-None-Match": [*others, '"x"']}[name]
    path = f"/events/{event['id']}"
    one_more = [*met[:-1], '"y"', met[-1]]
    assert len(one_more) == 101
    before = deployment.calendars()
    refused = ADA("PATCH", path, {"title": "x"}, headers={name: ", ".join(one_more)})
    assert (refused.status, "at most 100 versions" in refused.body["detail"]) == (412, True)
    assert deployment.calendars() == before
    assert ADA("PATCH", path, {"title": "x"}, headers={name: ", ".join(met)}).status == 200


def test_an_idempotency_key_has_255_characters_at_most(deployment: Deployment) -> None:
    del deployment
    assert ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": "x" * 255}).status == 201
    assert ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": "x" * 256}).fields == ["Idempotency-Key"]
    assert ADA("POST", "/events", REVIEW, headers={"Idempotency-Key": '""'}).fields == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("username", "abc", "ab"),
        ("username", "x" * 64, "x" * 65),
        ("password", "zq7-pl9w", "zq7-pl9"),
        ("password", "x" * 256, "x" * 257),
        ("email", f"{'a' * 64}@example.com", f"{'a' * 65}@example.com"),
        (
            "email",
            f"a@{'b' * 60}.{'c' * 63}.{'d' * 63}.{'e' * 60}.io",
            f"a@{'b' * 61}.{'c' * 63}.{'d' * 63}.{'e' * 61}.io",
        ),
    ],
    ids=lambda value: f"{value[:9]} {len(value)}",
)
def test_a_registration_is_within_its_limits(identity: Identity, field: str, good: str, bad: str) -> None:
    body = {"username": "ada", "password": "correct horse battery", "email": "ada@example.com"}
    refused = post("register", {**body, field: bad})
    assert (refused.status, refused.fields) == (422, [field])
    assert identity.items() == []
    assert post("register", {**body, field: good}).status == 201
