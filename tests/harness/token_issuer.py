"""A small issuer of tokens on 127.0.0.1, as OpenID Connect describes it: discovery, keys, and tokens of any content."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.harness.signing_keys import key_of

AUDIENCE: Final = "scheduling"


@lru_cache
def rsa_jwk(kid: str) -> dict[str, Any]:
    """Returns a private RSA key: the same for the same id within a process."""
    return {**RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048), as_dict=True), "kid": kid}


def ec_jwk(kid: str, number: int = 77) -> dict[str, Any]:
    """Returns a private key on the curve P-256."""
    return {**key_of(number), "kid": kid}


def public(jwk: dict[str, Any]) -> dict[str, Any]:
    """Returns the public part of a key."""
    private = {"d", "p", "q", "dp", "dq", "qi", "key_ops"}
    return {name: value for name, value in jwk.items() if name not in private}


@dataclass
class TokenIssuer:
    """The issuer at `url`. What it serves can be changed, and `paths` has what it was asked for."""

    url: str
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public(rsa_jwk("rsa-1")), public(ec_jwk("ec-1"))])
    configuration: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    body: bytes | None = None  # in place of the keys
    paths: list[str] = field(default_factory=list)

    def documents(self) -> dict[str, Any]:
        """Returns what is served, by path."""
        configuration = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.configuration}
        return {"/.well-known/openid-configuration": configuration, "/keys": {"keys": self.keys}}

    def token(self, now: int, jwk: dict[str, Any] | None = None, header: Any = None, **changes: Any) -> str:
        """Returns an access token of Ada, as of `now`; a change to None leaves the claim, or header, out."""
        key = jwk or rsa_jwk("rsa-1")
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "auth0|4711",
            "iat": now,
            "exp": now + 3600,
            "preferred_username": "ada",
            **changes,
        }
        algorithm = "RS256" if key["kty"] == "RSA" else "ES256"
        headers = {"kid": key["kid"], "typ": "JWT", **(header or {})}
        return jwt.PyJWT().encode(
            {name: value for name, value in claims.items() if value is not None},
            jwt.PyJWK(key).key,
            algorithm,
            headers={name: value for name, value in headers.items() if value is not None} | {"typ": headers["typ"]},
        )


class _Handler(BaseHTTPRequestHandler):
    issuer: TokenIssuer

    def do_GET(self) -> None:
        issuer = self.issuer
        issuer.paths.append(self.path)
        document = issuer.documents().get(self.path)
        body = issuer.body if issuer.body is not None and self.path == "/keys" else json.dumps(document).encode()
        self.send_response(issuer.status if document is not None else 404)
        self.send_header("Content-Length", str(len(body)))
        if issuer.status // 100 == 3:
            self.send_header("Location", f"{issuer.url}/keys")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@contextmanager
def token_issuer() -> Iterator[TokenIssuer]:
    """Serves an issuer within the block."""

    class Handler(_Handler):
        """Serves this issuer."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.issuer = issuer = TokenIssuer(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield issuer
        finally:
            server.shutdown()
