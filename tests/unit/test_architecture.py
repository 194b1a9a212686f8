"""Imports point inward, as docs/architecture.md draws them, and nothing points back."""

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


DOMAIN = ("shared.scheduling", "shared.recurrence", "shared.history", "shared.identity", "shared.sharing")
EDGE = ("functions", "shared.http", "shared.wiring", "shared.payloads", "shared.runtime", "shared.settings")


@pytest.mark.parametrize("package", DOMAIN)
def test_the_domain_knows_no_aws_no_clock_no_environment_and_no_http(package: str) -> None:
    outside = ("boto3", "botocore", "aws_lambda_powertools", "pydantic", "os", "time", "random")
    assert offences(modules_of(package), *outside, *EDGE, "shared.store", "shared.observability") == []


@pytest.mark.parametrize("package", DOMAIN)
def test_the_domain_asks_no_clock_through_datetime(package: str) -> None:
    for path in modules_of(package):
        attributes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        # The time of a request is no clock's: the edge has noted it.
        asked = {ast.unparse(node) for node in attributes if node.attr in {"now", "utcnow", "today"}}
        assert asked <= {"request.now", "self._request.now", "self.request.now", "self.now"}, path


def test_scheduling_and_identity_know_neither_each_other_nor_the_history() -> None:
    assert offences(modules_of("shared.scheduling"), "shared.identity", "shared.history") == []
    assert offences(modules_of("shared.identity"), "shared.scheduling", "shared.history") == []
    assert offences(modules_of("shared.history"), "shared.identity") == []


def test_events_do_not_know_how_calendars_are_shared_nor_the_other_way_round() -> None:
    assert offences(modules_of("shared.sharing"), "shared.identity", "shared.history") == []
    for package in ("shared.scheduling", "shared.history", "shared.identity"):
        assert offences(modules_of(package), "shared.sharing") == []


def test_the_store_does_not_know_who_calls_it() -> None:
    assert offences(modules_of("shared.store"), *EDGE, "aws_lambda_powertools") == []


def test_only_functions_know_the_wiring_and_http_does_not_know_the_store() -> None:
    assert offences(modules_of("shared.http"), "shared.wiring", "shared.store") == []


def test_no_test_imports_the_benchmarks() -> None:
    assert offences(sorted((ROOT / "tests").rglob("*.py")), "benchmarks") == []


def defined_in(path: Path) -> Iterator[str]:
    """The classes and type aliases that a module defines at its top."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            yield from (name for name in names if name[0].isupper() and not name.isupper())


def test_no_name_means_two_things() -> None:
    places: dict[str, list[str]] = {}
    for path in SHARED:
        for name in defined_in(path):
            places.setdefault(name, []).append(named(path))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_module_is_two_things() -> None:
    assert [path for path in [*SHARED, *FUNCTIONS] if len(path.read_text().splitlines()) > 300] == []


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


ACCOUNT = {"admin", "erase", "erasure", "export"}
MAIL = {"me", "address", "password_reset", "notify"}
IDENTITY = {
    "register",
    "login",
    "refresh",
    "logout",
    "authorize",
    "jwks",
    "rotate_keys",
    "sessions",
    "password",
    *ACCOUNT,
    *MAIL,
}


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


VARIABLES = variables_for(
    {
        "EventsTable": "events",
        "HistoryTable": "history",
        "UsersTable": "users",
        "AccessTable": "access",
        "DirectoryTable": "directory",
    }
)


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
