"""Properties of this machine that the local stack's processes and its build depend on."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Mapping
from typing import Final

from tools.inbox import SENDER

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def own_environment() -> dict[str, str]:
    """Returns this process's environment without variables of AWS, which could lead to a real account, and of make."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}


def python_version() -> str:
    """Returns the Python version of the local functions: ministack's, which make installs with this interpreter.

    ministack runs functions on it whatever the template's Runtime is, so the layer has to be built for it.
    """
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def parameters() -> Mapping[str, str]:
    """Returns the template's parameters that are others here than on AWS."""
    return {
        "Architecture": "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64",
        "LocalStack": "true",
        "MailFrom": SENDER,
    }


def layer_platform() -> str:
    """Returns uv's name of this machine's platform."""
    machine = "aarch64" if platform.machine() == "arm64" else platform.machine()
    return f"{machine}-apple-darwin" if sys.platform == "darwin" else f"{machine}-manylinux_2_28"


def die_with_parent() -> None:
    """Makes Linux end the calling process when its parent has ended, even if that was killed; for `preexec_fn`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
