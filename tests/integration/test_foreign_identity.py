"""Access tokens of another issuer, beside this API's own or instead of them."""

import importlib
import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest

from shared.errors import StoreFault
from shared.http.api import app
from shared.http.routes import is_of_own_identity, routes
from shared.identity.key_sets import AFTER_FAILURE_SECONDS, BETWEEN_READS_SECONDS
from shared.ids import UserId
from shared.runtime import Runtime, use
from shared.settings import OidcSettings
from shared.store.issuer_keys import CONFIGURATION
from shared.wiring.identity import FOREIGN_SECONDS
from tests.harness.gateway import Api, payload, reply
from tests.harness.identity_client import Identity, authorize
from tests.harness.identity_client import register as register_user
from tests.harness.payloads import REVIEW
from tests.harness.template import ROOT
from tests.harness.token_issuer import AUDIENCE, TokenIssuer, ec_jwk, public, rsa_jwk, token_issuer


@dataclass
class Scene:
    """A deployment that accepts the tokens of `issuer` as well."""

    identity: Identity
    issuer: TokenIssuer

    @property
    def now(self) -> int:
        return self.identity.runtime.now()

    def with_oidc(self, **changes: Any) -> Runtime:
        """The runtime of a new process, with other settings."""
        runtime = self.identity.runtime
        oidc = replace(runtime.settings.oidc, **changes) if runtime.settings.oidc else None
        return replace(runtime, settings=replace(runtime.settings, oidc=oidc))

    def allowed(self, token: str) -> bool:
        return effect(authorize(token)) == "Allow"

    def token(self, jwk: dict[str, Any] | None = None, header: Any = None, **changes: Any) -> str:
        return self.issuer.token(self.now, jwk, header, **changes)


def effect(policy: dict[str, Any]) -> str:
    return str(policy["policyDocument"]["Statement"][0]["Effect"])


@pytest.fixture
def scene(identity: Identity) -> Iterator[Scene]:
    with token_issuer() as issuer:
        oidc = OidcSettings(issuer.url, AUDIENCE, "aud", "preferred_username")
        runtime = replace(identity.runtime, settings=replace(identity.runtime.settings, oidc=oidc))
        identity.runtime = runtime
        with use(runtime):
            yield Scene(identity, issuer)


@pytest.mark.parametrize("jwk", [rsa_jwk("rsa-1"), ec_jwk("ec-1")], ids=["RS256", "ES256"])
def test_a_token_of_the_issuer_is_let_through(scene: Scene, jwk: dict[str, Any]) -> None:
    policy = authorize(scene.token(jwk))
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"issuer:{scene.issuer.url}")
    assert effect(policy) == "Allow"
    assert policy["context"] == {
        "user_id": str(uuid.uuid5(namespace, "auth0|4711")),
        "username": "ada",
        "session": "",
        "exp": str(scene.now + 3600),
    }


def test_its_user_has_a_calendar(scene: Scene) -> None:
    context = authorize(scene.token())["context"]
    api = Api(user_id=UserId(context["user_id"]), username=context["username"])
    event = api("POST", "/events?on_conflict=allow", REVIEW)
    assert event.status == 201
    assert event.body["created_by"] == context["user_id"]
    assert api("GET", f"/events/{event.body['id']}").status == 200


def test_own_tokens_are_still_accepted(scene: Scene) -> None:
    assert scene.allowed(register_user("Ada").body["access_token"])
    assert scene.issuer.paths == [], "nobody asks the issuer about them"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
def test_a_type_that_access_tokens_have(scene: Scene, kind: str | None) -> None:
    assert scene.allowed(scene.token(header={"typ": kind}))


@pytest.mark.parametrize("kind", ["rt+jwt", "dt+jwt", "RT+JWT", "id+jwt", "logout+jwt", 7, ["JWT"]], ids=str)
def test_a_type_that_they_do_not_have(scene: Scene, kind: Any) -> None:
    assert not scene.allowed(scene.token(header={"typ": kind}))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "https://id.example.com"},
        {"aud": None},
        {"aud": "another"},
        {"aud": [AUDIENCE + "x"]},
        {"aud": {AUDIENCE: 1}},
        {"aud": "x" + AUDIENCE},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"exp": None},
        {"iat": None},
        {"exp": "soon"},
        {"exp": 2e9},
    ],
    ids=str,
)
def test_a_claim_that_is_missing_or_wrong(scene: Scene, changes: dict[str, Any]) -> None:
    assert not scene.allowed(scene.token(**changes))


@pytest.mark.parametrize(("name", "seconds"), [("exp", 0), ("exp", -1), ("nbf", 61), ("iat", 61)])
def test_a_time_that_is_not_now(scene: Scene, name: str, seconds: int) -> None:
    change: dict[str, Any] = {name: scene.now + seconds}
    assert not scene.allowed(scene.token(**change))


