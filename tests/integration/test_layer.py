"""The layer as `sam build` makes it: small, and with all that functions need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from tests.harness.layer import build_layer, layer_variables, size_of
from tests.harness.template import ROOT, resources

INSTALLED = Path(botocore.__file__).parents[1]
MB = 1024 * 1024
# Unzipped, without bytecode, which differs from Python to Python. Of this, 14 MB are cryptography with its OpenSSL.
CEILING = 33 * MB
SERVICES = ("dynamodb", "s3", "secretsmanager", "sesv2")
DESCRIBED = {*SERVICES, "sts"}
ENDPOINTS = Path("botocore", "data", "endpoints.json")
REGIONS = ("eu-central-1", "us-east-1", "ap-southeast-5", "cn-north-1", "us-gov-west-1", "nowhere-9")

CLIENTS = f"""
import json, sys
import botocore.session
session = botocore.session.get_session()
made = [
    (service, region, session.create_client(service, region))
    for service in {SERVICES} for region in {REGIONS}
]
print(json.dumps([
    (service, region, client.meta.endpoint_url, sorted(client.meta.method_to_api_mapping))
    for service, region, client in made
]))
"""

# Nobody listens there: all of a call is made up to the sending.
CALLS = """
import os
import botocore.session
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
session = botocore.session.get_session()
config = Config(retries={"total_max_attempts": 1})
def client(service):
    return session.create_client(service, "eu-central-1", endpoint_url="http://127.0.0.1:1", config=config)
s3, key = client("s3"), {"Bucket": "unreadable", "Key": "a"}
item = {"TableName": "events", "Key": {"pk": {"S": "a"}}}
for operation, arguments in [
    (client("dynamodb").get_item, item),
    (client("secretsmanager").get_secret_value, {"SecretId": "signing"}),
    (s3.put_object, {**key, "Body": b"{}"}),
    (s3.get_object, key),
    (s3.delete_object, key),
    (s3.list_objects_v2, {"Bucket": "unreadable"}),
]:
    try:
        operation(**arguments)
    except EndpointConnectionError:
        print(operation.__name__)
"""


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("layer"))


def run(site: Path, program: str) -> str:
    """What `program` prints in a Python that has the packages in `site`, the functions, and no setting of AWS's."""
    path = os.pathsep.join((str(ROOT / "functions"), str(site)))
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=site,
        env={"PYTHONPATH": path, "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_it_is_small(layer: Path) -> None:
    bytecode = sum(path.stat().st_size for path in layer.rglob("*.pyc"))
    assert size_of(layer) - bytecode < CEILING


def test_it_has_bytecode_for_all_of_it(layer: Path) -> None:
    def compiled(path: Path) -> Path:
        return path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"

    assert [path for path in layer.rglob("*.py") if not compiled(path).exists()] == []


def test_it_has_what_every_function_imports(layer: Path) -> None:
    functions = sorted(
        function["Handler"].split(".")[0] for function in resources("AWS::Serverless::Function").values()
    )
    assert run(layer, f"import {', '.join(functions)}; print('imported')") == "imported\n"


def test_its_botocore_knows_the_same_endpoints_and_operations_as_before_it_was_cut(layer: Path) -> None:
    whole = run(INSTALLED, CLIENTS)
    assert run(layer, CLIENTS) == whole
    assert len(json.loads(whole)) == len(SERVICES) * len(REGIONS)


def test_its_botocore_has_all_that_there_is_of_the_endpoints_of_its_services(layer: Path) -> None:
    whole, cut = (json.loads((site / ENDPOINTS).read_text()) for site in (INSTALLED, layer))
    for partition in whole["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in DESCRIBED}
    assert cut == whole


def test_its_botocore_makes_the_calls_of_the_functions(layer: Path) -> None:
    calls = ["get_item", "get_secret_value", "put_object", "get_object", "delete_object", "list_objects_v2"]
    assert run(layer, CALLS).split() == calls


def test_its_botocore_knows_no_other_service_and_no_documentation(layer: Path) -> None:
    data = layer / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == DESCRIBED
    models = [*data.glob("*/*/service-2.json")]
    assert len(models) == len(DESCRIBED)
    assert [path for path in models if '"documentation":"<' in path.read_text()] == []


def test_it_has_the_list_of_the_commonest_passwords_and_no_other_file_beside_the_modules(layer: Path) -> None:
    check = "from shared.identity.password_rules import _common; print(len(_common()) > 8000)"
    assert run(layer, check) == "True\n"
    others = {
        path.name for path in (layer / "shared").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert others == {"common_passwords.txt"}


def test_it_has_nothing_of_what_builds_it(layer: Path) -> None:
    assert (ROOT / "shared" / "build").is_dir()
    assert not (layer / "shared" / "build").exists()
    assert [path.name for path in (layer / "botocore").glob("data*")] == ["data"]


def test_making_it_leaves_what_is_installed_alone(layer: Path) -> None:
    # An installer may link files to its cache, and the same ones into other places: cutting one would cut them all.
    assert (INSTALLED / ENDPOINTS).stat().st_size > MB > (layer / ENDPOINTS).stat().st_size


def build_without_python(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Build the layer where the Python that it is for is neither installed nor to be had by uv."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    commands = tmp_path / "bin"
    commands.mkdir()
    uv = ROOT / ".venv" / "bin" / "uv"
    for name, script in [
        (f"python{version}", "exit 127"),
        ("python3", f'exec "{sys.executable}" "$@"'),
        ("uv", f'test "$1" != run && exec "{uv}" "$@"'),
    ]:
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    command = ["make", "-C", str(ROOT / "shared"), "build-SharedLayer", *layer_variables(tmp_path / "built")]
    return subprocess.run(
        command,
        env=os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_build_that_can_write_no_bytecode_fails_and_says_how_to_do_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAYER_BYTECODE", raising=False)
    build = build_without_python(tmp_path)
    assert build.returncode != 0
    assert build.stderr.startswith("no Python 3.")
    assert "LAYER_BYTECODE=optional" in build.stderr


def test_a_build_without_bytecode_is_to_be_had_by_asking_for_it(tmp_path: Path) -> None:
    build = build_without_python(tmp_path, LAYER_BYTECODE="optional")
    assert build.returncode == 0, build.stderr
    assert "the layer has no bytecode" in build.stdout
    site = tmp_path / "built" / "python"
    assert [*site.rglob("*.pyc")] == []
    assert (site / "shared" / "http" / "api.py").exists()
