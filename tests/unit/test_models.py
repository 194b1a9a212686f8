"""What a request body says of itself."""

import pytest

from shared.http.base_models import RequestBody
from shared.http.identity_models import Login, RefreshToken, Registration
from shared.http.models import CreateEvent, EventPatch

SECRET = "correct horse battery"


@pytest.mark.parametrize(
    "body",
    [
        Registration(username="ada", password=SECRET, email="ada@example.com"),
        Login(username="ada", password=SECRET),
        RefreshToken(refresh_token=SECRET),
    ],
)
def test_a_body_shows_nothing_of_its_content(body: RequestBody) -> None:
    assert f"{body}" == f"{body!r}" == type(body).__name__
    assert SECRET not in str({"body": body})


def test_faults_are_named_in_the_order_of_what_a_request_must_have() -> None:
    """Some lists of faults are cut, and a digest of a bulk request has them: their order is part of the contract."""
    first = ["title", "all_day", "start", "transparency", "end"]
    first += ["description", "location", "time_zone", "start_date", "end_date"]
    assert [*CreateEvent.model_fields] == [*first, "recurrence", "uid", "calendars", "any_of", "reason"]
    assert [*EventPatch.model_fields] == [*first, "calendars", "recurrence", "cancelled", "reason"]
