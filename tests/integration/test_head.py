"""A function answers HEAD as it answers GET: the gateway leaves the content away, which a test over HTTP shows."""

import pytest

from tests.harness.gateway import Api


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("path", ["/events", "/events/deleted", "/events/no-id", "/events?limit=0"])
def test_a_function_answers_head_as_get(path: str) -> None:
    api = Api()
    assert api("HEAD", path) == api("GET", path)


@pytest.mark.usefixtures("runtime")
def test_what_is_logged_is_the_method_that_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    Api()("HEAD", "/events/deleted")
    assert [vars(record)["method"] for record in caplog.records if record.getMessage() == "request"] == ["HEAD"]
