"""What a request body says of itself."""

import pytest

from shared.http.base_models import RequestBody
from shared.http.identity_models import Login, RefreshToken, Registration

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
