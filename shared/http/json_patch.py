"""JSON Patches (RFC 6902) that turn one document into another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

_Path = Annotated[str, Field(description="The field, as a JSON Pointer (RFC 6901).", examples=["/location"])]


class SetOperation(TypedDict):
    """An operation of a JSON Patch (RFC 6902) that gives a field a value, or adds one to an object or a list."""

    op: Annotated[
        Literal["add", "replace"],
        Field(description="All fields of an event are always there: `add` is of what lies within its `recurrence`."),
    ]
    path: _Path
    value: Annotated[str | int | list[str] | dict[str, Any] | None, Field(description="What the field becomes.")]


class RemoveOperation(TypedDict):
    """An operation of a JSON Patch (RFC 6902) that removes what lies within the `recurrence` of an event."""

    op: Annotated[Literal["remove"], Field(description="Such a field is not there any more.")]
    path: _Path


PatchOperation = SetOperation | RemoveOperation


def patch_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PatchOperation]:
    """Returns the patch that turns the event document `before` into `after`. What is nested is patched part by part."""
    found: list[PatchOperation] = []
    for name, value in after.items():
        if before[name] == value:
            continue
        if isinstance(value, dict) and isinstance(before[name], dict):
            found += _within(before[name], value, f"/{name}")
        else:
            found.append(_replace(f"/{name}", value))
    return found


def _within(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[PatchOperation]:
    for name in before.keys() - after.keys():
        yield {"op": "remove", "path": f"{path}/{_token(name)}"}
    for name, value in after.items():
        at = f"{path}/{_token(name)}"
        if name not in before:
            yield {"op": "add", "path": at, "value": value}
        elif isinstance(value, dict) and isinstance(before[name], dict):
            yield from _within(before[name], value, at)
        elif isinstance(value, list) and isinstance(before[name], list):
            yield from _of_list(before[name], value, at)
        elif value != before[name]:
            yield _replace(at, value)


def _of_list(before: Sequence[str], after: Sequence[str], path: str) -> list[PatchOperation]:
    """Returns the operations that turn one list of distinct texts into another."""
    had, has = {*before}, {*after}
    if [each for each in before if each in has] != [each for each in after if each in had] or not had & has:
        return [_replace(path, [*after])] if had or has else []
    # From the end, so that the places of the rest stay.
    removed = [index for index, each in enumerate(before) if each not in has]
    found: list[PatchOperation] = [{"op": "remove", "path": f"{path}/{index}"} for index in reversed(removed)]
    for index, each in enumerate(after):
        if each not in had:
            found.append({"op": "add", "path": f"{path}/{index}", "value": each})
    return found


def _replace(path: str, value: Any) -> PatchOperation:
    return {"op": "replace", "path": path, "value": value}


def _token(name: str) -> str:
    """Returns a name as part of a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
