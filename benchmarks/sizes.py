"""Part 7, sizes: the layer and the functions, as they are deployed."""

import io
import zipfile
from pathlib import Path

from benchmarks.installed import built_functions, built_layer
from benchmarks.report import Part

MB = 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
UNZIPPED_LIMIT = 250 * MB


def size_of(directory: Path) -> int:
    """The bytes of all files in `directory`."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _zipped(directory: Path) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(directory))
    return buffer.tell()


def measure() -> Part:
    """Layer and functions, and what the layer is made of."""
    part = Part("Sizes", ("what", "unzipped MB", "zipped MB"))
    site = built_layer()
    total = 0
    for name, directory in (("layer", site.parent), ("functions", built_functions())):
        unzipped, zipped = size_of(directory), _zipped(directory)
        total += unzipped
        part.rows.append([name, f"{unzipped / MB:.2f}", f"{zipped / MB:.2f}"])
        part.data[name] = {"unzipped": unzipped, "zipped": zipped}
    packages = {path.name: size_of(path) for path in site.iterdir() if path.is_dir()}
    for name, size in sorted(packages.items(), key=lambda each: -each[1])[:8]:
        part.rows.append([f"  of the layer: {name}", f"{size / MB:.1f}", ""])
    part.data["packages"] = packages
    part.goal("layer and functions of Lambda's 250 MB", total / UNZIPPED_LIMIT, 1.0)
    part.notes.append("Built for this machine, with bytecode. Memory after the first request: see the cold start.")
    return part
