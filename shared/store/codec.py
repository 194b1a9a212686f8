"""Conversion of events to and from DynamoDB items, in the attribute values of DynamoDB's wire format.

The attributes of an item are derived from the fields of `Event`, `Content` and `Stamp`, by their types. Values are
encoded here rather than by boto3's resource layer, which costs import time and a type dispatch for each value.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import MISSING, fields
from types import NoneType
from typing import Any, Final, Literal, NamedTuple, NewType, get_args, get_origin, get_type_hints

from shared.ids import CalendarId, EventId, derived_id, made_at
from shared.scheduling.events import NO_CONTENT, Content, Event, Stamp
from shared.scheduling.instants import FIRST
from shared.scheduling.recurrences import OVERRIDABLE, Override, Recurrence

Item = dict[str, Any]


def text(value: str) -> dict[str, str]:
    """Returns a string as an attribute value."""
    return {"S": value}


def number(value: int) -> dict[str, str]:
    """Returns a whole number as an attribute value."""
    return {"N": str(value)}


def text_of(value: Any) -> str:
    """Returns the string in an attribute value. Raises KeyError or TypeError for anything else."""
    held = value["S"]
    if not isinstance(held, str):
        raise TypeError("is no string")
    return held


def _texts(values: tuple[str, ...]) -> dict[str, Any]:
    """Returns strings as an attribute value: a list, which keeps their order."""
    return {"L": [text(each) for each in values]}


def _texts_of(value: Any) -> tuple[str, ...]:
    """Returns the strings in an attribute value, each once. Raises KeyError or TypeError for anything else."""
    return tuple(dict.fromkeys(text_of(each) for each in value["L"]))


def _recurrence(value: Recurrence) -> dict[str, Any]:
    """Returns a recurrence as an attribute value: a map, of which what it does not have is left out."""
    held: Item = {"rule": text(value.rule)}
    held |= {name: _texts(ids) for name in ("dates", "excluded") if (ids := getattr(value, name))}
    if value.changed:
        changed = {each.id: {"M": {name: text(of) for name, of in each.fields}} for each in value.changed}
        held["changed"] = {"M": changed}
    return {"M": held}


def _recurrence_of(value: Any) -> Recurrence:
    """Returns the recurrence in an attribute value. Raises KeyError or TypeError for anything else."""
    held = value["M"]
    changed = held["changed"]["M"] if "changed" in held else {}
    return Recurrence(
        text_of(held["rule"]),
        _texts_of(held["dates"]) if "dates" in held else (),
        _texts_of(held["excluded"]) if "excluded" in held else (),
        tuple(
            Override(
                each, tuple((name, text_of(of)) for name, of in sorted(fields["M"].items()) if name in OVERRIDABLE)
            )
            for each, fields in sorted(changed.items())
        ),
    )


def _number_of(value: Any) -> int:
    """Returns the whole number in an attribute value. Raises KeyError or ValueError for anything else."""
    return int(value["N"])


class Attribute(NamedTuple):
    """How a field is stored.

    Attributes:
        field: The field's name.
        name: The attribute's name in an item.
        encode: Returns the attribute value of a field's value.
        decode: Returns the field's value of an attribute value.
        default: The value of an item without the attribute; MISSING: such an item is not an event.
        omitted: Whether the default is stored by leaving the attribute out.
    """

    field: str
    name: str
    encode: Callable[[Any], dict[str, Any]]
    decode: Callable[[Any], Any]
    default: Any
    omitted: bool


# `type` would be ambiguous among an event's other attributes.
_NAMES: Final = {"type": "change_type"}
# What identifies a version and its author is always stored; the other fields of a stamp only if they differ from their
# defaults.
_ALWAYS_STAMPED: Final = frozenset({"type", "changed_by", "history_id", "version"})
# An unknown word there is kept: taken for one of today's types of change, an undo would do the opposite of that one.
_OPEN_WORDS: Final = frozenset({"type"})
# Fields of an event that have no attribute of their own: they are encoded separately, or not at all.
_PARTS: Final = ("content", "stamp", "expires_at", "erased", "occurrence")


def _attribute(name: str, hint: Any, default: Any, *, omitted: bool) -> Attribute:
    """Returns how a field of type `hint` is stored: strings as S, numbers as N, tuples of strings as L, None as none.

    An item written by a script may lack a plain text, which is then empty. It may not lack an id or an instant without
    a default. A value that is not among a Literal's counts as the default, and an empty text as None where that is one.

    Raises TypeError for a type that has no encoding.
    """
    stored_as = _NAMES.get(name, name)
    if get_origin(hint) is tuple:
        return Attribute(name, stored_as, _texts, _texts_of, default, omitted=True)
    alternatives = [each for each in get_args(hint) if each is not NoneType]
    if alternatives == [Recurrence]:
        return Attribute(name, stored_as, _recurrence, _recurrence_of, default, omitted=True)
    if get_origin(hint) is Literal and name not in _OPEN_WORDS:
        words = frozenset(alternatives)
        return Attribute(
            name,
            stored_as,
            text,
            lambda value: each if (each := text_of(value)) in words else default,
            default,
            omitted,
        )
    kind = str if name in _OPEN_WORDS else alternatives[0] if alternatives else hint
    if default is MISSING and kind is str:
        default = ""
    base = kind.__supertype__ if isinstance(kind, NewType) else kind
    if base is int:
        return Attribute(name, stored_as, number, _number_of, default, omitted)
    if base is str:
        decode = (lambda value: text_of(value) or None) if default is None else text_of
        return Attribute(name, stored_as, text, decode, default, omitted)
    raise TypeError(f"{name}: no attribute value for {hint}")


def _attributes(kind: type[Any], always: Container[str] | None = None) -> tuple[Attribute, ...]:
    """Returns how the fields of `kind` are stored.

    If `always` is given, fields that are not in it are stored only if they differ from their defaults.
    """
    hints = get_type_hints(kind)
    return tuple(
        _attribute(
            each.name,
            hints[each.name],
            each.default,
            omitted=each.default is None or (always is not None and each.name not in always),
        )
        for each in fields(kind)
        if kind is not Event or each.name not in _PARTS
    )


class _Table:
    """How the fields of a class are stored. Plain tuples for each direction: an event has twenty attributes."""

    def __init__(self, kind: type[Any], always: Container[str] | None = None) -> None:
        self.attributes = _attributes(kind, always)
        self.encoders = tuple(
            (each.field, each.name, None if each.encode is text else each.encode, each.default, each.omitted)
            for each in self.attributes
        )
        self.decoders = tuple((each.field, each.name, each.decode, each.default) for each in self.attributes)


_EVENT: Final = _Table(Event)
_CONTENT: Final = _Table(Content)
_STAMP: Final = _Table(Stamp, _ALWAYS_STAMPED)
CONTENT_ATTRIBUTES: Final = _CONTENT.attributes
STAMP_ATTRIBUTES: Final = _STAMP.attributes
# Marks a version of which only the stamp is kept.
ERASED: Final = "erased"
# Derived from the stamp's id, for people who read the table.
_CHANGED_AT: Final = "changed_at"
# What an update has to remove explicitly, because its own stamp may have no value for it.
OPTIONAL_STAMP: Final = tuple(each.name for each in STAMP_ATTRIBUTES if each.omitted)
# All attributes of an event's item except its table and index keys.
KNOWN: Final = frozenset(
    {*(each.name for each in (*_EVENT.attributes, *CONTENT_ATTRIBUTES, *STAMP_ATTRIBUTES)), _CHANGED_AT, "expires_at"}
)
# Marks what an erasure has left of an event, in seconds since 1970: no version is made of it (`shared.store.stream`).
ERASED_AT: Final = "erased_at"
# The key, in an index of the history table, of the versions of the copies of a calendar's events in other calendars.
HOME_CALENDAR: Final = "home_calendar"


def _encoded(source: object, table: _Table) -> Item:
    return {
        name: encode(value) if encode else {"S": value}
        for field, name, encode, default, omitted in table.encoders
        if (value := getattr(source, field)) != default or not omitted
    }


def _decoded(item: Mapping[str, Any], table: _Table) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, name, decode, default in table.decoders:
        value = item.get(name)
        if value is not None:
            found[field] = decode(value)
        elif default is MISSING:
            raise KeyError(name)
        else:
            found[field] = default
    return found


def stamp_attributes(stamp: Stamp) -> Item:
    """Returns the attributes of `stamp`, and the time that is encoded in its id."""
    return {**_encoded(stamp, _STAMP), _CHANGED_AT: text(stamp.changed_at)}


def event_attributes(event: Event) -> Item:
    """Returns the attributes of `event` without keys: those that event items and version items have in common."""
    return {
        **_encoded(event, _EVENT),
        **_encoded(event.content, _CONTENT),
        **stamp_attributes(event.stamp),
    }


def erased_attributes(calendar_id: CalendarId, event_id: EventId, now: int) -> Item:
    """Returns the attributes, without keys, of an event that was erased at `now` (seconds since 1970).

    They read as a deleted event that can no longer be restored, so that a request in between finds no event, and not an
    item that it cannot read. There is no stamp, since there is no change that a version could tell.
    """
    return {
        "id": text(event_id),
        "calendar_id": text(calendar_id),
        "created_at": text(made_at(derived_id(now * 1000, 0))),
        "start": text(FIRST),
        "end": text(FIRST),
        "change_type": text("delete"),
        "expires_at": number(now),
        ERASED_AT: number(now),
    }


def stamp_of(item: Mapping[str, Any]) -> Stamp:
    """Returns the stamp in an event's item, with defaults for missing attributes. Raises what `event_of` raises."""
    return Stamp(**_decoded(item, _STAMP))


def event_of(item: Mapping[str, Any]) -> Event:
    """Returns the event in an item of the events table or of the history table.

    Text and stamps may be missing, as in an item written by a script.

    Raises:
        KeyError, TypeError, ValueError: An id, a calendar, a start or an end is missing, or a value has another type.
    """
    erased = ERASED in item
    return Event(
        **_decoded(item, _EVENT),
        content=NO_CONTENT if erased else Content(**_decoded(item, _CONTENT)),
        stamp=stamp_of(item),
        erased=erased,
        expires_at=_number_of(item["expires_at"]) if "expires_at" in item else None,
    )
