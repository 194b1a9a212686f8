"""What nobody needs any more is removed, and nobody waits long for that."""

import time
from pathlib import Path

import pytest

from tools import scratch
from tools.scratch import discard


def filled(directory: Path) -> Path:
    (directory / "worker").mkdir(parents=True)
    (directory / "worker" / "file").write_text("x")
    return directory


def test_it_is_gone_and_so_is_what_an_earlier_removal_left(tmp_path: Path) -> None:
    filled(tmp_path / "discarded-1")
    (tmp_path / "state").mkdir()
    discard(filled(tmp_path / "tmp"))
    assert [each.name for each in tmp_path.iterdir()] == ["state"]
    discard(tmp_path / "tmp")
    assert [each.name for each in tmp_path.iterdir()] == ["state"]


def test_it_is_out_of_the_way_before_it_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(scratch, "REMOVE", "sleep 2 &")
    begun = time.monotonic()
    discard(filled(tmp_path / "tmp"))
    assert time.monotonic() - begun < 1.5
    (left,) = tmp_path.iterdir()
    assert left.name.startswith("discarded-")
