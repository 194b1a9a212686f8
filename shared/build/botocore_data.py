"""Cut the data that botocore carries down to the services that the functions call; part of building the layer.

    python3 trim_botocore.py <the directory botocore/data> <service> ...

botocore describes every service of AWS. Making one client reads the endpoints of all (1.2 MB of JSON) and, of the
service's own model, documentation (three quarters of it): together that takes longer than all else about a client.

Any Python 3.8 or later runs this, whatever the layer is for.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any


def trim(data: Path, services: set[str]) -> None:
    """Leave in `data` only what concerns `services`, named as their directories are, and no documentation."""
    for directory in data.iterdir():
        if directory.is_dir() and directory.name not in services:
            shutil.rmtree(directory)
    endpoints = data / "endpoints.json"
    everywhere = json.loads(endpoints.read_text())
    endpoints.unlink()  # an installer may have linked the file to its cache: the one there stays as it is
    endpoints.write_text(_compact(_only(everywhere, services)))
    for packed in data.glob("*/*/service-2.json.gz"):
        model = json.loads(gzip.decompress(packed.read_bytes()))
        # Not packed again: the layer is, as a whole.
        packed.with_suffix("").write_text(_compact(_undocumented(model)))
        packed.unlink()
    for examples in data.glob("*/*/examples-*"):
        examples.unlink()


def _only(endpoints: dict[str, Any], services: set[str]) -> dict[str, Any]:
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in services}
    return endpoints


def _undocumented(value: Any) -> Any:
    """`value` with no text in `documentation`; the key stays, since botocore asks some parts of a model for it."""
    if isinstance(value, dict):
        return {
            name: "" if name == "documentation" and isinstance(each, str) else _undocumented(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_undocumented(each) for each in value]
    return value


def _compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


if __name__ == "__main__":
    trim(Path(sys.argv[1]), {*sys.argv[2:]})
