"""Passwords: OWASP's parameters, and no telling an unknown user from a wrong password."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError

from shared.identity import passwords


def test_a_hash_is_argon2id_with_owasps_parameters() -> None:
    assert passwords.hash_password("correct horse").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_is_recognised_and_another_is_not() -> None:
    stored = passwords.hash_password("correct horse")
    assert passwords.is_password(stored, "correct horse")
    assert not passwords.is_password(stored, "Correct horse")


def test_the_same_password_has_another_hash_each_time() -> None:
    assert passwords.hash_password("correct horse") != passwords.hash_password("correct horse")


def test_accents_may_be_composed_either_way() -> None:
    assert passwords.is_password(passwords.hash_password("caf\u00e9 noir"), "cafe\u0301 noir")


def test_nobodys_hash_costs_what_a_real_one_costs() -> None:
    real = passwords.hash_password("correct horse")
    assert extract_parameters(passwords.NOBODY) == extract_parameters(real)
    assert not passwords.is_outdated(passwords.NOBODY)


@pytest.mark.parametrize("guess", ["", "nobody has this!", "\0" * 32, "correct horse"])
def test_nobody_has_no_password(guess: str) -> None:
    assert not passwords.is_password(passwords.NOBODY, guess)


def test_a_hash_with_other_parameters_is_outdated() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse"))
    assert not passwords.is_outdated(passwords.hash_password("correct horse"))


def test_a_damaged_hash_is_a_fault_and_not_a_wrong_password() -> None:
    with pytest.raises(InvalidHashError):
        passwords.is_password("not a hash", "correct horse")
