"""The benchmark that calls a deployed API works."""

from benchmarks.smoke import REQUESTS, called


def test_the_smoke_test_runs(base_url: str) -> None:
    part = called(base_url, 10)
    assert part.data["answers"].keys() == {"200", "201"}
    assert sum(part.data["answers"].values()) == 10 * REQUESTS
