"""What no client should send: a 4xx that names the field, and nothing is written."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from typing import Any, Final

import pytest

from shared.identity.keyring import current_key
from shared.identity.tokens import AUDIENCE
from tests.e2e.user import User, problem
from tests.harness.identity_samples import session
from tests.harness.signing_keys import tokens_of
from tests.harness.stack_process import Running

EVENT: Final = {"title": "Design review", "start": "2027-03-01T08:00:00Z", "end": "2027-03-01T09:00:00Z"}
UNKNOWN_ID: Final = "01998f3a-5c00-7a10-8b20-3c4d5e6f7081"
MAX_BODY_BYTES: Final = 4 * 1024 * 1024


@pytest.fixture(scope="module")
def eve(base_url: str, session: Any) -> User:
    """A user whose calendar is to stay empty."""
    return User.register(base_url, session)


def raw(member: str) -> str:
    """The body of an event with `member` in place of its title, as it stands."""
    return json.dumps({**EVENT, "title": "?"}).replace('"title": "?"', member)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        pytest.param('{"title": ', 400, "malformed-body", id="malformed"),
        pytest.param("[]", 400, "malformed-body", id="a list where an object belongs"),
        pytest.param(json.dumps([EVENT]), 400, "malformed-body", id="a list of events"),
        pytest.param("[" * 100_000, 400, "malformed-body", id="100,000 nested brackets"),
        pytest.param(raw('"title": ' + "[" * 100_000 + "]" * 100_000), 400, "malformed-body", id="nested in a field"),
        pytest.param(raw('"title": ' + "9" * 5_000), 400, "malformed-body", id="a number of 5,000 digits"),
        pytest.param(raw('"title": NaN'), 400, "malformed-body", id="NaN"),
        pytest.param(raw('"title": "') + "x" * MAX_BODY_BYTES + '"}', 413, "body-too-large", id="too large"),
        pytest.param("", 422, "invalid-request", id="none"),
    ],
)
def test_a_body_that_is_no_event(eve: User, body: str, status: int, kind: str) -> None:
    refused = problem(eve("POST", "/events", raw=body), status, kind)
    assert [each["field"] for each in refused["errors"]] == ["body"]
    assert eve.events() == []


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"title": ...}, ["title"], id="no title"),
        pytest.param({"title": ..., "start": ..., "end": ...}, ["title", "start", "end"], id="nothing"),
        pytest.param({"colour": "red"}, ["colour"], id="an unknown field"),
        pytest.param({"title": ""}, ["title"], id="an empty title"),
        pytest.param({"title": 7}, ["title"], id="a number for a title"),
        pytest.param({"title": "x" * 201}, ["title"], id="a title too long"),
        pytest.param({"title": "a\0b"}, ["title"], id="a NUL byte"),
        pytest.param({"title": "a\ud800b"}, ["title"], id="a lone surrogate"),
        pytest.param({"start": "2027-03-01T08:00:00"}, ["start"], id="no offset"),
        pytest.param({"start": 1803888000}, ["start"], id="a number for a time"),
        pytest.param({"start": "1803888000"}, ["start"], id="digits for a time"),
        pytest.param({"start": "2027-03-01T08:00:00.5Z"}, ["start"], id="a fraction of a second"),
        pytest.param({"start": "2027-02-29T08:00:00Z"}, ["start"], id="a day that is none"),
        pytest.param({"start": "0001-01-01T00:00:00+14:00"}, ["start"], id="before the year 1"),
        pytest.param({"end": "9999-12-31T23:59:59-01:00"}, ["end"], id="after the year 9999"),
        pytest.param({"end": EVENT["start"]}, ["end"], id="no length"),
        pytest.param({"end": "2027-03-01T07:00:00Z"}, ["end"], id="an end before the start"),
        pytest.param({"end": "2028-03-03T08:00:00Z"}, ["end"], id="368 days"),
        pytest.param({"end": "2028-03-02T08:00:00Z"}, ["end"], id="367 days"),
        pytest.param({"time_zone": "Europe/Atlantis"}, ["time_zone"], id="an unknown time zone"),
        pytest.param({"transparency": "opake"}, ["transparency"], id="an unknown transparency"),
        pytest.param({"id": UNKNOWN_ID}, ["id"], id="an id of one's own"),
    ],
)
def test_an_event_that_breaks_a_rule(eve: User, change: dict[str, Any], fields: list[str]) -> None:
    body = {name: value for name, value in {**EVENT, **change}.items() if value is not ...}
    refused = problem(eve("POST", "/events", body), 422, "invalid-request")
    assert [each["field"] for each in refused["errors"]] == fields
    assert eve.events() == []


def test_366_days_and_the_longest_title_are_taken(ada: User) -> None:
    event = ada.create("x" * 200, "2027-03-01T08:00:00Z", "2028-03-01T08:00:00Z")
    assert ada.events() == [event]


@pytest.mark.parametrize(
    ("events", "field"),
    [
        pytest.param([], "events", id="0"),
        pytest.param([EVENT] * 1001, "events", id="1,001"),
        pytest.param([EVENT] * 7 + [{**EVENT, "end": EVENT["start"]}] + [EVENT] * 30, "events[7].end", id="7 wrong"),
        pytest.param(EVENT, "events", id="no list"),
    ],
)
def test_a_bulk_is_taken_whole_or_not_at_all(eve: User, events: Any, field: str) -> None:
    refused = problem(eve("POST", "/events/bulk", {"events": events}), 422, "invalid-request")
    assert [each["field"] for each in refused["errors"]] == [field]
    assert eve.events() == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"from": "tomorrow"}, "from"),
        ({"from": "2027-03-02T00:00:00Z", "to": "2027-03-01T00:00:00Z"}, "to"),
        ({"cursor": "nonsense"}, "cursor"),
    ],
    ids=str,
)
def test_a_listing_that_asks_for_nonsense(eve: User, query: dict[str, str], field: str) -> None:
    refused = problem(eve("GET", "/events", query=query), 422, "invalid-request")
    assert [each["field"] for each in refused["errors"]] == [field]


def test_a_cursor_of_another_query(ada: User) -> None:
    first, second = (ada.create(day, f"2027-03-0{day}T08:00:00Z", f"2027-03-0{day}T09:00:00Z") for day in "12")
    window = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-08T00:00:00Z", "limit": "1"}
    page = ada("GET", "/events", query=window).json()
    assert [each["id"] for each in page["items"]] == [first["id"]]
    assert [each["id"] for each in ada("GET", "/events", query={"cursor": page["next_cursor"]}).json()["items"]] == [
        second["id"]
    ]
    for path, query in (
        ("/events", {**window, "to": "2027-03-09T00:00:00Z"}),
        (f"/events/{first['id']}/history", {}),
        ("/events/deleted", {}),
    ):
        refused = ada("GET", path, query={**query, "cursor": page["next_cursor"]})
        assert [each["field"] for each in problem(refused, 422, "invalid-request")["errors"]] == ["cursor"]


def requests_about(event_id: str, history_id: str) -> list[tuple[str, str, Any]]:
    """Every request that names an event."""
    path = f"/events/{event_id}"
    return [
        ("GET", path, None),
        ("PUT", path, EVENT),
        ("PATCH", path, {"title": "mine"}),
        ("DELETE", path, None),
        ("GET", f"{path}/history", None),
        ("GET", f"{path}/history/{history_id}", None),
        ("GET", f"{path}/diff?from={history_id}&to={history_id}", None),
        ("POST", f"{path}/rollback", {"history_id": history_id}),
    ]


def test_an_id_that_is_none(eve: User) -> None:
    for method, path, body in requests_about("42", UNKNOWN_ID):
        refused = problem(eve(method, path, body), 422, "invalid-request")
        assert "event_id" in [each["field"] for each in refused["errors"]], (method, path)


def test_somebody_elses_event_is_as_good_as_none(ada: User, bob: User) -> None:
    event = ada.create("Secret", EVENT["start"], EVENT["end"])
    theirs = requests_about(event["id"], event["history_id"])
    nobodys = requests_about(UNKNOWN_ID, event["history_id"])
    for (method, path, body), (_, unknown, _) in zip(theirs, nobodys, strict=True):
        answer = problem(bob(method, path, body), 404, "not-found")
        assert answer == problem(bob(method, unknown, body), 404, "not-found"), (method, path)
    assert ada.events() == [event]


def decoded(part: str) -> dict[str, Any]:
    """A part of a JSON Web Token."""
    document: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return document


def encoded(document: dict[str, Any]) -> str:
    """A document as a part of a JSON Web Token."""
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def forgeries(user: User) -> dict[str, str | None]:
    """Authorization headers that prove nothing; tests of the authorizer itself have many more."""
    header, claims, signature = user.access_token.split(".")
    other = encoded({**decoded(claims), "sub": UNKNOWN_ID})
    none = encoded({**decoded(header), "alg": "none"})
    return {
        "missing": None,
        "another scheme": f"Basic {user.access_token}",
        "no scheme": user.access_token,
        "garbage": "Bearer garbage",
        "tampered": f"Bearer {header}.{other}.{signature}",
        "alg none": f"Bearer {none}.{claims}.",
        "a refresh token": f"Bearer {user.refresh_token}",
    }


def test_a_token_that_proves_nothing(ada: User) -> None:
    for what, authorization in forgeries(ada).items():
        answer = ada("POST", "/events", EVENT, headers={"Authorization": authorization})
        assert answer.status_code == 401, (what, answer.text)
        problem(answer, 401, "not-authenticated")
        # The gateway refuses the rest by itself: they are no signed token.
        refused = what in {"tampered", "a refresh token"}
        assert answer.headers["WWW-Authenticate"] == ('Bearer error="invalid_token"' if refused else "Bearer"), what
    assert ada.events() == []


def test_an_access_token_that_has_expired(ada: User, running: Running) -> None:
    claims = decoded(ada.access_token.split(".")[1])
    assert claims["aud"] == AUDIENCE
    secrets = running.stack.client("secretsmanager")
    (secret,) = (each for each in secrets.list_secrets()["SecretList"] if "SigningKeys" in each["Name"])
    text = secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
    # Only its times differ from a token that is taken.
    tokens = replace(tokens_of(claims["iss"], access_seconds=60), signing_key=lambda: current_key(text))
    fresh, expired = (
        tokens.pair(session(now=at, user_id=claims["sub"], username=ada.username), at).access_token
        for at in (claims["iat"], claims["iat"] - 3600)
    )
    assert ada("GET", "/events", headers={"Authorization": f"Bearer {fresh}"}).status_code == 200
    problem(ada("GET", "/events", headers={"Authorization": f"Bearer {expired}"}), 401, "not-authenticated")


@pytest.mark.parametrize("token", ["garbage", "", "x" * 5000, 7, None], ids=lambda token: str(token)[:10])
def test_a_refresh_token_that_is_none(ada: User, token: Any) -> None:
    answer = ada("POST", "/auth/refresh", {"refresh_token": token})
    if isinstance(token, str) and 0 < len(token) <= 4096:
        problem(answer, 401, "not-authenticated")
    else:
        fields = [each["field"] for each in problem(answer, 422, "invalid-request")["errors"]]
        assert fields == ["refresh_token"]


def test_an_access_token_is_no_refresh_token(ada: User) -> None:
    problem(ada("POST", "/auth/refresh", {"refresh_token": ada.access_token}), 401, "not-authenticated")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "a b"}, "username"),
        ({"username": "ab"}, "username"),
        ({"password": "short"}, "password"),
        ({"email": "nobody"}, "email"),
        ({"role": "admin"}, "role"),
    ],
    ids=str,
)
def test_a_registration_that_breaks_a_rule(ada: User, change: dict[str, str], field: str) -> None:
    body = {"username": "somebody", "password": "long enough", "email": "somebody@example.com", **change}
    refused = problem(ada("POST", "/auth/register", body), 422, "invalid-request")
    assert [each["field"] for each in refused["errors"]] == [field]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("GET", "/"), ("DELETE", "/events"), ("POST", "/docs")], ids=str
)
def test_a_route_or_a_verb_that_is_none(eve: User, method: str, path: str) -> None:
    problem(eve(method, path), 404, "not-found")


def test_a_body_of_another_media_type(eve: User) -> None:
    for kind in ("text/plain", "application/xml", "application/merge-patch+json"):
        answer = eve("POST", "/events", EVENT, headers={"Content-Type": kind})
        refused = problem(answer, 415, "unsupported-media-type")
        assert [each["field"] for each in refused["errors"]] == ["Content-Type"]
    assert eve.events() == []
