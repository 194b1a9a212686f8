"""The reference as a deployment answers it: with its own absolute address."""

import requests


def test_the_reference_has_the_address_that_it_was_asked_at(base_url: str) -> None:
    answered = requests.get(f"{base_url}/openapi.json", timeout=60)
    assert [server["url"] for server in answered.json()["servers"]] == [base_url]