def test_clocks_may_differ_by_a_minute(scene: Scene) -> None:
    assert scene.allowed(scene.token(nbf=scene.now + 60, iat=scene.now + 60))


def test_an_audience_among_others(scene: Scene) -> None:
    assert scene.allowed(scene.token(aud=["another", AUDIENCE]))


def test_other_claims_for_audience_and_name(scene: Scene) -> None:
    """As in Cognito's access tokens."""
    token = scene.token(aud=None, client_id=AUDIENCE, username="ada@pool")
    assert not scene.allowed(token)
    with use(scene.with_oidc(audience_claim="client_id", username_claim="username")):
        assert authorize(token)["context"]["username"] == "ada@pool"
        assert not scene.allowed(scene.token(client_id="another"))
        assert not scene.allowed(scene.token()), "the audience is in the other claim now"


@pytest.mark.parametrize("name", [None, "", 7, "x" * 129, "a\nb", ["ada"]], ids=repr)
def test_a_name_that_is_none_is_the_subject(scene: Scene, name: Any) -> None:
    assert authorize(scene.token(preferred_username=name))["context"]["username"] == "auth0|4711"


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


def test_other_algorithms(scene: Scene) -> None:
    """What a public key may be mistaken for, and what a key may be used with that it is not for."""
    now, key = scene.now, rsa_jwk("rsa-1")
    claims = jwt.decode(scene.token(), options={"verify_signature": False})
    private = jwt.PyJWK(key).key
    header = {"kid": "rsa-1"}
    jws = jwt.PyJWS()
    payload = json.dumps(claims).encode()
    tokens = [
        jws.encode(payload, private, "RS512", headers=header),
        jws.encode(payload, private, "PS256", headers=header),
        jws.encode(payload, "", "none", headers=header),
        jws.encode(payload, json.dumps(public(key))[1:-1], "HS256", headers=header),
        # The key of another algorithm under this id.
        jws.encode(payload, jwt.PyJWK(ec_jwk("rsa-1")).key, "ES256", headers=header),
        jws.encode(payload, private, "RS256", headers={"kid": "ec-1"}),
        # A key that the token brings along, or nobody's.
        jws.encode(
            payload, jwt.PyJWK(rsa_jwk("mine")).key, "RS256", headers={**header, "jwk": public(rsa_jwk("mine"))}
        ),
        jws.encode(payload, jwt.PyJWK(rsa_jwk("mine")).key, "RS256", headers=header),
        jws.encode(payload, private, "RS256", headers={}),
        jws.encode(payload, private, "RS256", headers={**header, "crit": ["exp"]}),
        scene.issuer.token(now)[:-4] + "AAAA",
        scene.issuer.token(now).rpartition(".")[0] + ".",
    ]
    for index, token in enumerate(tokens):
        assert not scene.allowed(token), index
    assert scene.allowed(jws.encode(payload, private, "RS256", headers=header)), "the helper makes good ones"


def test_its_keys_sign_no_token_of_ours_and_ours_none_of_its(scene: Scene) -> None:
    ours = jwt.decode(register_user("Ada").body["access_token"], options={"verify_signature": False})
    for kind in ("at+jwt", "JWT"):
        assert not scene.allowed(scene.token(header={"typ": kind}, **ours))
    stranger = ec_jwk("unknown", 5)
    assert not scene.allowed(scene.token(stranger))


def test_a_key_for_something_else_verifies_nothing(scene: Scene) -> None:
    key = public(rsa_jwk("rsa-1"))
    for change in ({"use": "enc"}, {"alg": "RS512"}, {"kty": "oct"}, {"key_ops": ["encrypt"]}):
        scene.issuer.keys = [{**key, **change}, public(ec_jwk("ec-1"))]
        with use(scene.with_oidc()):
            assert not scene.allowed(scene.token())
            assert scene.allowed(scene.token(ec_jwk("ec-1")))


# --- its keys


def test_the_keys_are_read_once_an_hour(scene: Scene) -> None:
    for _ in range(3):
        assert scene.allowed(scene.token())
    assert scene.issuer.paths == [CONFIGURATION, "/keys"]
    scene.identity.clock.forward(FOREIGN_SECONDS - 1)
    assert scene.allowed(scene.token())
    assert len(scene.issuer.paths) == 2
    scene.identity.clock.forward(1)
    assert scene.allowed(scene.token())
    assert len(scene.issuer.paths) == 4


def test_a_new_key_is_found_and_unknown_ones_cost_one_read_a_minute(scene: Scene) -> None:
    assert scene.allowed(scene.token())
    scene.issuer.keys = [public(rsa_jwk("rsa-2"))]
    new = rsa_jwk("rsa-2")
    for _ in range(20):
        assert not scene.allowed(scene.token(ec_jwk("no-such-key")))
    assert len(scene.issuer.paths) == 2
    scene.identity.clock.forward(BETWEEN_READS_SECONDS)
    assert scene.allowed(scene.token(new))
    assert not scene.allowed(scene.token()), "and the old one is gone"
    for _ in range(20):
        assert not scene.allowed(scene.token(ec_jwk("no-such-key")))
    assert len(scene.issuer.paths) == 4


