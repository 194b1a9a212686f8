"""Imports point inward: functions -> shared.http.api -> scheduling | identity -> store, and nothing points back."""

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.http.api import app
from tests.harness.deployment import variables_for
from tests.harness.template import ROOT, resources, routes

FUNCTIONS = sorted((ROOT / "functions").glob("*.py"))
SHARED = sorted((ROOT / "shared").rglob("*.py"))
PAYLOADS = sorted((ROOT / "events").glob("*.json"))


def named(path: Path) -> str:
    """The dotted name of the module at `path`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Every module that the one at `path` imports, wherever in it, and every name that may be one."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def offences(paths: list[Path], *forbidden: str) -> list[str]:
    return [f"{named(path)} imports {name}" for path in paths for name in imports(path) if within(name, *forbidden)]


def modules_of(package: str) -> list[Path]:
    found = [path for path in SHARED if within(named(path), package)]
    assert found, package
    return found


def test_functions_never_import_each_other() -> None:
    names = [path.stem for path in FUNCTIONS]
    assert offences(FUNCTIONS, "functions", *names) == []


@pytest.mark.parametrize("package", ["shared.scheduling", "shared.identity"])
def test_the_domain_knows_no_aws_no_clock_and_no_environment(package: str) -> None:
    outside = ("boto3", "botocore", "aws_lambda_powertools", "os", "time", "random")
    edge = (
        "shared.store",
        "shared.http.api",
        "shared.runtime",
        "shared.settings",
        "shared.http.base_models",
        "shared.http.fields",
        "shared.http.models",
        "shared.observability",
    )
    assert offences(modules_of(package), *outside, *edge) == []


def test_the_domain_asks_no_clock_through_datetime() -> None:
    for path in [*modules_of("shared.scheduling"), *modules_of("shared.identity")]:
        attributes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        # The time of a request is no clock's: the edge has noted it.
        asked = {ast.unparse(node) for node in attributes if node.attr in {"now", "utcnow", "today"}}
        assert asked <= {"request.now", "self._request.now"}, path


def test_scheduling_and_identity_do_not_know_each_other() -> None:
    assert offences(modules_of("shared.scheduling"), "shared.identity") == []
    assert offences(modules_of("shared.identity"), "shared.scheduling.calendar", "shared.scheduling.events") == []


def test_the_store_does_not_know_who_calls_it() -> None:
    above = (
        "functions",
        "shared.http.api",
        "shared.runtime",
        "shared.http.base_models",
        "shared.http.fields",
        "shared.http.models",
        "shared.http.problems",
        "aws_lambda_powertools",
    )
    assert offences(modules_of("shared.store"), *above) == []


def test_only_the_store_imports_the_aws_sdk() -> None:
    rest = [path for path in [*SHARED, *FUNCTIONS] if not within(named(path), "shared.store")]
    assert offences(rest, "boto3", "botocore") == []


def test_only_functions_and_other_wirings_import_the_wiring() -> None:
    wirings = modules_of("shared.wiring")
    assert offences([path for path in SHARED if path not in wirings], "shared.wiring") == []


def test_what_is_shared_never_imports_a_function() -> None:
    assert offences(SHARED, "functions") == []


def run_python(code: str, **environ: str) -> str:
    """What a fresh interpreter prints for `code`; the environment has nothing in it but `environ`."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def imported_with(*functions: str) -> set[str]:
    """Every module loaded once `functions` have been imported, in an interpreter of its own."""
    loaded: list[str] = json.loads(
        run_python(f"import json, sys, {', '.join(functions)}; print(json.dumps([*sys.modules]))")
    )
    return set(loaded)


IDENTITY = {"register", "login", "refresh", "logout", "authorize"}


def test_event_functions_load_neither_tokens_nor_password_hashing() -> None:
    names = [f"functions.{path.stem}" for path in FUNCTIONS if path.stem not in IDENTITY]
    loaded = imported_with(*names)
    assert {each for each in loaded if within(each, "jwt", "argon2", "boto3", "shared.identity")} == set()
    assert "botocore" in loaded


IMPORT_WITH_NOTHING = """
import os
import sys
import uuid

import botocore.session
import uuid_utils


class Environment(dict):
    def _answer(self):
        asking = sys._getframe(2).f_code.co_filename
        ours = tuple(os.path.join(os.getcwd(), place, "") for place in ("functions", "shared"))
        assert not asking.startswith(ours), f"{asking} reads the environment at import"

    def __getitem__(self, key):
        self._answer()
        return super().__getitem__(key)

    def get(self, key, default=None):
        self._answer()
        return super().get(key, default)


def refuse(*args, **kwargs):
    raise AssertionError("a client or an id is made at import")


os.environ = Environment(os.environ)
botocore.session.Session.create_client = refuse
uuid.uuid4 = uuid_utils.uuid7 = refuse
"""


def test_nothing_reads_the_environment_or_makes_a_client_or_an_id_at_import() -> None:
    names = ", ".join(named(path) for path in FUNCTIONS)
    assert run_python(f"{IMPORT_WITH_NOTHING}\nimport {names}\nprint('imported')") == "imported\n"


VARIABLES = variables_for({"EventsTable": "events", "HistoryTable": "history", "UsersTable": "users"})


def test_copies_of_a_snapshot_draw_different_delays() -> None:
    draw = "random.seed(1); from shared.runtime import current; print(current().jitter(1.0))"
    assert run_python(f"import random; {draw}", **VARIABLES) != run_python(f"import random; {draw}", **VARIABLES)


def test_the_collector_waits_for_the_imports_and_comes_back_for_the_requests() -> None:
    look = "print(gc.get_threshold()[0], gc.get_freeze_count() > 50_000)"
    program = f"import gc, functions.events; {look}; from shared.runtime import current; current(); {look}"
    assert run_python(program, **VARIABLES) == "200000 False\n10000 True\n"


def handlers() -> Iterator[str]:
    for function in resources("AWS::Serverless::Function").values():
        module, name = str(function["Handler"]).split(".")
        assert name == "handler"
        yield module


def test_every_function_is_one_file_and_one_entry_of_the_template() -> None:
    assert sorted(handlers()) == [path.stem for path in FUNCTIONS]


def test_the_template_routes_to_just_the_functions_that_register_the_routes() -> None:
    for path in FUNCTIONS:
        importlib.import_module(named(path))
    registered = [*app._static_routes, *app._dynamic_routes]
    served = {(route.method, route.openapi_path): route.func.__module__ for route in registered}
    assert len(served) == len(registered)
    assert served == {route: f"functions.{function}" for route, function in routes().items()}


def test_every_function_has_a_payload() -> None:
    invoked = set()
    for path in PAYLOADS:
        document = json.loads(path.read_text())
        # What does not come from the gateway is named for its function.
        by_gateway = "httpMethod" in document
        invoked.add(routes()[document["httpMethod"], document["resource"]] if by_gateway else path.stem)
    assert invoked == set(handlers())


def test_every_payload_is_used_by_a_test() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    words = {
        node.value
        for path in tests
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {path.stem for path in PAYLOADS} - words == set()
