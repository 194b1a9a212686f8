"""The tour of README.md, run as it stands, with the answers that it shows."""

import json
import re
import shutil
import subprocess
from uuid import uuid4

from tests.e2e.readme import Comparison, steps

END = "\n\x1e\n"


def run_tour(base_url: str, name: str) -> list[str]:
    """What each block of shell lines prints. `make url` is answered here, and `ada` goes by another name."""
    script = [f"make() {{ echo {base_url}; }}", "set -euo pipefail"]
    for lines, _ in steps():
        script += [re.sub(r"\bada\b", name, lines), f"printf '{END}'"]
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", "\n".join(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout[-1000:]
    return done.stdout.split(END)[:-1]


def test_the_tour_of_the_readme(base_url: str) -> None:
    printed = run_tour(base_url, f"ada{uuid4().hex}")
    shown = [answer for _, answer in steps()]
    assert len(printed) == len(shown) > 10
    comparison = Comparison()
    for at, (answer, real) in enumerate(zip(shown, printed, strict=True)):
        if answer is None:
            assert real.strip() == "", steps()[at]
        else:
            comparison.check(json.loads(answer), json.loads(real), f"block {at}")
