"""The whole API on this machine: ministack emulates AWS, and the SAM CLI deploys template.yaml to it.

``make run`` and similar commands use it through ``tools/__main__.py``, the end-to-end tests directly.
It writes only under the stack's home directory, and listens only on one port of 127.0.0.1, where
`tools.guard` decides which requests reach ministack.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import stat
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import ClientError

from tools import gateway, guard, inbox, machine
from tools.access import REGION, Access
from tools.function_logs import FunctionLogs
from tools.saved_state import rewind_streams
from tools.scratch import discard

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local" / "stack"
SAM = ROOT / ".local" / "sam" / "bin" / "sam"
MINISTACK_PYTHON = ROOT / ".local" / "ministack" / "bin" / "python"
GUARD = ROOT / "tools" / "guard.py"

HOST = "127.0.0.1"
DEFAULT_PORT = 4566
START_SECONDS = 180.0  # 1 on an idle machine
STOP_SECONDS = 30.0


class StackError(Exception):
    """The stack cannot do what was requested. The message is a line for the user."""


def free_port() -> int:
    """Returns a TCP port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class LocalStack:
    """One ministack process with the API deployed to it; a context manager that stops it.

    Args:
        home: Directory for state, logs and build; created if missing.
        port: TCP port on 127.0.0.1.
        persist: Whether tables, secrets and the deployment are kept when the process ends.
        say: Called with a line of text at the start of each step that takes time.
    """

    def __init__(
        self,
        home: Path = HOME,
        port: int = DEFAULT_PORT,
        *,
        persist: bool = True,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.home = home
        self.port = port
        self.persist = persist
        self.say = say or (lambda _: None)
        self.endpoint = f"http://{HOST}:{port}"
        self.access = Access(home, self.endpoint)
        self._process: subprocess.Popen[bytes] | None = None
        self._deployed = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts ministack, and waits until it responds.

        Raises:
            StackError: The port is not available, ministack is not installed, or it does not start.
        """
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
                raise StackError(f"port {self.port} {why}: choose another with PORT=...") from error
        _require(MINISTACK_PYTHON)
        self.say(f"Starting a local AWS on {self.endpoint}")
        workers = self.home / "tmp"
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(stat.S_IRWXU)  # it holds the stack's key, and the secrets and tables of the local AWS
        self.access.make_key()
        discard(workers)  # files of the functions' processes of the last run
        workers.mkdir()
        rewind_streams(self.home / "state" / "lambda.json")
        with (self.home / "ministack.log").open("wb") as log:
            self._process = subprocess.Popen(
                [MINISTACK_PYTHON, "-P", GUARD],  # -P: ministack imports nothing from tools/
                cwd=self.home,
                env=self._ministack_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is handled by this process: only an orderly stop saves the state
                preexec_fn=machine.die_with_parent,  # noqa: PLW1509 - no thread runs here yet
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops ministack and its functions, if it is running.

        With `persist` its state is saved, except after an incomplete deployment, on which no other could be built.
        """
        process, self._process = self._process, None
        if process is None:
            return
        self.say("Stopping")
        if self.persist and self._deployed and process.poll() is None:
            time.sleep(1)  # for functions to read the stream: unread records are not saved
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        process.kill()
        process.wait()
        discard(self.home / "tmp")

    def deploy(self) -> str:
        """Builds and deploys the current template.yaml, and returns the API's base URL.

        Raises:
            StackError: The build or the deployment failed; the message ends with SAM's output.
        """
        _require(SAM)
        build = self.home / "build"
        config = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
        parameters = ["--parameter-overrides", *(f"{name}={value}" for name, value in machine.parameters().items())]
        self.say("Building the functions and their layer")
        self._sam("build", "--template-file", ROOT / "template.yaml", "--build-dir", build, *config, *parameters)
        self.say("Deploying template.yaml")
        try:
            self._sam("deploy", "--template-file", build / "template.yaml", *config, *parameters)
        except StackError as error:
            raise StackError("\n".join((str(error), *self._refusals()))) from None
        inbox.prepare(self.access)
        base_url = self._publish()
        self._deployed = True
        return base_url

    def alive(self) -> bool:
        """Returns whether the ministack process that this process started is still running."""
        return self._process is not None and self._process.poll() is None

    def logs(self, *, delete_old: bool = False) -> FunctionLogs:
        """Returns the functions' logs from now on; with `delete_old`, old log streams are deleted."""
        return FunctionLogs(self.access.client, stack_name(), delete_old=delete_old)

    def inbox(self) -> inbox.Inbox:
        """Returns the mails that the functions send from now on."""
        return inbox.Inbox(lambda: inbox.mails(self.access))

    def client(self, service: str, config: Config | None = None) -> Any:
        """Returns a boto3 client of the local AWS."""
        return self.access.client(service, config)

    def _sam(self, *arguments: str | Path) -> None:
        """Runs the SAM CLI against the local AWS without output. Raises StackError with its output if it fails."""
        log = self.home / "sam.log"
        own = {
            "LAYER_PLATFORM": machine.layer_platform(),
            "LAYER_PYTHON": machine.python_version(),
            "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",  # uv, for the layer
            "SAM_CLI_POLL_DELAY": "0.5",
            "SAM_CLI_TELEMETRY": "0",
            "TMPDIR": str(self.home / "tmp"),  # sam leaves files there
            "__SAM_CLI_APP_DIR": str(SAM.parent.parent),
        }
        environment = machine.own_environment() | self.access.variables() | own
        with log.open("w+") as output:
            process = subprocess.Popen(
                [SAM, *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait()
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # including the builders that it started
                process.wait()
                raise
        if status:
            raise StackError(f"sam {arguments[0]} failed\n{log.read_text()[-1500:].strip()}")

    def _refusals(self) -> list[str]:
        """Returns CloudFormation's reasons for failures, one line each, since SAM breaks them into columns."""
        try:
            events = self.client("cloudformation").describe_stack_events(StackName=stack_name())["StackEvents"]
        except ClientError:  # there is no stack yet
            return []
        return [
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in event
        ]

    def _publish(self) -> str:
        """Completes the API's import (`tools.gateway`), and returns its base URL."""
        cloudformation = self.client("cloudformation")
        name = stack_name()
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        by_type = {resource["ResourceType"]: resource for resource in resources}
        api, stage = by_type["AWS::ApiGateway::RestApi"], by_type["AWS::ApiGateway::Stage"]
        template = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
        document = template["Resources"][api["LogicalResourceId"]]["Properties"]["Body"]
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        api_id, stage_name = api["PhysicalResourceId"], stage["PhysicalResourceId"]
        gateway.complete(self.client("apigateway"), api_id, stage_name, document, parameters)
        return f"{self.endpoint}/_aws/execute-api/{api_id}/{stage_name}"

    def _ministack_environment(self) -> dict[str, str]:
        """Returns the environment of ministack, which every function inherits: nothing of the developer's own."""
        return {
            "AUTH": "true",  # a function is limited to its policies in the template, as on AWS
            "BIND_HOST": HOST,
            "DOCKER_HOST": f"unix://{os.devnull}",  # functions run as processes, without Docker
            "GATEWAY_PORT": str(self.port),
            "HOME": str(self.home),
            "IOT_MTLS_ENABLED": "0",
            "LANG": "C.UTF-8",
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "PATH": os.defpath,
            "PERSIST_STATE": str(int(self.persist)),
            "S3_DATA_DIR": str(self.home / "s3"),
            "S3_PERSIST": str(int(self.persist)),
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.home / "state"),
            "TMPDIR": str(self.home / "tmp"),
            "TZ": "UTC",
            guard.KEY_VARIABLE: self.access.key,
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        assert self._process is not None  # noqa: S101 - for mypy
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                self.access.emulator("/_ministack/health", seconds=5)
                return
            time.sleep(0.1)
        tail = (self.home / "ministack.log").read_text(errors="replace")[-2000:].strip()
        raise StackError(f"ministack did not come up\n{tail}")


def _require(tool: Path) -> None:
    if not tool.exists():
        raise StackError(f"{tool.relative_to(ROOT)} is missing: go through make, which installs it")


def stack_name() -> str:
    """Returns the name of the CloudFormation stack, from samconfig.toml."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    name: str = config["local"]["global"]["parameters"]["stack_name"]
    return name
