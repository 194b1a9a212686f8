"""The packages that cold starts are measured with: the layer and the functions as deployed, and boto3 as installed."""

import io
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from functools import lru_cache
from pathlib import Path

from benchmarks.environment import HOME
from benchmarks.timing import few
from tests.harness.layer import build_layer
from tools.local_stack import ROOT


@lru_cache(maxsize=1)
def built_layer() -> Path:
    """Returns the packages of the layer, which is built once a run."""
    return build_layer(HOME / "layer")


@lru_cache(maxsize=1)
def compiled_functions() -> Path:
    """Returns a copy of the functions with bytecode, made once a run."""
    functions = HOME / "functions"
    shutil.rmtree(functions, ignore_errors=True)
    shutil.copytree(ROOT / "functions", functions, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", functions], check=True)
    return functions


@lru_cache(maxsize=1)
def installed_packages() -> Path:
    """Returns the packages of this Python, boto3 among them, with bytecode."""
    packages = Path(sysconfig.get_path("purelib"))
    if few(1, 0):  # it takes minutes the first time
        # What cannot be compiled is for another Python, and not imported.
        subprocess.run([sys.executable, "-m", "compileall", "-q", packages], check=False, stdout=subprocess.DEVNULL)
    return packages


def zipped_size(directory: Path) -> int:
    """Returns the bytes of all files in `directory` as a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(directory))
    return buffer.tell()
