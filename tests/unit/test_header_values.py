"""What `If-Match`, `If-None-Match` and `Idempotency-Key` say."""

import pytest

from shared.errors import InvalidRequest
from shared.http.headers import MAX_KEY, MAX_TAGS, key_of, tags_of
from shared.scheduling.preconditions import Tags
from tests.harness.samples import new_id

A, B = new_id(), new_id()


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (None, None),
        ("*", Tags(any=True)),
        (" * ", Tags(any=True)),
        (f'"{A}"', Tags(frozenset({A}))),
        (f'W/"{A}"', Tags(weak=frozenset({A}))),
        (f'"{A}", W/"{B}"', Tags(frozenset({A}), frozenset({B}))),
        (f'"{A}","{B}"', Tags(frozenset({A, B}))),
        (f' , "{A}",\t,"{B}" , ', Tags(frozenset({A, B}))),
        (f'"a,b", "{A}"', Tags(frozenset({A}))),
        (f'"", "x", "\u00e9", "{A}"', Tags(frozenset({A}))),
        ('"x"', Tags()),
        (f'"{A.upper()}"', Tags()),
    ],
)
def test_a_list_of_tags(value: str | None, tags: Tags | None) -> None:
    assert tags_of(value) == tags


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
    found = tags_of(value)
    assert found is not None
    assert found == Tags(fault=found.fault)
    assert found.fault


def test_as_many_tags_as_a_condition_takes() -> None:
    found = tags_of(",".join(f'"{new_id()}"' for _ in range(MAX_TAGS)))
    assert found is not None
    assert (len(found.strong), found.fault) == (MAX_TAGS, "")


def test_more_tags_than_a_condition_takes_name_nothing() -> None:
    found = tags_of(",".join(f'"{new_id()}"' for _ in range(MAX_TAGS + 1)))
    assert found is not None
    assert "at most 100 versions" in found.fault
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
    assert key_of(value) == key


@pytest.mark.parametrize(
    "value", ["", '""', "a b", "a,b", "a;b", '"a', "\u00e9", '"\u00e9"', '"a\\b"', "x" * (MAX_KEY + 1)]
)
def test_what_is_no_key_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest, match="Idempotency-Key"):
        key_of(value)
