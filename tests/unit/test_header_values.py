"""What `If-Match`, `If-None-Match` and `Idempotency-Key` say."""

import pytest

from shared.errors import InvalidRequest
from shared.http.headers import MAX_KEY, MAX_TAGS, idempotency_key_of, tags_of
from shared.scheduling.preconditions import Tags
from tests.harness.samples import new_id

A, B = new_id(), new_id()
NAME = "If-Match"


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (None, None),
        ("*", Tags(NAME, any=True)),
        (" * ", Tags(NAME, any=True)),
        (f'"{A}"', Tags(NAME, frozenset({A}))),
        (f'W/"{A}"', Tags(NAME, weak=frozenset({A}))),
        (f'"{A}", W/"{B}"', Tags(NAME, frozenset({A}), frozenset({B}))),
        (f'"{A}","{B}"', Tags(NAME, frozenset({A, B}))),
        (f' , "{A}",\t,"{B}" , ', Tags(NAME, frozenset({A, B}))),
        (f'"a,b", "{A}"', Tags(NAME, frozenset({A}))),
        (f'"", "x", "\u00e9", "{A}"', Tags(NAME, frozenset({A}))),
        ('"x"', Tags(NAME)),
        (f'"{A.upper()}"', Tags(NAME)),
    ],
)
def test_a_list_of_tags(value: str | None, tags: Tags | None) -> None:
    assert tags_of(NAME, value) == tags


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        ",",
        ", ,",
        A,
        f'"{A}',
        f'{A}"',
        f"'{A}'",
        f'w/"{A}"',
        f'W/ "{A}"',
        f'W"{A}"',
        f"W/{A}",
        f'"{A}" "{B}"',
        f'"{A}"; "{B}"',
        f'"{A}" x',
        f'*, "{A}"',
        f'"{A}", *',
        "**",
        f'"{A}"\n',
        f'"{A}\0"',
        f'"{A} "',
        '"' * 9_999,
        '"a" ' * 2_500,
        ", " * 5_000 + "x",
        '"a",' * 2_500 + "x",
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_what_is_not_understood_names_nothing(value: str) -> None:
    found = tags_of(NAME, value)
    assert found is not None
    assert found == Tags(NAME, fault=found.fault)
    assert found.fault


def test_as_many_tags_as_a_condition_takes() -> None:
    found = tags_of(NAME, ",".join(f'"{new_id()}"' for _ in range(MAX_TAGS)))
    assert found is not None
    assert (len(found.strong), found.fault) == (MAX_TAGS, None)


def test_more_tags_than_a_condition_takes_name_nothing() -> None:
    found = tags_of(NAME, ",".join(f'"{new_id()}"' for _ in range(MAX_TAGS + 1)))
    assert found is not None
    assert found.fault == "must name at most 100 versions"
    assert not found.strong


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (None, None),
        ("order-4711", "order-4711"),
        ('"order-4711"', "order-4711"),
        (' "a \\"b\\\\" ', 'a "b\\'),
        ("x" * MAX_KEY, "x" * MAX_KEY),
    ],
)
def test_the_key_that_a_header_names(value: str | None, key: str | None) -> None:
    assert idempotency_key_of(value) == key


@pytest.mark.parametrize(
    "value", ["", '""', "a b", "a,b", "a;b", '"a', "\u00e9", '"\u00e9"', '"a\\b"', "x" * (MAX_KEY + 1)]
)
def test_what_is_no_key_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest, match="Idempotency-Key"):
        idempotency_key_of(value)
