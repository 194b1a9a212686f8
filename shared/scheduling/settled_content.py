"""The check of what makes an event a series, before it is written."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from shared.errors import FieldError, InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.instants import FIRST, OUT_OF_YEARS
from shared.scheduling.recurrences import (
    MAX_CHANGED,
    MAX_DATES,
    MAX_EXCLUDED,
    Recurrence,
    instant,
    series_of,
    takes_time,
    utc,
)

if TYPE_CHECKING:
    from shared.recurrence.series import Series

# What a rule and its exceptions may take, in bytes of JSON in UTF-8: each version is written again as a whole. Texts of
# a series are not counted: they are limited by themselves, and changed without a read of it.
MAX_BYTES: Final = 64 * 1024
_SPLIT: Final = "end the series, and begin another"


def settled(content: Content, *, newly_opaque: bool = False) -> Content:
    """Returns `content` with its rule in canonical form. If it is `newly_opaque`, that is why occurrences overlap.

    Raises InvalidRequest: it recurs in a way that is not taken, or takes the same time twice.
    """
    from shared.recurrence.pairs import first_overlap  # noqa: PLC0415

    found = canonical(content)
    recurrence = found.recurrence
    if recurrence is None:
        return found
    series = series_of(found)
    check_excluded(recurrence.excluded, series)
    if instant(series.starts) < FIRST:
        raise InvalidRequest.of("recurrence.dates", OUT_OF_YEARS)
    _check_lengths(found, series)
    twice = first_overlap(series, partial(takes_time, found))
    if twice is not None:
        field, why = "end", "must not be later than the next occurrence begins"
        if newly_opaque:
            field, why = "transparency", "must be transparent"
        raise InvalidRequest.of(field, f"{why}: two overlap at {instant(twice)}")
    return found


def canonical(content: Content) -> Content:
    """Returns `content` with its rule in canonical form, whose exceptions are not checked yet.

    Raises InvalidRequest: its rule is not one that is taken.
    """
    from shared.recurrence.rules import RuleError, parse_rule  # noqa: PLC0415

    recurrence = content.recurrence
    if recurrence is None:
        return content
    check_size(content)
    _check_ids(recurrence, all_day=content.all_day)
    try:
        rule = parse_rule(recurrence.rule, all_day=content.all_day).text
        found = replace(content, recurrence=replace(recurrence, rule=rule))
        series = series_of(found)
    except RuleError as error:
        raise InvalidRequest.of("recurrence.rule", str(error)) from error
    except OSError as error:
        raise InvalidRequest.of("time_zone", "is not known any more") from error
    _check_first_of_two(found, series)
    return found


def check_excluded(given: Sequence[str], series: "Series", known: Collection[str] = ()) -> None:
    """Raises InvalidRequest if one of the `excluded` of a request, but for those that are `known`, is no occurrence."""
    strangers = [
        FieldError(f"recurrence.excluded[{at}]", "must be an occurrence of the series")
        for at, each in enumerate(given)
        if each not in known and not series.has_id(each)
    ]
    if strangers:
        raise InvalidRequest(strangers)


def check_size(content: Content) -> None:
    """Raises InvalidRequest if a series has more exceptions than it may."""
    recurrence = content.recurrence
    if recurrence is None:
        return
    for name, most in (("dates", MAX_DATES), ("excluded", MAX_EXCLUDED), ("changed", MAX_CHANGED)):
        if len(getattr(recurrence, name)) > most:
            raise InvalidRequest.of(f"recurrence.{name}", f"must be at most {most}: {_SPLIT}")
    if len(json.dumps(recurrence.facts(), ensure_ascii=False).encode()) > MAX_BYTES:
        raise InvalidRequest.of("recurrence.changed", f"must take at most {MAX_BYTES // 1024} KB: {_SPLIT}")


def _check_first_of_two(content: Content, series: "Series") -> None:
    """Raises InvalidRequest if a series begins at a local time that comes twice, and not at the first of the two."""
    from shared.recurrence.local_times import instant_of, local_of, zone  # noqa: PLC0415

    in_zone, local = zone(content.time_zone), series.pattern.start
    first = instant_of(local, in_zone)
    if first < utc(content.start) and local_of(utc(content.start), in_zone) == local:
        why = f"must be {instant(first)}, the first time that the clock shows it: all occurrences are at such times"
        raise InvalidRequest.of("start", why)


def _check_lengths(content: Content, series: "Series") -> None:
    """Raises InvalidRequest if an occurrence that was changed takes its time and has no length.

    A whole day that its zone has skipped is none of these: it takes no time, whatever the series does.
    """
    for each in series.exceptions:
        one = each.occurrence
        if one.start == one.end and takes_time(content, one.patch) and (each.moved or not content.all_day):
            field = "transparency" if content.interval.length else "end"
            raise InvalidRequest.of(field, f"must leave {one.id} transparent, or give it a length: it has none")


def _check_ids(recurrence: Recurrence, *, all_day: bool) -> None:
    from shared.recurrence.local_times import OutOfDays, parse_recurrence_id  # noqa: PLC0415

    example = "20270322" if all_day else "20270322T090000"
    errors = []
    for name in ("dates", "excluded"):
        given: tuple[str, ...] = getattr(recurrence, name)
        for at, each in enumerate(given):
            try:
                parse_recurrence_id(each, all_day=all_day)
            except OutOfDays as error:
                errors.append(FieldError(f"recurrence.{name}[{at}]", str(error)))
            except ValueError:
                errors.append(FieldError(f"recurrence.{name}[{at}]", f"must be a local time such as {example}"))
    if errors:
        raise InvalidRequest(errors)
