"""Callers with several source addresses, from one machine."""

from __future__ import annotations

import platform
import secrets
from typing import Any

import requests
from requests.adapters import HTTPAdapter


def session_from(address: str) -> requests.Session:
    """Returns an HTTP client whose connections to 127.0.0.1 come from `address`, such as 127.0.0.2.

    On Linux every address from 127.0.0.1 to 127.255.255.254 can be used. macOS has only the first one, unless the
    others are made aliases (`sudo ifconfig lo0 alias 127.0.0.2`).
    """
    session = requests.Session()
    session.mount("http://", _From(address))
    return session


def any_address() -> str:
    """Returns a source address that hardly another test has had, where there are several: limits count by address."""
    if platform.system() != "Linux":
        return "127.0.0.1"
    return ".".join(["127", *(str(1 + secrets.randbelow(254)) for _ in range(3))])


class _From(HTTPAdapter):
    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more, source_address=(self._address, 0))
