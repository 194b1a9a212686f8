"""The guard of the local AWS: which requests reach ministack at all.

ministack answers every web origin, and takes the well-known key `test` (or any account number) for root without looking
at the signature. So a web page that a developer has open could call it, create a function and thereby run code on the
machine. The guard is ASGI middleware around ministack's application, in its process and on its only port:

- Every request has to name 127.0.0.1 or localhost as its host, which no page does whose own name is bound to 127.0.0.1
  (DNS rebinding).
- The routes of a deployed API are open to pages of other origins, as on AWS: the API's own CORS rules apply.
- Everything else is refused to browsers, and to callers without the stack's own random key or the key of one of its
  functions, whose signature ministack checks.

As a script this runs ministack with the guard. ministack's own Python runs it, so it imports the standard library only.
"""

from __future__ import annotations

import hmac
import importlib
import os
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

KEY_VARIABLE: Final = "STACK_KEY"

Headers = list[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

# So much of a request that is refused is read; the connection of a larger one is closed.
MAX_DRAINED_BYTES: Final = 16 * 1024 * 1024

_HOST: Final = re.compile(rb"(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?", re.IGNORECASE)
# A deployed API's stage. ministack decides by the same decoded path, so the two cannot differ about where it leads.
_STAGE: Final = re.compile(r"/_aws/execute-api/[^/]+/[^/]+(?:/.*)?", re.DOTALL)
# Where a function reports on a custom resource of CloudFormation: unsigned, at a URL that cannot be guessed.
_RESPONSE: Final = re.compile(r"/_ministack/cfn-response/[0-9a-f-]{36}")
# ministack's own routes, such as that of sent mails and that of deleting everything: it checks no signature there.
_OWN: Final = "/_"
_SIGNED: Final = re.compile(rb"AWS4-HMAC-SHA256 Credential=([^/,\s]+)(/.+)", re.DOTALL)
_BEARER: Final = b"Bearer "
# The credentials that ministack makes for the role of a function.
_FUNCTION_KEY: Final = re.compile(rb"ASIA[0-9A-F]{16}")
# ministack's name for its root user. The guard puts it in place of the stack's key.
_ROOT: Final = b"test"


class Refused(Exception):
    """The guard does not let a request through; the message says why, without anything the request contained."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def admitted(method: str, path: str, headers: Iterable[tuple[bytes, bytes]], client: str, key: str) -> Headers:
    """Returns the headers with which a request may reach ministack.

    Args:
        method: The HTTP method.
        path: The decoded path.
        headers: The headers; names in lower case, as ASGI has them.
        client: The address that the connection comes from. It becomes the only `X-Forwarded-For`, from which ministack
            takes an API's `sourceIp`, so that a caller cannot claim another address.
        key: The stack's key.

    Raises:
        Refused: The request is not allowed.
    """
    kept = [each for each in headers if each[0] != b"forwarded" and not each[0].startswith(b"x-forwarded-")]
    hosts = _values(kept, b"host")
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "the host has to be 127.0.0.1 or localhost")
    if not _STAGE.fullmatch(path):
        if any(name == b"origin" or name.startswith(b"sec-fetch-") for name, _ in kept) or method == "OPTIONS":
            raise Refused(HTTPStatus.FORBIDDEN, "web pages may call the routes of the API, and nothing else")
        if not (method == "PUT" and _RESPONSE.fullmatch(path)):
            kept = _authorized(path, kept, key.encode())
    return [*kept, (b"x-forwarded-for", client.encode())]


class Guard:
    """An ASGI application that passes on to another one what `admitted` lets through, and answers the rest itself."""

    def __init__(self, application: Application, key: str) -> None:
        self._application = application
        self._key = key

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves a request, or the server's start and end."""
        if scope["type"] == "http":
            try:
                headers = admitted(scope["method"], scope["path"], scope["headers"], scope["client"][0], self._key)
            except Refused as refusal:
                await _refuse(receive, send, refusal)
            else:
                await self._application({**scope, "headers": headers}, receive, send)
        elif scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        else:  # nothing here uses WebSockets, which are not subject to CORS
            await receive()
            await send({"type": "websocket.close"})


def _authorized(path: str, headers: Headers, key: bytes) -> Headers:
    """Returns the headers with ministack's root user in place of the stack's key. Raises Refused without a good key."""
    values = _values(headers, b"authorization")
    given = values[0] if len(values) == 1 else b""
    if hmac.compare_digest(given, _BEARER + key):
        return [each for each in headers if each[0] != b"authorization"]
    signed = _SIGNED.fullmatch(given)
    if signed and hmac.compare_digest(signed[1], key):
        passed = b"AWS4-HMAC-SHA256 Credential=" + _ROOT + signed[2]
        return [(name, passed if name == b"authorization" else value) for name, value in headers]
    if signed and _FUNCTION_KEY.fullmatch(signed[1]) and not path.startswith(_OWN):
        return headers
    raise Refused(HTTPStatus.FORBIDDEN, "the access key has to be the stack's own, from access-key in its directory")


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for each, value in headers if each == name]


async def _refuse(receive: Receive, send: Send, refusal: Refused) -> None:
    # A client that is still sending when the connection closes would not see the response.
    taken = 0
    while taken < MAX_DRAINED_BYTES:
        message = await receive()
        taken += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    body = f"Refused by the local stack: {refusal}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refusal.status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Runs ministack behind the guard, until it is stopped. The key is in the environment, which `ps` does not show."""
    key = os.environ.pop(KEY_VARIABLE)  # functions inherit the environment, and have keys of their own
    ministack = importlib.import_module("ministack.app")
    ministack.app = Guard(ministack.app, key)  # type: ignore[attr-defined]
    ministack.main()


if __name__ == "__main__":
    main()
