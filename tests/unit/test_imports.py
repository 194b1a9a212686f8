"""What each function loads when it starts: the part of a cold start that does not depend on the machine."""

import json
import os
import subprocess
import sys
import sysconfig
from functools import lru_cache

import pytest

from tests.harness.template import ROOT, resources

FUNCTIONS = sorted(function["Handler"].split(".")[0] for function in resources("AWS::Serverless::Function").values())
PASSWORDS = {"address", "erasure", "login", "password", "password_reset", "register"}
TOKENS = {
    "address",
    "authorize",
    "erasure",
    "login",
    "logout",
    "password",
    "refresh",
    "register",
    "rotate_keys",
    "password_reset",
}
IDENTITY = {"jwks", "me"} | (TOKENS | PASSWORDS) - {"authorize", "rotate_keys"}

# Those that the gateway does not call with a request: they need no routes and no models.
PLAIN = {
    "authorize",
    "check_history",
    "erase",
    "notify",
    "purge_calendars",
    "record_history",
    "redrive_history",
    "rotate_keys",
    "sweep_history",
}

# botocore takes these along where it finds them; the layer has none of them.
NOT_IN_THE_LAYER = {"_openssl", "certifi"}

# At most so many modules beside Python's own.
CEILINGS = {
    "address": 446,
    "admin": 267,
    "authorize": 216,
    "bulk_create": 379,
    "calendars": 361,
    "check_history": 210,
    "docs": 334,
    "erase": 244,
    "erasure": 443,
    "events": 400,
    "export": 374,
    "find_time": 370,
    "history": 370,
    "invitations": 366,
    "jwks": 338,
    "login": 438,
    "logout": 421,
    "me": 355,
    "members": 366,
    "notify": 212,
    "password": 446,
    "password_reset": 442,
    "purge_calendars": 226,
    "record_history": 210,
    "redrive_history": 210,
    "refresh": 422,
    "register": 440,
    "rollback": 408,
    "rotate_keys": 251,
    "sessions": 354,
    "sweep_history": 210,
    "undo": 409,
}


@lru_cache(maxsize=1)
def _path() -> str:
    return os.pathsep.join((str(ROOT / "functions"), str(ROOT), sysconfig.get_path("purelib")))


@lru_cache
def loaded(function: str) -> tuple[str, ...]:
    """The modules that a fresh process has loaded once it has imported `function`, as Lambda does, in their order."""
    program = f"import sys, json, {function}; print(json.dumps([*sys.modules]))"
    # -S: what site-packages starts by itself is no part of a function.
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": _path(), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    own = {*sys.stdlib_module_names, *NOT_IN_THE_LAYER}
    modules = (name for name in json.loads(done.stdout) if not name.startswith("_sysconfigdata"))
    return tuple(name for name in modules if name.partition(".")[0] not in own)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_more_is_loaded_than_before(function: str) -> None:
    modules = loaded(function)
    assert len(modules) <= CEILINGS[function], sorted(modules)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_shared_is_loaded_before_other_packages(function: str) -> None:
    # It keeps the garbage collector from walking what is loaded behind it.
    assert loaded(function)[:3] == ("__main__", "shared.startup", "shared")


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("package", "needed_by"),
    [
        ("jwt", TOKENS),
        ("cryptography", TOKENS),
        ("argon2", PASSWORDS),
        ("shared.identity.password_rules", {"password", "password_reset", "register"}),
        ("shared.store.mailer", {"notify"}),
        ("pydantic", {*FUNCTIONS} - PLAIN),
        ("aws_lambda_powertools.event_handler", {*FUNCTIONS} - PLAIN),
        ("aws_lambda_powertools.event_handler.openapi.models", set()),
        ("aws_lambda_powertools.event_handler.openapi.swagger_ui", set()),
        ("shared.scheduling.windows_zones", set()),
        ("shared.http.fields", {*FUNCTIONS} - PLAIN - IDENTITY - {"docs"}),
        ("shared.http.models", {*FUNCTIONS} - PLAIN - IDENTITY - {"docs"}),
        ("shared.scheduling.calendar", {"events", "rollback", "undo"}),
        ("shared.scheduling.guard", {"events", "rollback", "undo"}),
        ("shared.scheduling.creation", {"events"}),
        ("shared.history.time_travel", {"events"}),
        ("shared.history.undo", {"undo"}),
        ("shared.scheduling.bulk", {"bulk_create"}),
        ("shared.scheduling.time_zones", {*FUNCTIONS} - PLAIN - IDENTITY),
        ("aws_xray_sdk", set()),
        ("boto3", set()),
        ("s3transfer", set()),
        ("requests", set()),
    ],
)
def test_what_a_function_does_not_need_is_not_loaded(function: str, package: str, needed_by: set[str]) -> None:
    if function not in needed_by:
        assert not {name for name in loaded(function) if f"{name}.".startswith(f"{package}.")}
