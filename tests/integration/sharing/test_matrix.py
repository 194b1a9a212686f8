"""Roles by routes: who gets what in a shared calendar, over the real functions and a real database."""

from collections.abc import Callable, Iterator

import pytest

from shared.scheduling.access import CalendarAccess, Grant
from shared.store.shared_events import SharedEventStore
from tests.harness.deployment import Deployment
from tests.harness.template import routes
from tests.integration.sharing.matrix import KINDS, Cell, Sample, cell, samples
from tests.integration.sharing.rules import CONCERNED, RULES

SAMPLES = samples()


@pytest.fixture(scope="module")
def cells(tell: Callable[[str], None]) -> Iterator[list[Cell]]:
    """The cells of the matrix as they are made; at the end their figures are printed."""
    made: list[Cell] = []
    yield made
    tell(
        f"matrix of roles: {len(RULES)} routes, {len(SAMPLES)} requests, {len(KINDS)} kinds of callers, "
        f"{len(made)} cells, {sum(bool(each.wrong) for each in made)} wrong"
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: f"{each.number}: {each.method} {each.resource}")
def test_each_caller_gets_what_the_rules_say(whole_deployment: Deployment, cells: list[Cell], sample: Sample) -> None:
    row = {name: cell(whole_deployment, sample, kind) for name, kind in KINDS.items()}
    cells += row.values()
    assert {name: each.wrong for name, each in row.items() if each.wrong} == {}


def test_every_route_has_a_line_and_a_request_and_every_line_a_route() -> None:
    concerned = {route for route in routes() if route[1].startswith(CONCERNED)}
    assert sorted(concerned - RULES.keys()) == []
    assert sorted(RULES.keys() - concerned) == []
    assert {sample.route for sample in SAMPLES} == RULES.keys()


# The tests below show that the matrix sees a hole: each opens one, and the matrix has to have wrong cells for it.


def wrong_cells(deployment: Deployment, method: str, resource: str) -> set[str]:
    """Returns the callers with a wrong cell in a row of this route."""
    rows = [each for each in SAMPLES if (each.method, each.resource) == (method, resource)]
    return {name for each in rows for name, kind in KINDS.items() if cell(deployment, each, kind).wrong}


def test_a_route_that_checks_no_right_is_seen(whole_deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CalendarAccess, "check", lambda *_: None)
    assert wrong_cells(whole_deployment, "GET", "/calendars/{calendar_id}/free-busy") == {"nobody"}
    assert wrong_cells(whole_deployment, "GET", "/calendars/{calendar_id}/events/deleted") >= {"nobody", "free_busy"}


def test_a_list_that_shows_a_booker_everything_is_seen(
    whole_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SharedEventStore, "readable", lambda _, events: list(events))
    assert wrong_cells(whole_deployment, "GET", "/calendars/{calendar_id}/events") == {"booker", "everyone booker"}


def test_a_booker_who_may_change_everything_is_seen(
    whole_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CalendarAccess, "change_right", lambda *_: "book")
    monkeypatch.setattr(CalendarAccess, "reads", lambda *_: True)
    assert wrong_cells(whole_deployment, "DELETE", "/calendars/{calendar_id}/events/{event_id}") == {
        "booker",
        "everyone booker",
    }


def test_a_calendar_that_says_that_it_exists_is_seen(
    whole_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = CalendarAccess.check

    def told(access: CalendarAccess, grant: Grant) -> None:
        usual(access, grant if grant.strict or grant.role else Grant(everyone="free_busy"))

    monkeypatch.setattr(CalendarAccess, "check", told)
    assert "nobody" in wrong_cells(whole_deployment, "GET", "/calendars/{calendar_id}/events")
