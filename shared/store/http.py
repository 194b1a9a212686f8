"""HTTP requests to what is not an AWS service of botocore's: a token issuer, and CloudFormation's response address.

urllib3 comes with botocore. It follows no redirect here, and verifies certificates.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from shared.errors import AnswerLost

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 3.0
# A whole response, however slowly it arrives.
RESPONSE_SECONDS: Final = 5.0
_CHUNK_BYTES: Final = 16 * 1024
_OK: Final = 200
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def is_safe(url: str) -> bool:
    """Returns whether `url` is an https address, or an http address of this machine, as tests and local stacks use."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


class Http:
    """A client for such requests; `monotonic` is a clock in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(num_pools=4, retries=False, timeout=timeout)
        self._monotonic = monotonic

    def get_json(self, url: str, most_bytes: int) -> Any:
        """Returns the JSON document at `url`, of at most `most_bytes` bytes.

        Raises:
            AnswerLost: There is none, or not in time. The message does not quote the response.
        """
        end = self._monotonic() + RESPONSE_SECONDS
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        content = b""
        try:
            response = self._request("GET", url, headers=headers, preload_content=False)
            try:
                if response.status != _OK:
                    raise AnswerLost(f"status {response.status}")
                while chunk := response.read1(_CHUNK_BYTES):
                    content += chunk
                    if len(content) > most_bytes or self._monotonic() > end:
                        raise AnswerLost("the response is too long or too slow")
            finally:
                response.close()
            return json.loads(content)
        except HTTPError as fault:
            raise AnswerLost(type(fault).__name__) from fault
        except (ValueError, RecursionError):
            raise AnswerLost("the response is not JSON") from None

    def put(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Puts `body` to `url`. Raises AnswerLost unless the response is a 2xx."""
        try:
            response = self._request("PUT", url, headers=headers, body=body)
        except HTTPError as fault:
            raise AnswerLost(type(fault).__name__) from fault
        if response.status // 100 != _OK // 100:
            raise AnswerLost(f"status {response.status}")

    def _request(self, method: str, url: str, **arguments: Any) -> urllib3.BaseHTTPResponse:
        if not is_safe(url):
            raise AnswerLost("not an https address")
        return self._pool.request(method, url, redirect=False, **arguments)
