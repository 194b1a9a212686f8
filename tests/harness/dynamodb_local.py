"""DynamoDB Local: AWS's own implementation of DynamoDB, for tests of what no other imitation gets right."""

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
    """Run an empty DynamoDB in memory and yield its endpoint URL.

    It takes any credentials; each pair of access key and region has tables of its own.

    Raises:
        RuntimeError: It is not installed, Java is missing, or it does not start. Tests are to fail then, not to
            pass over what only it can show.
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
                f"-Djava.io.tmpdir={scratch}",  # it leaves a library there at every start
                "-cp",
                os.pathsep.join(("DynamoDBLocal.jar", "DynamoDBLocal_lib/*")),
                ROOT / "tools" / "LoopbackDynamoDB.java",
                *("-inMemory", "-disableTelemetry", "-port", str(port)),
            ],
            cwd=INSTALLATION,
            stdin=subprocess.PIPE,  # it stops when this closes, so also when the tests are killed
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
        except urllib.error.HTTPError as answer:
            answer.close()  # it refuses a request without a signature: it is there
            return True
        except OSError:
            time.sleep(0.1)
    return False
