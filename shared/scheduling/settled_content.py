"""The check of what makes an event a series, before it is written."""

from dataclasses import replace
from functools import partial

from shared.errors import FieldError, InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.instants import FIRST, OUT_OF_YEARS
from shared.scheduling.recurrences import MAX_DATES, MAX_EXCLUDED, Recurrence, instant, series_of, takes_time


def settled(content: Content) -> Content:
    """Returns `content` with its rule in canonical form.

    Raises InvalidRequest: it recurs in a way that is not taken, or takes the same time twice.
    """
    from shared.recurrence.pairs import first_overlap  # noqa: PLC0415
    from shared.recurrence.rules import RuleError, parse_rule  # noqa: PLC0415

    recurrence = content.recurrence
    if recurrence is None:
        return content
    _check_ids(recurrence, all_day=content.all_day)
    try:
        rule = parse_rule(recurrence.rule, all_day=content.all_day).text
        found = replace(content, recurrence=replace(recurrence, rule=rule))
        series = series_of(found)
    except RuleError as error:
        raise InvalidRequest.of("recurrence.rule", str(error)) from error
    except OSError as error:
        raise InvalidRequest.of("time_zone", "is not known any more") from error
    strangers = [
        FieldError(f"recurrence.excluded[{at}]", "must be an occurrence of the series")
        for at, each in enumerate(recurrence.excluded)
        if not series.has_id(each)
    ]
    if strangers:
        raise InvalidRequest(strangers)
    if instant(series.starts) < FIRST:
        raise InvalidRequest.of("recurrence.dates", OUT_OF_YEARS)
    twice = first_overlap(series, partial(takes_time, found))
    if twice is not None:
        raise InvalidRequest.of(
            "end", f"must not be later than the next occurrence begins: two overlap at {instant(twice)}"
        )
    return found


def _check_ids(recurrence: Recurrence, *, all_day: bool) -> None:
    from shared.recurrence.local_times import parse_recurrence_id  # noqa: PLC0415

    example = "20270322" if all_day else "20270322T090000"
    errors = []
    for name, most in (("dates", MAX_DATES), ("excluded", MAX_EXCLUDED)):
        given: tuple[str, ...] = getattr(recurrence, name)
        if len(given) > most:
            raise InvalidRequest.of(f"recurrence.{name}", f"must be at most {most}: end the series, and begin another")
        for at, each in enumerate(given):
            try:
                parse_recurrence_id(each, all_day=all_day)
            except ValueError:
                errors.append(FieldError(f"recurrence.{name}[{at}]", f"must be a local time such as {example}"))
    if errors:
        raise InvalidRequest(errors)
