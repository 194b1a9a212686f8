"""The parts of `make bench` work: each runs here, short. What it measures is another matter."""

import subprocess
import sys

from benchmarks.__main__ import PARTS
from benchmarks.routes import VERSIONS, versions
from benchmarks.scenes import Scene
from shared.runtime import Runtime
from shared.scheduling import ids
from tests.template import ROOT

SHORT = ("flatness", "overhead", "cold", "throughput")
ELSEWHERE = {
    "ledger": "tests/integration/test_budgets.py",
    "smoke": "tests/e2e/test_benchmarks.py",
    "endurance": "tests/e2e/test_running.py, with some hundred requests",
}


def test_every_part_is_run_or_listed() -> None:
    assert {*SHORT} | ELSEWHERE.keys() == PARTS.keys()


def test_the_parts_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--short", *SHORT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "BROKEN" not in done.stdout
    assert done.stdout.count("\n## ") == len(SHORT)
    assert done.stdout.endswith("A short run: its figures say nothing.\n")


def test_what_a_scene_makes_is_older_than_what_is_measured(runtime: Runtime) -> None:
    scene = Scene(runtime)
    for _ in range(100):
        assert ids.milliseconds_of(scene.version(0).history_id) < runtime.now_ns() // 1_000_000 - 10_000


def test_the_versions_of_a_scene_have_ids_in_their_order(runtime: Runtime) -> None:
    scene = Scene(runtime)
    live = versions(scene, VERSIONS)
    made = scene.kept["history_ids"]
    assert made == sorted({*made})
    assert (live.history_id, live.stamp.version) == (made[-1], VERSIONS)
