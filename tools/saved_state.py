"""What ministack saves when it stops, put right before it reads it again."""

from __future__ import annotations

import json
from pathlib import Path


def rewind_streams(saved: Path) -> None:
    """Make ministack read its streams from their start.

    It saves how far each stream has been read, but not the records. After a restart the streams are empty,
    and as many new records would be passed over.
    """
    if not saved.exists():
        return
    state = json.loads(saved.read_text())
    state["payload"]["dynamodb_stream_positions"] = {}
    replacement = saved.with_suffix(".new")
    replacement.write_text(json.dumps(state))
    replacement.replace(saved)
