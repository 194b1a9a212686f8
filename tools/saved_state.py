"""Corrections to the state that ministack saves when it stops, before it reads it again."""

from __future__ import annotations

import json
from pathlib import Path


def rewind_streams(saved: Path) -> None:
    """Makes ministack read its streams from their start.

    ministack saves the position in each stream, but not the records. After a restart the streams are empty, so it would
    skip as many new records.
    """
    if not saved.exists():
        return
    state = json.loads(saved.read_text())
    state["payload"]["dynamodb_stream_positions"] = {}
    replacement = saved.with_suffix(".new")
    replacement.write_text(json.dumps(state))
    replacement.replace(saved)
