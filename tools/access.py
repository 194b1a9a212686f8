"""Access to the local AWS for tools and tests: as its root user, with a random key that each stack has of its own.

ministack does not check the signature of its root user, so the access key is what is secret, and the guard
(`tools.guard`) asks for it. The secret access key only completes the pair.
"""

from __future__ import annotations

import json
import os
import secrets
import urllib.request
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config

REGION: Final = "us-east-1"


class Access:
    """Access to the local AWS at `endpoint`, whose key is in the directory `home`."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.endpoint = endpoint
        self.path = home / "access-key"

    @property
    def key(self) -> str:
        """The stack's key. Raises FileNotFoundError if no stack has run in this directory."""
        return self.path.read_text()

    def make_key(self) -> None:
        """Makes the key, unless there is one. Only the user who runs the stack can read it."""
        if not self.path.exists():
            with open(self.path, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(f"LOCAL{secrets.token_hex(20).upper()}")

    def variables(self) -> dict[str, str]:
        """Returns the environment variables with which the SAM CLI, the AWS CLI and boto3 call the local AWS."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    def client(self, service: str, config: Config | None = None) -> Any:
        """Returns a boto3 client of the local AWS."""
        bare = botocore.session.Session({"profile": (None, None, None, None)})  # ignores AWS_PROFILE
        aws: Any = boto3.session.Session(self.key, self.key, region_name=REGION, botocore_session=bare)
        return aws.client(service, endpoint_url=self.endpoint, config=config)

    def emulator(self, path: str, *, seconds: float) -> Any:
        """Returns the JSON document at one of ministack's own routes, such as `/_ministack/health`.

        Raises:
            OSError: It does not respond within `seconds`, or with an error.
            ValueError: It does not respond with JSON.
        """
        request = urllib.request.Request(self.endpoint + path, headers={"Authorization": f"Bearer {self.key}"})  # noqa: S310 - http
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the key is nothing for a proxy
        with direct.open(request, timeout=seconds) as response:
            return json.load(response)
