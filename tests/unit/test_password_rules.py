"""Which passwords nobody can choose."""

import subprocess
import sys

import pytest

from shared.errors import FieldError, InvalidRequest
from shared.identity.password_rules import check
from tests.harness.template import ROOT
from tools import common_passwords

COMMON = common_passwords.listed()


TOO_SHORT = "must have at least 8 characters that can be seen"
# A variation selector, Hangul fillers, a Mongolian separator, an empty braille cell, a grapheme joiner.
INVISIBLE = [f"password1{each}" for each in "\ufe0f\u3164\uffa0\u180b"] + ["\u2800password1", "pass\u034fword1"]


def refused(password: str, username: str | None = "ada.lovelace", email: str | None = "countess@example.com") -> str:
    """The message with which `password` is refused; none if it is not."""
    try:
        check(password, username=username, email=email)
    except InvalidRequest as error:
        (fault,) = error.errors
        assert fault.field == "password"
        return fault.message
    return ""


@pytest.mark.parametrize("password", ["correct horse battery", "Tr0ub4dor&3", "ÄÖÜäöüß!", "# # # # #"])
def test_what_nobody_would_try_first_is_accepted(password: str) -> None:
    assert refused(password) == ""


def test_its_length_is_that_of_its_nfc() -> None:
    assert refused("a\u0308" * 7) == refused("a" * 7) == TOO_SHORT
    assert refused("a\u0308" * 8) == ""


def test_every_one_of_the_commonest_is_refused_in_any_case_of_letters() -> None:
    long = [each for each in COMMON if len(each) >= 8]
    assert len(long) > 8000
    assert [each for each in long if not refused(each) or not refused(each.upper())] == []
    assert "is one of the commonest" in refused("Password1")


@pytest.mark.parametrize("password", [" password1", "password1  ", "pass\u00adword1", "\u200bpassword1", *INVISIBLE])
def test_what_cannot_be_seen_makes_a_common_password_no_better(password: str) -> None:
    assert "is one of the commonest" in refused(password)


@pytest.mark.parametrize(
    "password", [" " * 8, "\u00ad" * 8, "\u3164" * 8, "\u2065" * 8, "a" + "\u200b" * 7, "a" + " " * 7, "    #    "]
)
def test_what_cannot_be_seen_and_blanks_around_it_make_a_password_no_longer(password: str) -> None:
    assert refused(password) == TOO_SHORT


@pytest.mark.parametrize(
    "password", ["ada.lovelace", "Ada.LOVELACE", "ada.lovelace\u3164", "Countess@example.com", "countess"]
)
def test_the_name_the_address_and_its_first_part_are_refused(password: str) -> None:
    assert refused(password) == "must not be the user name or the address"


def test_composed_and_decomposed_addresses_are_the_same() -> None:
    assert refused("grafin-a\u0308da", email="grafin-\u00e4da@example.com") != ""


def test_a_user_without_a_known_name_or_address_has_the_other_rules() -> None:
    assert refused("ada.lovelace", username=None, email=None) == ""
    assert refused("password1", username=None, email=None) != ""


def test_the_field_is_the_one_that_the_caller_names_and_the_password_is_not_quoted() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check("iloveyou2", username="ada", email=None, field="new_password")
    assert [each.field for each in refusal.value.errors] == ["new_password"]
    assert "iloveyou" not in str(refusal.value)
    assert isinstance(refusal.value.errors[0], FieldError)


def test_the_list_is_djangos_as_the_generator_writes_it() -> None:
    assert common_passwords.FILE.read_text() == common_passwords.text(), "python -m tools.common_passwords"
    assert set(common_passwords.text().split("\n")) - {""} == {each for each in COMMON if len(each) >= 8}


def test_the_list_is_read_at_the_first_check_and_not_again() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from shared.identity.password_rules import check
def reads():
    return sum(name.endswith("common_passwords.txt") for name in opened)
before = reads()
check("correct horse battery", username="ada", email="ada@example.com")
check("correct horse battery", username="bob", email="bob@example.com")
print(before, reads())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "0 1\n"
