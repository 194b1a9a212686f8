"""What processes of their own are measured with: the layer as deployed, the functions, and the peers' packages."""

import os
import shutil
import subprocess
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

from benchmarks.ground import HOME
from benchmarks.timing import few
from tools.local_stack import ROOT


def build_layer(target: Path) -> Path:
    """Build the layer in `target` as `sam build` does, for this Python and machine; gives where its packages are."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    subprocess.run(
        ["make", "--no-print-directory", "-C", ROOT / "shared", "build-SharedLayer", *layer_variables(target)],  # noqa: S607
        env=os.environ | {"PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"},  # uv
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return target / "python"


def layer_variables(target: Path) -> list[str]:
    """What make is told to build the layer in `target` for this Python and machine."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [f"ARTIFACTS_DIR={target}", f"LAYER_PYTHON={version}", f"LAYER_PLATFORM={_platform()}"]


def size_of(directory: Path) -> int:
    """Return the bytes of all files in `directory`."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


@lru_cache(maxsize=1)
def built_layer() -> Path:
    """The packages of the layer, built once a run."""
    return build_layer(HOME / "layer")


@lru_cache(maxsize=1)
def layer_without_bytecode() -> Path:
    """A copy of the layer's packages as it is where no Python could compile them, made once a run."""
    site = HOME / "layer-without-bytecode"
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(built_layer(), site, ignore=shutil.ignore_patterns("__pycache__"))
    return site


@lru_cache(maxsize=1)
def built_functions() -> Path:
    """A copy of the functions with bytecode, made once a run."""
    functions = HOME / "functions"
    shutil.rmtree(functions, ignore_errors=True)
    shutil.copytree(ROOT / "functions", functions, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", functions], check=True)
    return functions


@lru_cache(maxsize=1)
def peers() -> Path:
    """Where this process has its packages, the peers among them, now with bytecode."""
    packages = Path(sysconfig.get_path("purelib"))
    if few(1, 0):  # it takes minutes the first time
        # What cannot be compiled is for another Python, and not imported.
        subprocess.run([sys.executable, "-m", "compileall", "-q", packages], check=False, stdout=subprocess.DEVNULL)
    return packages


def _platform() -> str:
    machine = "aarch64" if os.uname().machine == "arm64" else os.uname().machine
    return f"{machine}-apple-darwin" if sys.platform == "darwin" else f"{machine}-manylinux_2_28"
