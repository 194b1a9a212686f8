"""The schemas of requests and responses, and examples of them."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getmembers
from types import GenericAlias
from typing import Any, Final, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import is_typeddict

from shared.errors import NextFreeSearch
from shared.http import (
    bulk_documents,
    calendar_documents,
    change_documents,
    documents,
    erasure_documents,
    export_documents,
    find_time_documents,
    identity_documents,
    invitation_documents,
    problem_documents,
    session_documents,
    undo_documents,
    user_documents,
)
from shared.http.bulk_models import Conflicts, OnInvalid
from shared.http.models import SentBack
from shared.http.read_only import READ_ONLY
from shared.http.responses import SCHEMAS
from shared.scheduling.events import ChangeType, OnConflict, Transparency
from shared.scheduling.roles import EveryoneRole, InvitedRole, Role
from shared.scheduling.working_hours import Weekday
from shared.sharing.calendars import CalendarKind

Json = dict[str, Any]

# Types that get a named schema.
ENUMS: Final = {
    "CalendarKind": CalendarKind,
    "ChangeType": ChangeType,
    "Conflicts": Conflicts,
    "EveryoneRole": EveryoneRole,
    "InvitedRole": InvitedRole,
    "NextFreeSearch": NextFreeSearch,
    "OnConflict": OnConflict,
    "OnInvalid": OnInvalid,
    "Role": Role,
    "Transparency": Transparency,
    "Weekday": Weekday,
}
# The bodies that change only the fields they have.
PATCHES: Final = ("EventPatch", "CalendarPatch", "MembershipPatch")
_MODULES: Final = (
    documents,
    change_documents,
    bulk_documents,
    undo_documents,
    identity_documents,
    user_documents,
    session_documents,
    erasure_documents,
    export_documents,
    find_time_documents,
    problem_documents,
    calendar_documents,
    invitation_documents,
)
_DOCUMENTS: Final = {
    name: found for module in _MODULES for name, found in getmembers(module, is_typeddict) if not name.startswith("_")
}


class _Schemas(GenerateJsonSchema):
    """JSON Schema without field titles, which would only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 the base class's signature
        return False


# Documents are derived from these, and none is one.
_BASES: Final = frozenset({"ConflictDocument", "OccurrenceFacts"})


def component_schemas(of_requests: Json) -> Json:
    """Returns the schemas of request bodies and of documents by their names."""
    requests = {name: schema for name, schema in of_requests.items() if not name.endswith("ValidationError")}
    # pydantic inlines a class that is used only once, so each class is listed twice.
    twice: Any = GenericAlias(tuple, (*_DOCUMENTS.values(), *_DOCUMENTS.values()))
    answered: Json = TypeAdapter(twice).json_schema(
        mode="serialization", ref_template=f"{SCHEMAS}{{model}}", schema_generator=_Schemas
    )["$defs"]
    content = answered.pop("ContentDocument")["properties"]
    known = answered["RolledBackDocument"]["properties"]
    sent_back = {name: {**schema, "readOnly": True} for name, schema in known.items() if name in READ_ONLY}
    for schema in requests.values():
        for name, each in schema["properties"].items():
            each.pop("title", None)
            documented = content.get(name, {})
            for key in ("description", "examples"):
                if key not in each and (found := without_null(each).get(key) or documented.get(key)):
                    each[key] = found
    for name in PATCHES:
        for each in requests[name]["properties"].values():
            each.pop("default", None)  # a field that is left out keeps its value
    for model in _subclasses(SentBack):
        if model.__name__ in requests:
            requests[model.__name__]["properties"] |= sent_back
    return {**requests, **{name: schema for name, schema in answered.items() if name not in _BASES}}


def _subclasses(model: type[SentBack]) -> Iterator[type[SentBack]]:
    """Yields all models that are derived from `model`, at any depth."""
    for each in model.__subclasses__():
        yield each
        yield from _subclasses(each)


def enums() -> Json:
    """Returns the schemas of ENUMS by their names."""
    return {name: {"type": "string", "enum": [*get_args(literal)]} for name, literal in ENUMS.items()}


def naming_enums(value: Any) -> Any:
    """Returns `value` with each of ENUMS replaced by a reference."""
    if isinstance(value, list):
        return [naming_enums(each) for each in value]
    if not isinstance(value, dict):
        return value
    for name, literal in ENUMS.items():
        if value.get("enum") == [*get_args(literal)]:
            rest = {key: each for key, each in value.items() if key not in ("enum", "type")}
            return {"$ref": f"{SCHEMAS}{name}", **rest}
    return {key: naming_enums(each) for key, each in value.items()}


def without_null(schema: Json) -> Json:
    """Returns the schema of an optional parameter or body without null, the value that the function sees if absent."""
    return {**next((each for each in schema.get("anyOf", []) if each.get("type") != "null"), schema)}


def example_of(schema: Json, schemas: Json) -> Any:
    """Returns an example of `schema`, made from the examples of its fields. Raises KeyError if a field has none."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(SCHEMAS)], schemas)
    if "items" in schema:
        return [example_of(schema["items"], schemas)]
    if "anyOf" in schema:
        return example_of(without_null(schema), schemas)
    return {
        name: example_of(each, schemas)
        for name, each in schema["properties"].items()
        if not each.get("readOnly", False)
    }
