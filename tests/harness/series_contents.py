"""Contents of series, and what takes place of them: found by expanding all of it, window or not."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, islice
from typing import Final

from shared.errors import InvalidRequest
from shared.recurrence.local_times import instant_of, zone
from shared.scheduling.events import Content, Event, Transparency
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import Override, Recurrence, instant, occurrences, series_of, utc
from shared.scheduling.settled_content import settled
from shared.scheduling.window_reader import position_of

ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONDAY: Final = datetime(2027, 3, 1)  # noqa: DTZ001 local by its meaning
HOUR, DAY = 3600, 24 * 3600


def series(
    start: str,
    rule: str,
    *,
    seconds: int = HOUR,
    time_zone: str = "UTC",
    transparency: Transparency = "opaque",
    title: str = "Series",
    excluded: Iterable[str] = (),
    dates: Iterable[str] = (),
    changed: Iterable[Override] = (),
) -> Content:
    """Returns the content of a series whose first occurrence begins at the local time `start`."""
    begins = instant(instant_of(datetime.fromisoformat(start), zone(time_zone)))
    recurrence = Recurrence(rule, tuple(dates), tuple(excluded), tuple(changed))
    content = Content(
        title=title,
        start=begins,
        end=shifted(begins, seconds),
        time_zone=time_zone,
        transparency=transparency,
        recurrence=recurrence,
    )
    return settled(content)


def override(recurrence_id: str, start: str | None = None, seconds: int = HOUR, **fields: str) -> Override:
    """Returns how an occurrence differs; one that was moved begins at the instant `start`."""
    times = {} if start is None else {"start": start, "end": shifted(Instant(start), seconds)}
    return Override(recurrence_id, tuple(sorted({**fields, **times}.items())))


def random_series(chance: random.Random, *, days: int = 60, opaque: float = 0.9) -> Content:
    """Returns a series that begins within `days` of MONDAY, with exceptions, in one of ZONES."""
    while True:
        local = MONDAY + timedelta(days=chance.randint(-days, days), minutes=30 * chance.randint(0, 47))
        time_zone = chance.choice(ZONES)
        seconds = chance.choice((1800, HOUR, HOUR, 2 * HOUR, 5 * HOUR, 30 * HOUR, 4 * DAY))
        transparency: Transparency = "opaque" if chance.random() < opaque else "transparent"
        try:
            plain = series(
                local.isoformat(), _rule(chance, local), seconds=seconds, time_zone=time_zone, transparency=transparency
            )
            return settled(replace(plain, recurrence=_with_exceptions(chance, plain)))
        except InvalidRequest:
            continue


def _rule(chance: random.Random, local: datetime) -> str:
    others = chance.sample(DAYS, 2)
    rule = chance.choice(
        (
            "FREQ=DAILY",
            f"FREQ=DAILY;INTERVAL={chance.randint(2, 9)}",
            "FREQ=WEEKLY",
            f"FREQ=WEEKLY;INTERVAL={chance.randint(2, 3)}",
            f"FREQ=WEEKLY;BYDAY={','.join(each for each in DAYS if each in (DAYS[local.weekday()], *others))}",
            f"FREQ=MONTHLY;BYMONTHDAY={local.day}",
            f"FREQ=YEARLY;BYMONTH={local.month};BYMONTHDAY={local.day}",
        )
    )
    ended = chance.random()
    if ended < 0.3:
        return f"{rule};COUNT={chance.randint(1, 60)}"
    if ended < 0.6:
        until = MONDAY + timedelta(days=chance.randint(0, 600), hours=chance.randint(0, 23))
        return f"{rule};UNTIL={until:%Y%m%dT%H%M%SZ}"
    return rule


def _with_exceptions(chance: random.Random, content: Content) -> Recurrence:
    begins = utc(content.start)
    there = [*islice(series_of(content).between(begins, begins + timedelta(days=500)), 40)]
    excluded = tuple(each.id for each in there if chance.random() < 0.1)
    changed = []
    for each in there:
        if each.id in excluded or chance.random() > 0.1:
            continue
        fields = {"transparency": chance.choice(("opaque", "transparent"))} if chance.random() < 0.4 else {}
        by = timedelta(minutes=chance.choice((-3000, -60, 60, 90, 3000, 30_000)))
        start = None if chance.random() < 0.2 else instant(each.start + by)
        if fields or start:
            changed.append(override(each.id, start, chance.choice((1800, HOUR, 26 * HOUR)), **fields))
    return replace(content_recurrence(content), excluded=excluded, changed=tuple(changed))


def content_recurrence(content: Content) -> Recurrence:
    """Returns how an event recurs, which does."""
    assert content.recurrence is not None
    return content.recurrence


def expanded(events: Iterable[Event], horizon: Interval) -> list[Event]:
    """Returns all events and occurrences within `horizon`, in order."""
    return sorted((each for event in events for each in occurrences(event, horizon)), key=position_of)


def double_booked(events: Sequence[Event], horizon: Interval) -> list[tuple[Event, Event]]:
    """Returns the pairs of live events, written without leave to, that take the same time within `horizon`.

    Of each pair it has the first two occurrences that do.
    """
    live = [each for each in events if not each.deleted and each.stamp.on_conflict == "reject"]
    taken = {each.id: [one for one in expanded([each], horizon) if one.content.opaque] for each in live}
    pairs = (first_overlap_of(taken[one.id], taken[other.id]) for one, other in combinations(live, 2))
    return [each for each in pairs if each is not None]


def first_overlap_of(ones: Sequence[Event], others: Sequence[Event]) -> tuple[Event, Event] | None:
    """Returns the first of `ones`, and one of `others`, that overlap."""
    return next(_overlaps(ones, others), None)


def _overlaps(ones: Sequence[Event], others: Sequence[Event]) -> Iterator[tuple[Event, Event]]:
    for one in ones:
        for other in others:
            if other.content.start >= one.content.end:
                break
            if other.content.end > one.content.start:
                yield one, other