def test_an_issuer_that_is_down_leaves_its_keys_valid(scene: Scene) -> None:
    assert scene.allowed(scene.token())
    scene.issuer.status = 503
    scene.identity.clock.forward(10 * FOREIGN_SECONDS)
    assert scene.allowed(scene.token())


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 404},
        {"status": 302},
        {"body": b"<html>"},
        {"body": b"[" * 100_000},
        {"body": b'{"keys": "' + b"x" * 300_000 + b'"}'},
        {"body": b"{}"},
        {"keys": []},
        {"configuration": {"issuer": "https://id.example.com"}},
        {"configuration": {"jwks_uri": None}},
        {"configuration": {"jwks_uri": "http://example.com/keys"}},
        {"configuration": {"jwks_uri": "file:///etc/passwd"}},
    ],
    ids=lambda fault: str(fault)[:60],
)
def test_a_process_without_its_keys_refuses_nobody_and_lets_nobody_through(scene: Scene, fault: dict[str, Any]) -> None:
    """It fails: the gateway answers 500, since the token may be valid. Own tokens are not affected."""
    before = {name: getattr(scene.issuer, name) for name in fault}
    for name, value in fault.items():
        setattr(scene.issuer, name, value)
    with pytest.raises(StoreFault):
        authorize(scene.token())
    assert scene.allowed(register_user("Ada").body["access_token"])
    for name, value in before.items():
        setattr(scene.issuer, name, value)
    scene.identity.clock.forward(AFTER_FAILURE_SECONDS)
    assert scene.allowed(scene.token())


def test_nobody_listens(scene: Scene) -> None:
    url = "http://127.0.0.1:1"
    with use(scene.with_oidc(issuer=url)), pytest.raises(StoreFault):
        authorize(scene.token(iss=url))


def test_an_issuer_whose_name_ends_with_a_slash(scene: Scene) -> None:
    """As that of Auth0."""
    url = f"{scene.issuer.url}/"
    scene.issuer.configuration = {"issuer": url}
    with use(scene.with_oidc(issuer=url)):
        assert scene.allowed(scene.token(iss=url))
        assert not scene.allowed(scene.token())


def test_a_large_token(scene: Scene) -> None:
    assert scene.allowed(scene.token(roles="x" * 5000))
    assert not scene.allowed(scene.token(roles="x" * 8000))


# --- without users of its own

PUBLIC_IDENTITY = ["login", "register", "refresh", "logout"]


@pytest.fixture
def without_own(scene: Scene) -> Iterator[Scene]:
    runtime = scene.identity.runtime
    scene.identity.runtime = replace(runtime, settings=replace(runtime.settings, own_identity=False))
    with use(scene.identity.runtime):
        yield scene


def test_own_tokens_are_refused_without_own_users(scene: Scene) -> None:
    token = register_user("Ada").body["access_token"]
    assert scene.allowed(token)
    with use(replace(scene.identity.runtime, settings=replace(scene.identity.runtime.settings, own_identity=False))):
        assert not scene.allowed(token)
        assert scene.allowed(scene.token())


@pytest.mark.parametrize("function", PUBLIC_IDENTITY)
@pytest.mark.parametrize("change", [{}, {"body": "{"}, {"body": None}], ids=str)
def test_its_routes_are_none_whatever_is_sent(without_own: Scene, function: str, change: dict[str, Any]) -> None:
    del without_own
    answer = reply(function, {**payload(function), **change})
    assert (answer.status, answer.body["type"]) == (404, "/problems/not-found")
    assert answer.body["detail"] == "no such route"


def test_nor_does_it_publish_keys(without_own: Scene) -> None:
    del without_own
    for method in ("GET", "HEAD"):
        assert Api()(method, "/.well-known/jwks.json").status == 404


def test_events_are_served_without_own_users(without_own: Scene) -> None:
    del without_own
    assert Api()("GET", "/events?from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z").status == 200


def test_every_route_of_identity_says_that_it_is_one_or_serves_users_of_another_issuer_too() -> None:
    """So that a new one is not left on where nobody can have an account."""
    for path in (ROOT / "functions").glob("*.py"):
        importlib.import_module(f"functions.{path.stem}")
    identity = [route for route in routes(app) if route.tags == ["Identity"]]
    others = {(route.method, route.path) for route in identity if not is_of_own_identity(route)}
    assert others == {("GET", "/me"), ("DELETE", "/me"), ("GET", "/me/export"), ("GET", "/erasures/<erasure_id>")}
