"""The vectors of tests/files/recurrence.json, each of which at least two engines that share no code have computed."""

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pytest

from shared.recurrence.local_times import parse_recurrence_id
from shared.recurrence.rules import RuleError, parse_rule
from shared.recurrence.series import ENDLESS, Patch, Series

VECTORS: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "files" / "recurrence.json").read_text("utf-8")
)
HOUR: Final = timedelta(hours=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def patch(fields: dict[str, Any]) -> Patch:
    times = {name: instant(fields[name]) for name in ("start", "end") if name in fields}
    return Patch({name: value for name, value in fields.items() if name not in times}, **times)


def series(vector: dict[str, Any]) -> Series:
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
        overrides={key: patch(fields) for key, fields in vector.get("overrides", {}).items()},
        **local,
    )


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_a_rule_has_these_occurrences(vector: dict[str, Any]) -> None:
    if vector["product"] != "same":
        with pytest.raises(RuleError) as refused:
            series(vector)
        assert f"refused: {refused.value}" == vector["product"]
        return
    made = series(vector)
    low, high = map(instant, vector["window"]) if "window" in vector else (made.starts, ENDLESS)
    if not vector["complete"] and "window" not in vector:
        high = instant(vector["expected"][-1]) + timedelta(seconds=1)
    found = [f"{each.start.isoformat()}Z" for each in made.between(low, high)]
    assert found == vector["expected"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["rrule"])
def test_a_rule_is_refused_at_once(vector: dict[str, Any]) -> None:
    started = time.process_time()
    with pytest.raises(RuleError) as refused:
        series(vector)
    assert str(refused.value) == vector["message"]
    assert time.process_time() - started < 1.0  # it is no measurement: what hangs takes minutes


@pytest.mark.parametrize("vector", VECTORS["sets"], ids=lambda vector: vector["id"])
def test_exceptions_change_single_occurrences(vector: dict[str, Any]) -> None:
    made = series(vector)
    found = [
        {
            "start": f"{each.start.isoformat()}Z",
            "end": f"{each.end.isoformat()}Z",
            "title": each.patch.get("title", vector["title"]),
        }
        for each in made.between(datetime(1900, 1, 1), ENDLESS)  # noqa: DTZ001 UTC by its meaning
    ]
    assert found == vector["expected"]
    for each in islice(made.between(made.starts, made.ends), 50):
        assert made.occurrence(each.id) == each
