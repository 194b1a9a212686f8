"""Reduces botocore's data folder to the services that the functions call; a step of building the layer.

    python3 botocore_data.py <the directory botocore/data> <service> ...

botocore describes every AWS service. Creating one client reads the endpoints of all services (1.2 MB of JSON) and the
model of its own, three quarters of which is documentation: together that takes longer than everything else about
creating a client. botocore's own loader finds the new folder in the place of the complete one: no code of botocore is
changed.

Runs with Python 3.8 or later, whatever Python the layer is for. Nothing in this directory is part of the layer.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

ENDPOINTS = "endpoints.json"
MODEL = "service-2.json.gz"


def replace(data: Path, services: set[str]) -> None:
    """Replaces the folder `data` by a reduced copy (`copy`)."""
    made = data.with_name(f"{data.name}.new")
    copy(data, made, services)
    shutil.rmtree(data)
    made.rename(data)


def copy(whole: Path, made: Path, services: set[str]) -> None:
    """Creates the folder `made` with the data of `services` in `whole`.

    Files that do not belong to a single service are copied as they are, except the endpoints, which are reduced to
    those of `services`. Models are written without documentation, and uncompressed, since the layer is compressed as a
    whole. Examples are left out.

    Args:
        whole: The complete data folder.
        made: The folder to create.
        services: The services to keep, by the names of their directories.

    Raises:
        FileNotFoundError: `whole` has no data of one of `services`.
    """
    made.mkdir()
    for file in filter(Path.is_file, whole.iterdir()):
        if file.name == ENDPOINTS:
            (made / ENDPOINTS).write_text(_compact(_only(json.loads(file.read_text()), services)))
        else:
            shutil.copyfile(file, made / file.name)
    for service in services:
        shutil.copytree(whole / service, made / service, ignore=shutil.ignore_patterns("examples-*", MODEL))
        for packed in (whole / service).glob(f"*/{MODEL}"):
            model = json.loads(gzip.decompress(packed.read_bytes()))
            (made / packed.relative_to(whole)).with_suffix("").write_text(_compact(_undocumented(model)))


def _only(endpoints: dict[str, Any], services: set[str]) -> dict[str, Any]:
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in services}
    return endpoints


def _undocumented(value: Any) -> Any:
    """Returns `value` with empty `documentation`. The key stays, since botocore reads it in some parts of a model."""
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
    replace(Path(sys.argv[1]), {*sys.argv[2:]})
