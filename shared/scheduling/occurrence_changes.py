"""Changes of one occurrence of a series, as changes of the series' content: an exception says only what differs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from shared.errors import FieldError, InvalidRequest, NotFound
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import (
    Override,
    Recurrence,
    busy_between,
    found_in,
    instant,
    local_day,
    midnight_of,
    takes_time,
)
from shared.scheduling.settled_content import check_size
from shared.scheduling.wall_times import check_claims, instant_at

if TYPE_CHECKING:
    from shared.recurrence.series import Occurrence

# What an occurrence may have of its own, besides its time, and what it shares with all others.
_OWN: Final = ("title", "description", "location", "transparency")
_SHARED: Final = ("time_zone", "all_day", "calendars", "recurrence")
_DATES: Final = {"start": "start_date", "end": "end_date"}
# The fields of its time: instants, with what a request claims that the clock shows then, or dates.
TIME_FIELDS: Final = frozenset({*_DATES, *_DATES.values(), *(f"{name}_local" for name in _DATES)})


def with_occurrence(content: Content, recurrence_id: str, fields: Mapping[str, Any]) -> Content:
    """Returns the content of a series with `fields` of one of its occurrences changed, which may be cancelled.

    None puts a field back to what the series has. `cancelled` says whether the occurrence takes place. One that is
    cancelled keeps what it had of its own, and has it again once it is not.

    Raises:
        InvalidRequest: the occurrence cannot be like that, or the series has too many exceptions.
    """
    recurrence, found = content.recurrence, found_in(content, recurrence_id, cancelled=True)
    if recurrence is None or found is None:
        raise AssertionError("there is no such occurrence")
    if found.original_start == found.original_end == found.end and fields.get("transparency") == "transparent":
        # So it is told, since it takes no time.
        fields = {name: value for name, value in fields.items() if name != "transparency"}
    _check_shared(content, fields)
    own = _own_fields(content, recurrence, recurrence_id, fields)
    opaque = own.get("transparency", content.transparency) == "opaque"
    own |= _own_time(found, changed_interval(content, found, fields, opaque=opaque))
    changed = {each.id: each for each in recurrence.changed}
    changed.pop(recurrence_id, None)
    if own:
        changed[recurrence_id] = Override(recurrence_id, tuple(sorted(own.items())))
    excluded = recurrence.excluded
    if fields.get("cancelled") is False:
        excluded = tuple(each for each in excluded if each != recurrence_id)
    elif fields.get("cancelled") and recurrence_id not in excluded:
        excluded = (*excluded, recurrence_id)
    after = replace(recurrence, excluded=excluded, changed=tuple(changed[each] for each in sorted(changed)))
    if after.changed == recurrence.changed and {*after.excluded} == {*recurrence.excluded}:
        return content
    result = replace(content, recurrence=after)
    check_size(result)
    _check_apart(result, content, recurrence_id, fields)
    return result


def occurrence_fields(content: Content, recurrence_id: str) -> dict[str, Any]:
    """Returns the fields with which `with_occurrence` makes an occurrence what it is in `content`. Raises NotFound."""
    recurrence = content.recurrence
    if recurrence is None or found_in(content, recurrence_id, cancelled=True) is None:
        raise NotFound("occurrence at that version")
    own = next((dict(each.fields) for each in recurrence.changed if each.id == recurrence_id), {})
    fields: dict[str, Any] = {name: own.get(name) for name in (*_OWN, "start", "end")}
    return {**fields, "cancelled": recurrence_id in recurrence.excluded}


def _new_interval(content: Content, found: "Occurrence", fields: Mapping[str, Any]) -> Interval:
    now = {"start": found.start, "end": found.end}
    originally = {"start": found.original_start, "end": found.original_end}
    times: dict[str, Instant] = {}
    for name, date in _DATES.items():
        times[name] = instant(now[name])
        if content.all_day and date in fields:
            if fields[date] is None:
                times[name] = instant(originally[name])
            else:
                times[name] = _beginning_of(date, fields[date], content.time_zone)
        elif name in fields:
            times[name] = instant(originally[name]) if fields[name] is None else fields[name]
    return Interval(times["start"], times["end"])


def _beginning_of(field: str, day: str, time_zone: str) -> Instant:
    try:
        return instant_at(f"{day}T00:00:00", time_zone)
    except ValueError as error:
        raise InvalidRequest.of(field, str(error)) from None


def changed_interval(content: Content, found: "Occurrence", fields: Mapping[str, Any], *, opaque: bool) -> Interval:
    """Returns when an occurrence is to take place once `fields` of its time have changed. Raises InvalidRequest."""
    given = {name: fields[name] for name in _DATES if fields.get(name) is not None}
    claimed = {name: (at, fields.get(f"{name}_local")) for name, at in given.items()}
    check_claims(claimed, fields.get("time_zone") or content.time_zone)
    dated = [date for date in _DATES.values() if fields.get(date) is not None]
    if dated and not content.all_day:
        raise InvalidRequest([FieldError(date, "must be left out: the series is not of whole days") for date in dated])
    interval = _new_interval(content, found, fields)
    now = {"start": instant(found.start), "end": instant(found.end)}
    for name, at in given.items():
        begins: Instant = getattr(interval, name)
        # What GET gave may be sent back with other dates: it has the instants at which the old ones begin.
        if begins != at and at != now[name]:
            raise InvalidRequest.of(name, f"must be left out, or be {begins}, where {_DATES[name]} begins")
    # A whole day that its zone has skipped stays without length, and takes no time.
    skipped = found.original_start == found.original_end and interval == _originally(found)
    fault = interval.fault(opaque=opaque and not (skipped and "transparency" not in fields))
    if fault is not None:
        raise InvalidRequest.of(_named(fields), f"with the rest of the occurrence: end {fault}")
    if content.all_day:
        for name, at in (("start", interval.start), ("end", interval.end)):
            if midnight_of(local_day(at, content.time_zone), content.time_zone) != at:
                raise InvalidRequest.of(name, "must be where a day begins: the series is of whole days")
    return interval


def _check_shared(content: Content, fields: Mapping[str, Any]) -> None:
    errors = [
        FieldError(name, "is the same for all occurrences: change it with scope=all, or following")
        for name in _SHARED
        if fields.get(name) is not None and fields[name] != getattr(content, name)
    ]
    if errors:
        raise InvalidRequest(errors)


def _own_fields(
    content: Content, recurrence: Recurrence, recurrence_id: str, fields: Mapping[str, Any]
) -> dict[str, str]:
    """Returns what the occurrence has of its own, besides its time."""
    before = next((dict(each.fields) for each in recurrence.changed if each.id == recurrence_id), {})
    own = {name: fields[name] if name in fields else before.get(name) for name in _OWN}
    return {name: value for name, value in own.items() if value is not None and value != getattr(content, name)}


def _own_time(found: "Occurrence", interval: Interval) -> dict[str, str]:
    return {} if interval == _originally(found) else {"start": interval.start, "end": interval.end}


def _originally(found: "Occurrence") -> Interval:
    return Interval(instant(found.original_start), instant(found.original_end))


def _check_apart(after: Content, before: Content, recurrence_id: str, fields: Mapping[str, Any]) -> None:
    """Raises InvalidRequest if the occurrence newly takes time that another one of its series takes."""
    recurrence, was = after.recurrence, before.recurrence
    found = found_in(after, recurrence_id)
    if recurrence is None or was is None or found is None or recurrence_id not in recurrence.differing(was):
        return
    if not takes_time(after, found.patch):
        return
    window = Interval(instant(found.start), instant(found.end))
    other = next((each for each in busy_between(after, window) if each.id != recurrence_id), None)
    if other is not None:
        why = f"must leave the other occurrences their time: {other.id} takes place then"
        raise InvalidRequest.of(_named(fields, first="start"), why)


def _named(fields: Mapping[str, Any], first: str = "end") -> str:
    """Returns the field to name for a time that is not taken: `first`, if the request has it."""
    names = (first, _DATES[first], "start", "start_date", "end", "end_date", "transparency")
    return next((name for name in names if name in fields), "cancelled")
