"""Clients of a deployed API, with one connection and one user each."""

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from tools.local_stack import HOST

ANSWER_SECONDS: Final = 120.0
PASSWORD: Final = "correct horse battery"
CONNECTION_ERRORS: Final = (OSError, http.client.HTTPException)


class HttpClient:
    """A connection to the API of a local stack, with an access token after `register`."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        if parts.hostname != HOST:
            raise ValueError("only the stack on this machine is called")
        self._prefix = parts.path
        self._connection = http.client.HTTPConnection(HOST, parts.port or 80, timeout=ANSWER_SECONDS)
        self._token = token

    def close(self) -> None:
        """Closes the connection; the next request opens another."""
        self._connection.close()

    def send(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        """Sends a request, and returns the status and the document of the response.

        Raises:
            OSError: The connection failed.
            http.client.HTTPException: The response is not valid HTTP.
        """
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        text = None if document is None else json.dumps(document)
        self._connection.request(method, self._prefix + path, text, headers)
        response = self._connection.getresponse()
        read = response.read()
        return response.status, json.loads(read) if read else None

    def register(self) -> str:
        """Registers a new user, and returns the access token, which is sent from now on."""
        name = f"u{uuid.uuid4().hex[:20]}"
        applicant = {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
        status, response = self.send("POST", "/auth/register", applicant)
        if status != 201:
            raise RuntimeError(f"register: {status} {response}")
        self._token = response["access_token"]
        return self._token


@dataclass(slots=True)
class Responses:
    """The responses to many requests: the number of each status or error, and the seconds of each, in order."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def list_events(url: str, callers: int, requests: int) -> Responses:
    """Lists events `requests` times, from `callers` threads with a user each, and returns the responses."""
    responses, lock, left = Responses(), threading.Lock(), iter(range(requests))

    def call() -> None:
        client = HttpClient(url)
        client.register()
        for _ in iter(lambda: next(left, None), None):
            started = time.perf_counter()
            try:
                status = str(client.send("GET", "/events?limit=1")[0])
            except CONNECTION_ERRORS as error:
                status = type(error).__name__
                client.close()
            if status == "401":  # the token has expired, after 15 minutes
                client.register()
            with lock:
                responses.statuses[status] += 1
                responses.seconds.append(time.perf_counter() - started)
        client.close()

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return responses
