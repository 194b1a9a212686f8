"""DynamoDB Local: AWS's own implementation of DynamoDB, for tests of behaviour that other emulators get wrong."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from tools.local_stack import HOST, ROOT, free_port

INSTALLATION = ROOT / ".local" / "dynamodb-local"
START_SECONDS = 180.0  # 3 on an idle machine


@contextlib.contextmanager
def dynamodb_local() -> Iterator[str]:
    """Runs an empty DynamoDB in memory, and yields its endpoint URL.

    It accepts any credentials; each pair of access key and region has separate tables. Whoever makes tables uses an
    access key of their own: a write to a table with a stream takes the longer, the more records are in older streams
    of the same access key, those of deleted tables included (25 items: 10 ms at first, 300 ms after 12,500 records).

    Raises:
        RuntimeError: It is not installed, Java is missing, or it does not start. Tests then fail, rather than skip
            what only DynamoDB Local can show.
    """
    if not (INSTALLATION / "DynamoDBLocal.jar").exists():
        raise RuntimeError("DynamoDB Local is missing: make dynamodb-local fetches it")
    java = shutil.which("java")
    if java is None:
        raise RuntimeError("java is missing: DynamoDB Local needs a JDK, 17 or later")
    port = free_port()
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryDirectory() as scratch:
        server = subprocess.Popen(
            [
                java,
                "-Djava.library.path=DynamoDBLocal_lib",
                f"-Djava.io.tmpdir={scratch}",  # every start leaves a library there
                "-cp",
                os.pathsep.join(("DynamoDBLocal.jar", "DynamoDBLocal_lib/*")),
                ROOT / "tools" / "LoopbackDynamoDB.java",
                *("-inMemory", "-disableTelemetry", "-port", str(port)),
            ],
            cwd=INSTALLATION,
            stdin=subprocess.PIPE,  # the server stops when this is closed, hence also when the tests are killed
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        with server:
            try:
                if not _answers(server, endpoint := f"http://{HOST}:{port}"):
                    log.seek(0)
                    raise RuntimeError(f"DynamoDB Local did not start:\n{log.read()[-2000:]}")
                yield endpoint
            finally:
                server.kill()


def _answers(server: subprocess.Popen[bytes], endpoint: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(endpoint, timeout=5).close()  # noqa: S310 http
        except urllib.error.HTTPError as response:
            response.close()  # the server is up: it rejects a request without a signature
            return True
        except OSError:
            time.sleep(0.1)
    return False
