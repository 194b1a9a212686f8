"""Run a function in a process of its own, so that what one function loads does not weigh on another."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tools.local_stack import ROOT


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function`, of the top level of a module of this package, answers; it and `arguments` have to fit JSON.

    What it prints goes nowhere. Raises RuntimeError, with what it said last, if it fails.
    """
    reader, writer = os.pipe()
    call = json.dumps([function.__module__, function.__name__, arguments])
    with open(reader, encoding="utf-8") as answers:  # noqa: PTH123 a file descriptor
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fresh", str(writer), call],
            cwd=ROOT,
            pass_fds=(writer,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(writer)
        with process:
            answer = answers.read()
            said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise RuntimeError(f"{function.__module__}.{function.__name__} failed:\n{said[-3000:]}")
    return json.loads(answer)


def _main() -> None:
    writer, call = int(sys.argv[1]), json.loads(sys.argv[2])
    module, name, arguments = call
    answer = getattr(import_module(module), name)(*arguments)
    with open(writer, "w", encoding="utf-8") as answers:
        json.dump(answer, answers)


if __name__ == "__main__":
    _main()
