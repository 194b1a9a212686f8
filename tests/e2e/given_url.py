"""``E2E_BASE_URL``: the stack to test, when it runs already. One that is not there is refused before any test."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urlsplit

import requests

from tests.harness.template import ROOT

TITLE: Final = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["info"]["title"]
HOSTS: Final = ("127.0.0.1", "localhost")
SECONDS: Final = 60


def fault_of(value: str) -> str | None:
    """What is wrong with a value of ``E2E_BASE_URL``; None if the API answers there."""
    said = f"E2E_BASE_URL is {value!r}"
    if not value.strip():
        return f"{said}: unset it to test a stack of the tests' own, or set it to what `make -s url` prints"
    try:
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in HOSTS and parts.port is not None
    except ValueError:
        local = False
    if not local:
        # The tests look into the stack's functions, secrets and logs.
        return f"{said}: it has to be the base URL of a local stack, as `make -s url` prints it"
    address = f"{value.rstrip('/')}/openapi.json"
    try:
        answer = requests.get(address, timeout=SECONDS)
        title = answer.json().get("info", {}).get("title") if answer.ok else None
    except (requests.RequestException, ValueError, AttributeError) as error:
        return f"{said}: {address} does not answer as this API does ({type(error).__name__})"
    if title != TITLE:
        return f"{said}: {address} answers {answer.status_code} {answer.text[:200]!r}, not this API's reference"
    return None
