"""Calls functions in separate processes, so that the imports of one do not slow another."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tools.local_stack import ROOT


def run_in_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function in a new process, and returns its result. Its standard output is discarded.

    Args:
        function: A function at the top level of a module of this package, whose result can be written as JSON.
        arguments: Its arguments, which can be written as JSON.

    Raises:
        RuntimeError: The function failed. The message ends with what it wrote to standard error.
    """
    reader, writer = os.pipe()
    call = json.dumps([function.__module__, function.__name__, arguments])
    with open(reader, encoding="utf-8") as results:  # noqa: PTH123 a file descriptor
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.subprocesses", str(writer), call],
            cwd=ROOT,
            pass_fds=(writer,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(writer)
        with process:
            result = results.read()
            errors = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise RuntimeError(f"{function.__module__}.{function.__name__} failed:\n{errors[-3000:]}")
    return json.loads(result)


def _main() -> None:
    writer, call = int(sys.argv[1]), json.loads(sys.argv[2])
    module, name, arguments = call
    result = getattr(import_module(module), name)(*arguments)
    with open(writer, "w", encoding="utf-8") as results:
        json.dump(result, results)


if __name__ == "__main__":
    _main()
