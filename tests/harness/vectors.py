"""The series of tests/files/recurrence.json, each of which at least two engines that share no code have computed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.recurrence.local_times import parse_recurrence_id
from shared.recurrence.rules import parse_rule
from shared.recurrence.series import Patch, Series
from tests.harness.template import ROOT

VECTORS: Final[dict[str, Any]] = json.loads((ROOT / "tests" / "files" / "recurrence.json").read_text("utf-8"))


def instant(text: str) -> datetime:
    """Returns an instant of the file."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _patch(fields: dict[str, Any]) -> Patch:
    times = {name: instant(fields[name]) for name in ("start", "end") if name in fields}
    return Patch({name: value for name, value in fields.items() if name not in times}, **times)


def series_of(vector: dict[str, Any]) -> Series:
    """Returns the series of a vector. Raises RuleError if its rule is refused."""
    all_day = vector.get("all_day", False)
    length = timedelta(days=1) if all_day else timedelta(seconds=vector.get("seconds", vector.get("minutes", 60) * 60))
    ids = {name: vector.get(name, []) for name in ("dates", "excluded")}
    local = {
        name: frozenset(parse_recurrence_id(each, all_day=all_day) for each in found) for name, found in ids.items()
    }
    for old, new in (("rdate", "dates"), ("exdate", "excluded")):
        local[new] |= {datetime.fromisoformat(each) for each in vector.get(old, [])}
    return Series.of(
        parse_rule(vector["rrule"], all_day=all_day),
        datetime.fromisoformat(vector["dtstart"]),
        vector["time_zone"],
        length,
        all_day=all_day,
        overrides={key: _patch(fields) for key, fields in vector.get("overrides", {}).items()},
        **local,
    )
