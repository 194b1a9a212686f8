"""The environment of the benchmarks: DynamoDB Local with the template's tables, the secrets, and the variables.

Everything listens on 127.0.0.1, and no credentials of a real account can be read.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import botocore.session

from shared.runtime import Runtime, use
from shared.settings import Settings
from tests.harness.deployment import ISSUER_PATTERN
from tests.harness.dynamodb_local import dynamodb_local
from tests.harness.signing_keys import SECRETS
from tests.harness.template import create_tables
from tools.local_stack import ROOT

HOME: Final = ROOT / ".local" / "bench"


class _SecretsManager(BaseHTTPRequestHandler):
    """Responds to every request as to GetSecretValue."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["SecretId"]
        body = json.dumps({"Name": name, "SecretString": SECRETS[name]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@contextmanager
def _secrets_manager() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _SecretsManager) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def local_environment() -> Iterator[dict[str, str]]:
    """Starts the servers, creates the tables, and sets a function's environment variables within the block.

    Yields:
        The environment variables, as a function has them in Lambda.
    """
    with dynamodb_local() as database, _secrets_manager() as secrets:
        variables = {
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_REGION": "eu-central-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_DYNAMODB": database,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets,
            "EVENTS_TABLE": "EventsTable",
            "HISTORY_TABLE": "HistoryTable",
            "USERS_TABLE": "UsersTable",
            "ACCESS_TABLE": "AccessTable",
            "DIRECTORY_TABLE": "DirectoryTable",
            "UNREADABLE_BUCKET": "unreadable",
            "SIGNING_KEYS_ARN": "signing",
            "VERIFICATION_KEYS_ARN": "verification",
            "ISSUER": ISSUER_PATTERN,
            "CORS_ORIGIN": "*",
            "OWN_IDENTITY": "true",
            "OIDC_ISSUER": "none",
            "OIDC_AUDIENCE": "none",
            "OIDC_AUDIENCE_CLAIM": "aud",
            "OIDC_USERNAME_CLAIM": "preferred_username",
            "ACCESS_TOKEN_SECONDS": "900",
            "REFRESH_TOKEN_DAYS": "30",
            "KEY_ROTATION_DAYS": "90",
            "SESSION_DAYS": "90",
            "REFRESH_GRACE_SECONDS": "30",
            "MAIL_FROM": "",
            "DELETED_EVENT_DAYS": "30",
            "HISTORY_RETENTION_DAYS": "0",
            "MAX_EVENTS_PER_CALENDAR": "100000",
            "MAX_TEXT_BYTES_PER_CALENDAR": "250000000",
            "MAX_SERIES_PER_CALENDAR": "2000",
            # A measurement makes more in a minute than a user may.
            "BULK_REQUESTS_PER_MINUTE": "10000",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        before = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name in variables}
        for name in before:
            del os.environ[name]
        os.environ.update(variables)
        try:
            client: Any = botocore.session.get_session().create_client("dynamodb")
            create_tables(client)
            with use(Runtime(Settings.of())):
                yield variables
        finally:
            for name in variables:
                del os.environ[name]
            os.environ.update(before)
