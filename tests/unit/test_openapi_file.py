"""The committed OpenAPI document is what the code says, and says enough of everything."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from tests.harness.template import ROOT
from tools.openapi.document import FILE, TAGS, document, text
from tools.openapi.schemas import ENUMS

DOCUMENT = document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def test_the_file_is_fresh() -> None:
    assert FILE.read_text("utf-8") == text(), "run make openapi"


def test_the_function_that_answers_it_has_it_beside_itself() -> None:
    assert (ROOT / "functions" / "openapi.json").resolve() == FILE


def fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in SCHEMAS.items():
        for field, each in schema.get("properties", {}).items():
            yield name, field, each


@pytest.mark.parametrize(("schema", "field", "said"), [*fields()])
def test_every_field_is_described(schema: str, field: str, said: dict[str, Any]) -> None:
    assert said["description"].endswith((".", "`")), (schema, field)


def test_every_schema_is_described() -> None:
    assert [name for name, each in SCHEMAS.items() if "properties" in each and not each.get("description")] == []


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(each)


def test_every_time_has_its_pattern() -> None:
    times = [each for each in parts(DOCUMENT) if each.get("format") == "date-time"]
    assert times
    assert [each for each in times if not str(each.get("pattern", "")).startswith("^(19|[2-9]")] == []


@pytest.mark.parametrize("name", ENUMS)
def test_an_enum_is_a_schema_of_its_own_and_nowhere_else(name: str) -> None:
    values = [*get_args(ENUMS[name])]
    assert [each for each in parts(DOCUMENT) if each.get("enum") == values] == [SCHEMAS[name]]


def test_every_page_of_the_reference_has_its_texts() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert operation["tags"], (method, path)
            assert set(operation["tags"]) <= TAGS.keys(), (method, path)
            assert operation["operationId"].isidentifier(), (method, path)
            for status, answer in operation["responses"].items():
                assert "$ref" in answer or answer["description"].endswith("."), (method, path, status)
