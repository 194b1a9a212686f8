"""One-time codes: how they are made, read and compared."""

import secrets
from collections import Counter

import pytest

from shared.identity.codes import CHARACTERS, hash_of, is_right, new_code

CODE = new_code(lambda count: bytes(range(count)))


def test_a_code_is_ten_characters_of_crockfords_alphabet_in_two_groups() -> None:
    for _ in range(200):
        code = new_code(secrets.token_bytes)
        first, hyphen, second = code.partition("-")
        assert (len(first), hyphen, len(second)) == (5, "-", 5)
        assert set(first + second) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_every_character_of_a_code_depends_on_the_bytes() -> None:
    seen = [Counter[str]() for _ in range(CHARACTERS)]
    for _ in range(2000):
        for counter, character in zip(seen, new_code(secrets.token_bytes).replace("-", ""), strict=True):
            counter[character] += 1
    assert [len(counter) for counter in seen] == [32] * CHARACTERS


@pytest.mark.parametrize(
    "typed",
    [CODE, CODE.lower(), CODE.replace("-", ""), f" {CODE} ", CODE.replace("-", " "), CODE.replace("0", "o")],
)
def test_a_code_is_right_however_it_is_typed(typed: str) -> None:
    assert "0" in CODE
    assert is_right(typed, "reset", "ada@example.com", hash_of(CODE, "reset", "ada@example.com"))


def test_a_one_may_be_read_as_i_or_l() -> None:
    code = new_code(lambda count: bytes([0b00000001] * count))
    assert "1" in code
    stored = hash_of(code, "reset", "ada")
    assert is_right(code.replace("1", "I"), "reset", "ada", stored)
    assert is_right(code.replace("1", "l"), "reset", "ada", stored)


@pytest.mark.parametrize("typed", ["", "-", CODE[:-1], CODE + "0", CODE[::-1], "U" * 10, "\ud800", "é" * 10])
def test_anything_else_is_wrong(typed: str) -> None:
    assert not is_right(typed, "reset", "ada", hash_of(CODE, "reset", "ada"))


def test_a_code_of_another_purpose_or_subject_is_wrong() -> None:
    stored = hash_of(CODE, "reset", "ada")
    assert not is_right(CODE, "verification", "ada", stored)
    assert not is_right(CODE, "reset", "bob", stored)
    assert CODE.replace("-", "") not in stored.upper()
