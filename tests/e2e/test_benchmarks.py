"""The benchmark that calls a deployed API works."""

import os
import re
import subprocess
import sys

from tools.local_stack import ROOT


def test_the_smoke_part_runs(base_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--short", "smoke"],
        cwd=ROOT,
        env=os.environ | {"BENCH_URL": base_url},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert re.search(r"\| 100 .*\| 60 x 200, 40 x 201 +\|", done.stdout), done.stdout
