"""What `If-Match` and `If-None-Match` say."""

import pytest

from shared.entity_tags import MAX_TAGS, tags_of
from shared.scheduling.preconditions import Tags
from tests.samples import new_id

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
