"""Routes by callers: who gets what, over the real authorizer, the real functions and a real database."""

import importlib
from collections.abc import Callable, Iterator

import pytest

from shared.identity.tokens import Access, Tokens
from shared.request import Request
from shared.scheduling.access import CalendarAccess
from tests.harness.template import public_routes, routes
from tests.integration.access.matrix import ANOTHER, OWNER, Cast, Cell, Sample, row, samples, summary
from tests.integration.access.rules import RULES, Answer

SAMPLES = samples()


def wrong(cells: list[Cell]) -> dict[str, tuple[str, ...]]:
    """Returns what is wrong, by caller."""
    return {cell.caller: cell.wrong for cell in cells if cell.wrong}


@pytest.fixture(scope="module")
def rows(tell: Callable[[str], None]) -> Iterator[dict[str, list[Cell]]]:
    """The rows of the matrix as they are made; at the end its figures are printed."""
    made: dict[str, list[Cell]] = {}
    yield made
    tell("access matrix: " + ", ".join(f"{figure} {name}" for name, figure in summary(made).items()))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_each_caller_gets_what_the_rules_say(cast: Cast, rows: dict[str, list[Cell]], sample: Sample) -> None:
    rows[sample.name] = cells = row(cast, sample)
    assert [cell.caller for cell in cells] == [*cast.callers]
    assert wrong(cells) == {}


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    assert sorted(RULES.keys() - routes().keys()) == []
    assert sorted(routes().keys() - RULES.keys()) == []


def test_every_line_has_a_request_and_every_request_a_line() -> None:
    asked = {sample.route for sample in SAMPLES}
    assert sorted(asked - RULES.keys()) == []
    assert sorted(RULES.keys() - asked) == []


def test_a_route_is_public_by_its_line_and_by_the_template_alike() -> None:
    by_line = {route for route, line in RULES.items() if line.another_user is Answer.SAME_FOR_ALL}
    public = public_routes()
    assert {(method, path) for method, path in public if method != "HEAD"} == by_line
    assert {path for method, path in public if method == "HEAD"} == {
        path for method, path in by_line if method == "GET"
    }


# The tests below show that the matrix sees a hole: each opens one, and the matrix has to have wrong cells for it.


def sample_of(method: str, resource: str) -> Sample:
    return next(sample for sample in SAMPLES if (sample.method, sample.resource) == (method, resource))


@pytest.mark.parametrize(
    ("method", "resource", "function"),
    [
        ("GET", "/events/{event_id}", "events"),
        ("DELETE", "/events/{event_id}", "events"),
        ("GET", "/events", "events"),
        ("GET", "/events/{event_id}/history", "history"),
        ("POST", "/events/{event_id}/rollback", "rollback"),
        ("POST", "/operations/{operation_id}/undo", "undo"),
    ],
)
def test_a_handler_that_lets_the_request_choose_the_calendar_is_seen(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, method: str, resource: str, function: str
) -> None:
    def of_the_owner(usual: Callable[[], Request]) -> Request:
        request = usual()
        object.__setattr__(request, "access", CalendarAccess.to_own(cast.scene.api.user_id))
        return request

    module = importlib.import_module(f"functions.{function}")
    usual = module.current_request
    monkeypatch.setattr(module, "current_request", lambda: of_the_owner(usual))
    assert ANOTHER in wrong(row(cast, sample_of(method, resource)))


def test_an_authorizer_that_takes_a_refresh_token_is_seen(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Tokens.access
    valid, refresh = (str(cast.callers[name].authorization).split()[1] for name in (OWNER, "refresh token"))

    def lax(tokens: Tokens, token: str, now: int) -> Access:
        return usual(tokens, valid if token == refresh else token, now)

    monkeypatch.setattr(Tokens, "access", lax)
    assert wrong(row(cast, sample_of("GET", "/events"))).keys() == {"refresh token"}
