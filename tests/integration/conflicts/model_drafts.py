"""What Hypothesis draws for the model of a calendar: contents of events and series, and changes of them in outline."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from shared.scheduling.events import Content, Transparency
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.recurrences import Recurrence
from tests.harness.botocore_faults import COMMIT, QUERY, READ
from tests.integration.conflicts.calendar_operations import Kind
from tests.integration.conflicts.series_edits import DAYS
from tests.integration.conflicts.series_model import (
    faulty,
    local_start,
    occurring,
    of_days,
    parts_of,
    placed,
    recurrence_id,
    recurrence_of,
    rule_of,
    with_clock,
)

HOUR, DAY = 3600, 24 * 3600
MONDAY: Final = Instant("2026-11-23T00:00:00Z")
# Most are in the default zone. In the other one the clock is put forward on 2027-03-28, and back on 2027-10-31.
ZONES: Final = ("UTC", "UTC", "UTC", "Europe/Berlin")

half_hours = st.integers(-10, 10).map(lambda number: shifted(MONDAY, number * HOUR // 2))
# A search for a free time goes through a year of series, 31 days of which lie behind what it is for.
lengths = st.sampled_from(
    (HOUR // 2, HOUR, HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR + 1, 3 * DAY, 3 * DAY + 1, 31 * DAY + 1, 334 * DAY)
)
transparencies: st.SearchStrategy[Transparency] = st.sampled_from(("opaque", "opaque", "opaque", "transparent"))
titles = st.sampled_from(("One", "Another"))
# Of whole days: how many, and how many days after MONDAY.
whole_days = st.tuples(st.sampled_from((-1, 0, 1, 7)), st.sampled_from((1, 1, 2, 3)))
# A window is looked at on one of these days, some of them near a change of the clock.
days_on = st.sampled_from((0, 0, 1, 7, 13, 28, 123, 124, 125))
# Calendars are free then, more or less.
weeks_on = st.integers(1, 42)
steps = st.sampled_from((HOUR // 2, -HOUR // 2, HOUR, 5 * HOUR, -2 * HOUR, DAY, -DAY, 7 * DAY))
occurrence_lengths = st.sampled_from((HOUR // 2, HOUR, HOUR, 2 * HOUR, 5 * HOUR, 30 * HOUR))


@st.composite
def singles(draw: st.DrawFn) -> Content:
    start, transparency = draw(half_hours), draw(transparencies)
    # A reminder takes no time; it may have no length either.
    length = draw(lengths if transparency == "opaque" else lengths | st.just(0))
    # One that is not in UTC may become a series.
    zone = draw(st.sampled_from(ZONES))
    made = Content(
        title=draw(titles), start=start, end=shifted(start, length), time_zone=zone, transparency=transparency
    )
    return with_clock(made)


@st.composite
def whole(draw: st.DrawFn) -> Content:
    made = Content(title=draw(titles), start=MONDAY, end=MONDAY, time_zone=draw(st.sampled_from(ZONES)))
    first, behind = days_of(*draw(whole_days))
    return of_days(replace(made, transparency=draw(transparencies)), first, behind)


def days_of(first: int, number: int) -> tuple[datetime, datetime]:
    """So many days, and the first of them, as the midnights that they are between."""
    start = datetime.fromisoformat(MONDAY[:-1]) + timedelta(days=first)
    return start, start + timedelta(days=number)


def ended(rule: str, end: str, start: Instant) -> str:
    """The rule with an end: after so many times, so many days or half days after the start; or with none."""
    name, number = end[:1], end[1:]
    if name == "c":
        return rule_of({**parts_of(rule), "COUNT": number})
    if name == "u":
        until = datetime.fromisoformat(shifted(start, int(number) * DAY // 2))
        return rule_of({**parts_of(rule), "UNTIL": f"{until:%Y%m%dT%H%M%SZ}"})
    if name == "d":
        last = datetime.fromisoformat(start) + timedelta(days=int(number))
        return rule_of({**parts_of(rule), "UNTIL": f"{last:%Y%m%d}"})
    return rule


def on_two_days(rule: str, local: datetime) -> str:
    """A weekly rule on the day of a local time, and on the second one after it."""
    two = sorted({local.weekday(), (local.weekday() + 2) % 7})
    return rule_of({**parts_of(rule), "BYDAY": ",".join(DAYS[day] for day in two)})


def on_its_day(rule: str, local: datetime) -> str:
    """A monthly or yearly rule on the day of a local time, as that is counted from either end of the month."""
    number, behind = (local.day - 1) // 7 + 1, (local + timedelta(days=7)).month != local.month
    nth = {"BYDAY": f"{-1 if behind else number}{DAYS[local.weekday()]}"}
    return rule_of({**parts_of(rule), **({"BYMONTH": f"{local.month}"} if "YEARLY" in rule else {}), **nth})


plain_rules = st.sampled_from(
    ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=3")
)
rule_ends = st.sampled_from(("", "", "", "c1", "c2", "c5", "c12", "u0", "u7", "u60", "d0", "d7", "d30"))
# Rules that seldom select a day, with their ends: one that has none may meet another series after years.
rare = st.one_of(
    st.tuples(st.just("FREQ=MONTHLY"), st.sampled_from(("c1", "c5", "c12", "u120", "u601", "d330"))),
    st.tuples(st.just("FREQ=MONTHLY;INTERVAL=2"), st.sampled_from(("c2", "c5", "u301", "d330"))),
    st.tuples(st.just("FREQ=YEARLY"), st.sampled_from(("c1", "c2", "u740", "d370"))),
)
rules = st.one_of(st.tuples(plain_rules, rule_ends), rare)
# Further dates, of which one kind has no place in a series of whole days, and the other one only there.
further = st.sampled_from(((), ("20261124T130000",), ("20261121T000000", "20261206T140000"), ("20261126", "20261207")))
recurrences: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"rule": rules.map(lambda drawn: ended(*drawn, MONDAY))}),
    st.fixed_dictionaries({"dates": further}),
)


@st.composite
def series(draw: st.DrawFn) -> Content:
    # On 30 November, and on 31 December, there are no such days in other months.
    start = shifted(draw(half_hours), draw(st.sampled_from((0, 0, DAY, -14 * DAY, 7 * DAY, 38 * DAY))))
    made = Content(
        title=draw(titles),
        start=start,
        end=shifted(start, draw(occurrence_lengths)),
        time_zone=draw(st.sampled_from(ZONES)),
        transparency=draw(transparencies),
    )
    if draw(st.sampled_from((False, False, True))):
        first, behind = days_of(*draw(whole_days))
        made = of_days(made, first, behind)
    (rule, end), local = draw(rules), local_start(made)
    if draw(st.booleans()) and "DAILY" not in rule:
        rule = on_two_days(rule, local) if "WEEKLY" in rule else on_its_day(rule, local)
    if made.start_date is not None:
        end = end.replace("u", "d")
    made = replace(made, recurrence=Recurrence(ended(rule, end, start)))
    if faulty(made):
        made = replace(made, recurrence=Recurrence(ended(rule, "c1", start)))
    dates = tuple(
        recurrence_id(local + timedelta(days=day, hours=3), of=made)
        for day in draw(st.sampled_from(((), (), (3,), (-1, 9))))
    )
    with_dates = replace(made, recurrence=replace(recurrence_of(made), dates=dates))
    if not faulty(with_dates):
        made = with_dates
    there = [each.id for each in occurring(made)]
    places = draw(st.sampled_from(((), (), (1,), (0, 2))))
    excluded = tuple(there[at] for at in places if at < len(there))
    return with_clock(replace(made, recurrence=replace(recurrence_of(made), excluded=excluded)))


contents = st.one_of(singles(), singles() | whole(), series(), series())
patches: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "title": titles,
        "start": half_hours,
        "end": half_hours,
        "transparency": transparencies,
        "recurrence": st.none() | recurrences,
        "days": whole_days,
    },
)
# Of an occurrence or of all from it on; `moved` is by how much, and how long it is then.
occurrence_patches = st.fixed_dictionaries(
    {},
    optional={
        "title": titles | st.none(),
        "transparency": transparencies | st.none(),
        "moved": st.none() | st.tuples(steps, occurrence_lengths),
        "cancelled": st.sampled_from((False,)),
    },
)
following_patches: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"moved": st.tuples(steps, occurrence_lengths)}, optional={"title": titles}),
    st.fixed_dictionaries({"title": titles}, optional={"transparency": transparencies}),
    st.fixed_dictionaries({"recurrence": recurrences}),
)


def patch_of(said: dict[str, Any], start: Instant | None) -> dict[str, Any]:
    """The fields that a patch changes, of an occurrence that starts at `start`."""
    fields = {**said}
    if "days" in fields:
        first, behind = (f"{each:%Y-%m-%d}" for each in days_of(*fields.pop("days")))
        if fields.keys() >= {"start", "end"}:
            fields |= {"all_day": False, "start_date": None, "end_date": None}
        else:
            fields |= {"all_day": True, "start_date": first, "end_date": behind}
    if "moved" in fields and start is not None:
        moved = fields.pop("moved")
        start = shifted(start, moved[0]) if moved else None
        fields |= {"start": start, "end": shifted(start, moved[1]) if start else None}
    return fields


KINDS: Final[tuple[Kind, ...]] = ("create", "create", "replace", "patch", "delete", "roll back", "roll back")
# Changes that are asked for by the id of an occurrence.
OCCURRENCE_KINDS: Final[tuple[Kind, ...]] = (
    *("patch one", "patch one", "cancel one", "roll back one"),
    *("patch following", "patch following", "patch all", "end"),
)


def drafts_of(kinds: tuple[Kind, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """What to do, to which of the events, with which of its versions and occurrences in mind."""
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(kinds),
            "event": st.integers(0, 9),
            "version": st.integers(0, 9),
            "occurrence": st.sampled_from((1, 2, 3, 4, 20, 124, 125, 0)),
            "content": contents,
            "fields": patches,
            "one": occurrence_patches,
            "rest": following_patches,
            "if_match": st.sampled_from((None, None, None, None, 0, 1)),
            "allow": st.sampled_from((False, False, False, False, True)),
            "drop": st.sampled_from((False, False, True)),
            # Whether the room is booked: a patch may leave that as it is.
            "booked": st.sampled_from((None, None, None, False, True, True)),
        }
    )


drafts = drafts_of((*KINDS, *OCCURRENCE_KINDS))
occurrence_drafts = drafts_of(OCCURRENCE_KINDS)
# Between which steps another acts; whatever carries a write is a commit.
points = st.sampled_from(((READ,), (QUERY,), (COMMIT, "PutItem", "UpdateItem")))
takers = st.sampled_from(("create", "replace"))


def shortly(said: Content, weeks: int) -> Content:
    """The same, `weeks` later, and four hours long, or of as many days; or as a series of three times at most."""
    start = shifted(said.start, weeks * 7 * DAY)
    if said.start_date is not None:
        made = placed(said, local_start(said) + timedelta(weeks=weeks))
    else:
        made = with_clock(replace(said, start=start, end=shifted(start, 4 * HOUR)))
    if said.recurrence is None:
        return made
    parts = parts_of(said.recurrence.rule)
    parts.pop("UNTIL", None)
    if parts["FREQ"] in ("MONTHLY", "YEARLY"):
        # On another day of the month, and not years later.
        parts = {"FREQ": "MONTHLY"}
    recurrence = Recurrence(rule_of({**parts, "COUNT": "3"}))
    if made.start_date is not None:
        return replace(made, recurrence=recurrence)
    # Where the clock has changed it is an hour off, which may be where that is put forward, or on another day.
    made = replace(made, recurrence=recurrence)
    return replace(made, time_zone="UTC", start_local=f"{start[:-1]}+00:00") if faulty(made) else made
