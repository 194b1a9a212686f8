"""The vectors of tests/files/recurrence.json: rules, what is refused, and series with exceptions."""

import time
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from shared.recurrence.rules import RuleError
from shared.recurrence.series import ENDLESS
from tests.harness.vectors import VECTORS, instant, series_of


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_a_rule_has_these_occurrences(vector: dict[str, Any]) -> None:
    if vector["product"] != "same":
        with pytest.raises(RuleError) as refused:
            series_of(vector)
        assert f"refused: {refused.value}" == vector["product"]
        return
    made = series_of(vector)
    low, high = map(instant, vector["window"]) if "window" in vector else (made.starts, ENDLESS)
    if not vector["complete"] and "window" not in vector:
        high = instant(vector["expected"][-1]) + timedelta(seconds=1)
    found = [f"{each.start.isoformat()}Z" for each in made.between(low, high)]
    assert found == vector["expected"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["rrule"])
def test_a_rule_is_refused_at_once(vector: dict[str, Any]) -> None:
    started = time.process_time()
    with pytest.raises(RuleError) as refused:
        series_of(vector)
    assert str(refused.value) == vector["message"]
    assert time.process_time() - started < 1.0  # it is no measurement: what hangs takes minutes


@pytest.mark.parametrize("vector", VECTORS["sets"], ids=lambda vector: vector["id"])
def test_exceptions_change_single_occurrences(vector: dict[str, Any]) -> None:
    made = series_of(vector)
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
