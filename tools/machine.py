"""This machine, as the local stack's processes and its build have to know it."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Mapping
from typing import Final

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def own_environment() -> dict[str, str]:
    """This process's environment, less what leads to a real AWS account and what this make tells another."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}


def python_version() -> str:
    """The Python of the functions: ministack's own, which make takes from the interpreter of this one.

    ministack runs functions on it whatever the template's Runtime says, so only the layer has to be built for it.
    """
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def parameters() -> Mapping[str, str]:
    """The template's parameters that depend on this machine."""
    return {"Architecture": "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"}


def layer_platform() -> str:
    """This machine, in uv's words for platforms."""
    machine = "aarch64" if platform.machine() == "arm64" else platform.machine()
    return f"{machine}-apple-darwin" if sys.platform == "darwin" else f"{machine}-manylinux_2_28"


def die_with_parent() -> None:
    """In a child about to start: have Linux end it when this process is gone, even if that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
