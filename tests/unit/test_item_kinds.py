"""Every key that the code builds is of one kind in the list by which data is exported and erased."""

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from shared.store import access_keys, identity_keys, keys
from shared.store.codec import Item
from shared.store.item_kinds import ITEM_KINDS, Because, Table, kind_of
from shared.wiring import erasing

# The modules of keys, and the tables of each.
MODULES: dict[ModuleType, tuple[Table, ...]] = {
    keys: ("events", "history"),
    identity_keys: ("users",),
    access_keys: ("access", "directory"),
}
# An argument for each parameter of a function that builds a key, by its name.
ARGUMENTS: dict[str, Any] = {
    "calendar_id": "01998f00-0000-7000-8000-000000000001",
    "event_id": "01998f3a-5c00-7a10-8b20-3c4d5e6f7081",
    "history_id": "01998f3a-5c00-7b11-9c21-4d5e6f708192",
    "minute": 29_922_300,
    "fence_name": "c07",
    "key": "0" * 64,
    "user_id": "01998f00-0000-7000-8000-000000000001",
    "family": "01998f3a-5c00-7d13-8e23-6f7081920314",
    "mail_id": "01998f3a-5c00-7d13-8e23-6f7081920314",
    "erasure_id": "x" * 43,
    "due_at": 1_795_338_000,
    "name": "Ada",
    "address": "ada@example.com",
    "counted": "NAME#ada",
    "subject": "ADDRESS#ada@example.com",
    "by": "ANYONE",
    "hashed": "0" * 64,
    "entry_id": "01998f3a-5c00-7d13-8e23-6f7081920314",
    "username": "Ada",
}


def builders() -> Iterator[Any]:
    """The functions that build a key of an item."""
    for module in MODULES:
        for name, each in inspect.getmembers(module, inspect.isfunction):
            if each.__module__ == module.__name__ and not name.startswith("_") and name.endswith("_key"):
                yield pytest.param(module, each, id=f"{module.__name__}.{name}")


@pytest.mark.parametrize(("module", "build"), [*builders()])
def test_every_key_is_of_one_kind(module: ModuleType, build: Callable[..., Any]) -> None:
    assert get_type_hints(build)["return"] == Item
    key = build(**{name: ARGUMENTS[name] for name in inspect.signature(build).parameters})
    # The directory has no sort key.
    pk, sk = keys.key_of({"sk": {"S": ""}, **key})
    found = [kind for table in MODULES[module] if (kind := kind_of(table, pk, sk)) is not None]
    assert len(found) == 1, (pk, sk)


def test_all_builders_of_keys_are_looked_at() -> None:
    """A function that returns a key and is not called so would be missed."""
    for module in MODULES:
        for name, each in inspect.getmembers(module, inspect.isfunction):
            if each.__module__ == module.__name__ and not name.startswith("_"):
                assert (get_type_hints(each).get("return") == Item) is name.endswith("_key"), name


def test_each_copy_of_a_state_is_of_one_kind() -> None:
    for key in access_keys.state_keys(ARGUMENTS["calendar_id"]):
        kind = kind_of("access", *keys.key_of(key))
        assert kind is not None
        assert kind.name == "calendar_states"


def test_a_key_that_no_line_has_is_of_no_kind() -> None:
    assert kind_of("events", "CAL#x", "NOTE#y") is None
    assert kind_of("users", "CAL#x", "EVENT#y") is None
    assert kind_of("bucket", "somewhere/else") is None


def test_a_kind_has_one_name_and_says_all() -> None:
    names = [kind.name for kind in ITEM_KINDS]
    assert len(set(names)) == len(names)
    for kind in ITEM_KINDS:
        for said in (kind.exported, kind.erased):
            assert not isinstance(said, Because) or said.why, kind.name


def test_every_place_where_items_are_found_has_an_eraser() -> None:
    assert {kind.erased for kind in ITEM_KINDS if not isinstance(kind.erased, Because)} == {*erasing.REGIONS}
