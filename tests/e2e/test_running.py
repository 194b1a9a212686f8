"""The commands of the local stack, as people type them, and a stack that goes on whatever becomes of who looks on."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.given_url import fault_of
from tests.e2e.user import User, eventually
from tests.harness.http_client import list_events
from tests.harness.stack_process import MAKE, STOP_SECONDS, Running, environment, make, wait_for_url
from tools.local_stack import ROOT, free_port
from tools.ownership import Ownership

# Every target that `make help` lists, and where it is run; or why no test can.
TARGETS = {
    **dict.fromkeys(("run", "url"), "by every test here"),
    **dict.fromkeys(("up", "down", "logs", "deploy-local", "clean-local", "invoke", "help"), "in this module"),
    **dict.fromkeys(("test", "test-unit", "test-integration", "test-e2e"), "runs the tests itself"),
    **dict.fromkeys(("lint", "validate"), "make test does it first"),
    "test-browser": "needs a Chromium, which not every machine has",
    "fuzz": "its requests are made, for a shorter time, in tests/integration/access/test_generated_requests.py",
    "bench": "its parts run, short, in tests/integration/test_benchmarks.py",
    "format": "rewrites the code; make lint tells whether there is anything to rewrite",
    "openapi": "tests/unit/test_openapi_file.py holds the file to what it would write",
    "build": "for AWS, as make run builds for this machine",
    "lock": "resolves all packages anew",
    "clean": "removes what the tests run on",
    "setup": "make test does it first",
}


def test_every_target_is_run_or_listed() -> None:
    listed = re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted({*TARGETS} | {"dynamodb-local"})


def test_help_lists_them(running: Running) -> None:
    shown = make(running.home, "help").stdout
    assert [name for name in TARGETS if f"\n  {name} " not in shown] == []


def test_requests_do_not_end_the_stack_and_all_are_logged(running: Running, base_url: str) -> None:
    before = running.log.count('"route":"/events"') if running.process else 0
    answers = list_events(base_url, 4, 300)
    assert answers.statuses == {"200": 300}
    if running.process is not None:
        eventually(lambda: running.log.count('"route":"/events"'), lambda count: count >= before + 300)
        assert running.process.poll() is None


def test_a_stack_that_runs_is_not_started_again(running: Running) -> None:
    for command in ("up", "run"):
        done = make(running.home, command, PORT=str(free_port()))
        assert "already" in (done.stdout + done.stderr).lower()
        assert make(running.home, "-s", "url").stdout.strip() == running.url


def test_the_logs_can_be_followed_and_left(running: Running, ada: User) -> None:
    follower = subprocess.Popen(
        [*MAKE, "logs"], cwd=ROOT, env=environment(running.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert follower.stdout is not None
    assert follower.stderr is not None
    with follower, follower.stdout, follower.stderr:
        os.set_blocking(follower.stdout.fileno(), False)

        def seen() -> bytes:
            ada.events()
            return follower.stdout.readline() if follower.stdout else b""

        assert json.loads(eventually(seen, lambda line: line.endswith(b"\n")))["message"]
        follower.stdout.close()

        def ended() -> int | None:
            ada.events()
            return follower.poll()

        assert eventually(ended, lambda status: status is not None) == 0
        assert follower.stderr.read() == b""
    assert ada.events() == []


def test_a_function_is_invoked_with_a_file_or_an_event(running: Running) -> None:
    sent = make(running.home, "invoke", "FUNCTION=EventsFunction", "PAYLOAD=events/free_busy.json")
    assert (sent.returncode, json.loads(sent.stdout)["statusCode"]) == (0, 200)
    checked = make(running.home, "invoke", "FUNCTION=CheckHistoryFunction", "EVENT={}")
    assert (checked.returncode, json.loads(checked.stdout)["complete"]) == (0, True)
    failed = make(running.home, "invoke", "FUNCTION=RecordHistoryFunction", "EVENT={}")
    assert failed.returncode == 2
    assert json.loads(failed.stdout)["errorMessage"] == "Records: is missing"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["FUNCTION=EventsFunction"], "name a function, and a file or an event"),
        (
            ["FUNCTION=EventsFunction", "EVENT={}", "PAYLOAD=events/docs.json"],
            "name a function, and a file or an event",
        ),
        (["FUNCTION=EventsFunction", "EVENT={"], "the event is no JSON"),
        (["FUNCTION=EventsFunction", "PAYLOAD=events/none.json"], "events/none.json cannot be read: No such file"),
        (["FUNCTION=events", "EVENT={}"], "there is no function 'events'; there are AddressFunction, "),
    ],
    ids=str,
)
def test_what_cannot_be_invoked_is_said_in_a_line(running: Running, arguments: list[str], said: str) -> None:
    refused = make(running.home, "invoke", *arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")
    assert said in refused.stderr.splitlines()[0]


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-1", "", "http", "4566x", "²"])
@pytest.mark.parametrize("command", ["run", "up"])
def test_a_port_that_is_none_is_said_in_a_line(tmp_path: Path, command: str, port: str) -> None:
    refused = make(tmp_path, command, f"PORT={port}")
    assert refused.returncode == 2
    said = [line for line in (refused.stdout + refused.stderr).splitlines() if not line.startswith("make: ")]
    assert said == [f"error: PORT is {port!r}: it has to be a number from 1 to 65535"]


def test_a_port_that_is_taken_is_said_in_a_line(tmp_path: Path, base_url: str) -> None:
    port = base_url.split(":")[2].partition("/")[0]
    refused = make(tmp_path, "run", f"PORT={port}")
    assert f"error: port {port} is taken: choose another with PORT=..." in refused.stderr.splitlines()


def test_what_needs_a_stack_says_that_there_is_none(tmp_path: Path) -> None:
    for command in (["url"], ["logs"], ["deploy-local"], ["invoke", "FUNCTION=EventsFunction", "EVENT={}"]):
        refused = make(tmp_path, "-s", *command)
        assert refused.returncode == 2, command
        assert refused.stderr.startswith("error: the stack is not running: make run starts it"), command
    assert make(tmp_path, "down").stdout == "==> Not running\n"


@pytest.fixture
def unheard(tmp_path: Path) -> Iterator[Running]:
    """A stack whose output nobody reads after its first line: ``make run | head -1``."""
    home = tmp_path / "stack"
    process = subprocess.Popen(
        [*MAKE, "run", f"PORT={free_port()}"],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"==> Starting a local AWS on ")
    process.stdout.close()
    (home / "run.log").touch()
    running = Running(home, wait_for_url(home, process), process)
    yield running
    if process.poll() is None:
        running.interrupt()


def test_a_stack_that_nobody_listens_to_serves_is_deployed_to_stopped_and_emptied(unheard: Running) -> None:
    assert unheard.process is not None
    assert list_events(unheard.url, 2, 20).statuses == {"200": 20}
    deployed = make(unheard.home, "deploy-local")
    assert deployed.stdout.splitlines()[-1] == f"==> Live at {unheard.url}", deployed
    assert requests.get(f"{unheard.url}/openapi.json", timeout=60).status_code == 200
    assert make(unheard.home, "down").stdout == "==> Stopping\n"
    assert unheard.process.wait(STOP_SECONDS) == 0
    assert Ownership(unheard.home).status() is None
    assert not (unheard.home / "tmp").exists()
    assert (unheard.home / "state" / "dynamodb.json").exists()
    assert make(unheard.home, "clean-local").returncode == 0
    assert not unheard.home.exists()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "unset it"),
        ("  ", "unset it"),
        ("http://127.0.0.1", "as `make -s url` prints it"),
        ("127.0.0.1:4566", "as `make -s url` prints it"),
        ("https://api.example.com:443/v1", "as `make -s url` prints it"),
        ("http://127.0.0.1:99999/v1", "as `make -s url` prints it"),
        ("http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/openapi.json does not answer"),
    ],
)
def test_a_stack_that_is_not_there_is_not_tested(value: str, said: str) -> None:
    fault = fault_of(value)
    assert fault is not None
    assert fault.startswith(f"E2E_BASE_URL is {value!r}")
    assert said in fault


def test_a_base_url_that_is_another_ones_is_told_apart(running: Running, base_url: str) -> None:
    assert fault_of(base_url) is None
    assert fault_of(f"{base_url}/") is None
    for wrong in (f"{base_url}x", running.stack.endpoint, f"{base_url}/docs"):
        fault = fault_of(wrong)
        assert fault is not None
        assert f"{wrong}/openapi.json" in fault
