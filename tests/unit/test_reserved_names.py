"""User names that nobody can register."""

import re

import pytest
from pydantic import ValidationError

from shared.http.identity_models import Registration
from shared.identity.reserved_names import RESERVED


def refusal(name: str) -> list[tuple[str, str]]:
    """The fields, and the messages, that a registration of `name` is refused for."""
    try:
        Registration(username=name, password="correct horse battery", email="ada@example.com")
    except ValidationError as error:
        return [(str(each["loc"][0]), each["msg"]) for each in error.errors()]
    return []


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_is_refused_however_it_is_written(name: str) -> None:
    for written in (name, name.upper(), f"{name[0]}.{name[1:]}", f"{name[0]}-{name[1:]}_", f"{name[:2]}__{name[2:]}"):
        expected = "is reserved" if len(written) >= 3 else "String should have at least 3 characters"
        assert refusal(written) == [("username", expected)], written


@pytest.mark.parametrize("name", ["ada", "administrative", "root1", "supporter", "me1", "the.admin"])
def test_other_names_are_not(name: str) -> None:
    assert refusal(name) == []


def test_the_issues_own_names_are_reserved_and_all_are_written_as_they_are_compared() -> None:
    assert {"admin", "root", "support", "system", "everyone", "me", "api", "security", "postmaster", "null"} <= RESERVED
    assert [name for name in RESERVED if re.fullmatch("[a-z]{2,}", name) is None] == []
