"""Wall times: what a request says by the clock of a time zone, and the instants that it is.

A local time that does not exist, since the clock was put forward, counts with the offset before the gap, and one that
comes twice is the first (RFC 5545, section 3.3.5). A numeric offset has to be the one that the zone has then (RFC 9557,
section 3.4); a time in UTC claims none, and a place has no part in the zone UTC, which is the default.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from shared.errors import FieldError, InvalidRequest
from shared.scheduling.events import NO_CONTENT, Content, Transparency
from shared.scheduling.instants import FIRST, OUT_OF_YEARS, Instant
from shared.scheduling.intervals import MAX_DURATION_SECONDS
from shared.scheduling.time_zones import iana_name

_TIMES: Final = ("start", "end")
_DATES: Final = ("start_date", "end_date")
_MOST_DAYS: Final = MAX_DURATION_SECONDS // (24 * 3600)


def instant_at(local: str, time_zone: str) -> Instant:
    """Returns the instant of the local time `local` (`2027-03-01T09:00:00`) in the zone with that IANA name.

    Raises ValueError if it lies outside the years allowed. The message is meant for the caller of the API.
    """
    # Imported late, here and below: few requests need time zones, and every function would load them.
    from shared.recurrence.local_times import instant_of, zone  # noqa: PLC0415

    if iana_name(time_zone) != time_zone:
        raise ValueError(f"must come with a time_zone of the IANA database, which {time_zone!r} is not")
    try:
        found = instant_of(datetime.fromisoformat(local), zone(time_zone))
    except OverflowError:
        raise ValueError(OUT_OF_YEARS) from None
    instant = Instant(f"{found.isoformat()}Z")
    if instant < FIRST:
        raise ValueError(OUT_OF_YEARS)
    return instant


def clock_at(instant: Instant, time_zone: str) -> str | None:
    """Returns what the clock shows at `instant`, with its offset from UTC: `2027-03-01T09:00:00+01:00`.

    Before 1972 some zones have offsets with seconds, which are then told. None where there is no such year, and of a
    zone that does not exist, as in an item that was not written by the API.
    """
    if time_zone == "UTC":
        return f"{instant[:-1]}+00:00"
    from shared.recurrence.local_times import zone  # noqa: PLC0415

    if iana_name(time_zone) != time_zone:
        return None
    try:
        return datetime.fromisoformat(instant).astimezone(zone(time_zone)).isoformat()
    except OverflowError:
        return None


def applied(before: Content | None, fields: Mapping[str, Any]) -> Content:
    """Returns `before` with `fields` changed, or a new content of `fields`, whose times agree with one another.

    Besides fields of a content, `fields` may have `all_day`, and `start_local` and `end_local` for the local times that
    the request claims for `start` and `end`. A `transparency` of None stands for the default: whole days are
    transparent, other events opaque. Whether a timed event ends after it begins is not checked.

    Raises InvalidRequest: fields are missing or contradict one another.
    """
    named = dict(fields)
    all_day = named.pop("all_day", before is not None and before.all_day)
    claims = {name: named.pop(f"{name}_local", None) for name in _TIMES}
    if named.get("transparency", before) is None:
        default: Transparency = "transparent" if all_day else "opaque"
        named["transparency"] = default
    base = before or NO_CONTENT
    if all_day:
        return _of_whole_days(before, replace(base, **named), {name: named[name] for name in _TIMES if name in named})
    dated = [name for name in _DATES if named.get(name, getattr(base, name)) is not None]
    if dated:
        raise InvalidRequest([FieldError(name, "must be left out, or all_day be true") for name in dated])
    time_zone = named.get("time_zone", base.time_zone)
    times = {name: named.get(name, getattr(base, name)) for name in _TIMES}
    check_claims({name: (times[name], claim) for name, claim in claims.items()}, time_zone)
    if before is None or before.all_day or named.keys() & {"start", "time_zone"}:
        # In no zone but the default it is as the request gave it.
        given = claims["start"] if time_zone == "UTC" else None
        named["start_local"] = given or clock_at(times["start"], time_zone)
    # Made once: that takes most of the time, and a bulk has 1,000 events.
    return replace(base, **named) if before is not None else Content(**named)


def check_claims(times: Mapping[str, tuple[Instant, str | None]], time_zone: str) -> None:
    """Checks instants, by field, each with what a request claims that the clock of the zone shows then, if anything.

    Raises InvalidRequest if it shows something else.
    """
    faults = [(name, _claim_fault(instant, claim, time_zone)) for name, (instant, claim) in times.items()]
    if any(fault for _, fault in faults):
        raise InvalidRequest([FieldError(name, fault) for name, fault in faults if fault])


def _claim_fault(instant: Instant, claim: str | None, time_zone: str) -> str | None:
    """Returns why the clock of the zone does not show the local time `claim` at `instant`; None if it does."""
    if claim is None or time_zone == "UTC":
        return None
    shown = clock_at(instant, time_zone)
    if shown == claim:
        return None
    offset = f", which is {shown[len('2027-03-01T09:00:00') :]}" if shown else ""
    return f"must have the offset from UTC that {time_zone} has then{offset}, or be in UTC (Z)"


def _of_whole_days(before: Content | None, content: Content, given: Mapping[str, Instant]) -> Content:
    """Returns `content` of whole days with the instants at which its days begin.

    The request may repeat these in `given`, or those of `before`.
    """
    days = {name: getattr(content, name) for name in _DATES}
    missing = [name for name, day in days.items() if day is None]
    if missing:
        raise InvalidRequest([FieldError(name, "is needed: all_day is true") for name in missing])
    between = (date.fromisoformat(days["end_date"]) - date.fromisoformat(days["start_date"])).days
    if between <= 0:
        raise InvalidRequest.of("end_date", "must be later than start_date: it is the day after the last one")
    if between > _MOST_DAYS:
        raise InvalidRequest.of("end_date", f"must be at most {_MOST_DAYS} days after start_date")
    begin: dict[str, Instant] = {}
    for name, (field, day) in zip(_TIMES, days.items(), strict=True):
        try:
            begin[name] = instant_at(f"{day}T00:00:00", content.time_zone)
        except ValueError as error:
            raise InvalidRequest.of(field, str(error)) from None
    for name, instant in given.items():
        if instant != begin[name] and (before is None or instant != getattr(before, name)):
            why = f"must be left out, or be {begin[name]}, where {name}_date begins: all_day is true"
            raise InvalidRequest.of(name, why)
    made = replace(content, start=begin["start"], end=begin["end"], start_local=None)
    # A day that a zone has skipped has no length, and a change of the clock may make 366 days an hour longer.
    fault = made.interval.fault(opaque=made.opaque)
    if fault is not None:
        raise InvalidRequest.of("end_date", f"by the clock of {made.time_zone}: {fault}")
    return made
