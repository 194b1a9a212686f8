"""Builds the layer as `sam build` does, for this Python and machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.local_stack import ROOT


def build_layer(target: Path) -> Path:
    """Builds the layer in `target`, which is emptied first, and returns the directory of its packages."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    command = [
        "make",
        "--no-print-directory",
        "-C",
        str(ROOT / "shared"),
        "build-SharedLayer",
        *layer_variables(target),
    ]
    subprocess.run(
        command,  # the path's own make, as for SAM
        env=os.environ | {"PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"},  # uv
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return target / "python"


def layer_variables(target: Path) -> list[str]:
    """Returns the make variables for building the layer in `target`."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [f"ARTIFACTS_DIR={target}", f"LAYER_PYTHON={version}", f"LAYER_PLATFORM={_platform()}"]


def size_of(directory: Path) -> int:
    """Returns the total size, in bytes, of all files in `directory`."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _platform() -> str:
    machine = "aarch64" if os.uname().machine == "arm64" else os.uname().machine
    return f"{machine}-apple-darwin" if sys.platform == "darwin" else f"{machine}-manylinux_2_28"
