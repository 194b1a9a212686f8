"""The packages for measuring cold starts: the layer and the functions as deployed, and boto3 as installed."""

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
    """Returns the directory of the layer's packages, which is built once per run."""
    return build_layer(HOME / "layer")


@lru_cache(maxsize=1)
def compiled_functions() -> Path:
    """Returns the directory of a copy of the functions with bytecode, made once per run."""
    functions = HOME / "functions"
    shutil.rmtree(functions, ignore_errors=True)
    shutil.copytree(ROOT / "functions", functions, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", functions], check=True)
    return functions


@lru_cache(maxsize=1)
def installed_packages() -> Path:
    """Returns the directory of this Python's packages, boto3 among them, with bytecode."""
    packages = Path(sysconfig.get_path("purelib"))
    if few(1, 0):  # it takes minutes the first time
        # Files that cannot be compiled are for another Python, and are not imported.
        subprocess.run([sys.executable, "-m", "compileall", "-q", packages], check=False, stdout=subprocess.DEVNULL)
    return packages


def zipped_size(directory: Path) -> int:
    """Returns the size, in bytes, of a ZIP archive of all files in `directory`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(directory))
    return buffer.tell()
