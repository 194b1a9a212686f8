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
    clock_at,
    faulty,
    occurring,
    parts_of,
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
    made = Content(title=draw(titles), start=start, end=shifted(start, length), transparency=transparency)
    return with_clock(made)


def ended(rule: str, end: str, start: Instant) -> str:
    """The rule with an end: after so many times, or so many half days after the start; or with none."""
    name, number = end[:1], end[1:]
    if name == "c":
        return rule_of({**parts_of(rule), "COUNT": number})
    if name == "u":
        until = datetime.fromisoformat(shifted(start, int(number) * DAY // 2))
        return rule_of({**parts_of(rule), "UNTIL": f"{until:%Y%m%dT%H%M%SZ}"})
    return rule


def on_two_days(rule: str, local: datetime) -> str:
    """A weekly rule on the day of a local time, and on the second one after it."""
    two = sorted({local.weekday(), (local.weekday() + 2) % 7})
    return rule_of({**parts_of(rule), "BYDAY": ",".join(DAYS[day] for day in two)})


plain_rules = st.sampled_from(
    ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=3")
)
rule_ends = st.sampled_from(("", "", "", "c1", "c2", "c5", "c12", "u0", "u7", "u60"))


@st.composite
def series(draw: st.DrawFn) -> Content:
    start, zone = shifted(draw(half_hours), draw(st.sampled_from((0, 0, DAY, -14 * DAY)))), draw(st.sampled_from(ZONES))
    rule, local = draw(plain_rules), clock_at(start, zone)
    if "WEEKLY" in rule and draw(st.booleans()):
        rule = on_two_days(rule, local)
    made = Content(
        title=draw(titles),
        start=start,
        end=shifted(start, draw(occurrence_lengths)),
        time_zone=zone,
        transparency=draw(transparencies),
        recurrence=Recurrence(ended(rule, draw(rule_ends), start)),
    )
    if faulty(made):
        made = replace(made, end=shifted(start, HOUR))
    dates = tuple(
        recurrence_id(local + timedelta(days=day, hours=3)) for day in draw(st.sampled_from(((), (), (3,), (-1, 9))))
    )
    with_dates = replace(made, recurrence=replace(recurrence_of(made), dates=dates))
    if not faulty(with_dates):
        made = with_dates
    there = [each.id for each in occurring(made)]
    places = draw(st.sampled_from(((), (), (1,), (0, 2))))
    excluded = tuple(there[at] for at in places if at < len(there))
    return with_clock(replace(made, recurrence=replace(recurrence_of(made), excluded=excluded)))


contents = st.one_of(singles(), series())
patches: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "title": titles,
        "start": half_hours,
        "end": half_hours,
        "transparency": transparencies,
        "recurrence": st.none() | st.builds(ended, plain_rules, rule_ends, st.just(MONDAY)),
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
    st.fixed_dictionaries({"recurrence": st.builds(ended, plain_rules, rule_ends, st.just(MONDAY))}),
)


def patch_of(said: dict[str, Any], start: Instant | None) -> dict[str, Any]:
    """The fields that a patch changes, of an occurrence that starts at `start`."""
    fields = {**said}
    if fields.get("recurrence") is not None:
        fields["recurrence"] = {"rule": fields["recurrence"]}
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
        }
    )


drafts = drafts_of((*KINDS, *OCCURRENCE_KINDS))
occurrence_drafts = drafts_of(OCCURRENCE_KINDS)
# Between which steps another acts; whatever carries a write is a commit.
points = st.sampled_from(((READ,), (QUERY,), (COMMIT, "PutItem", "UpdateItem")))
takers = st.sampled_from(("create", "replace"))


def shortly(said: Content, weeks: int) -> Content:
    """The same, `weeks` later, and four hours long; or as a series of three times at most."""
    start = shifted(said.start, weeks * 7 * DAY)
    if said.recurrence is None:
        return with_clock(replace(said, start=start, end=shifted(start, 4 * HOUR)))
    parts = parts_of(said.recurrence.rule)
    parts.pop("UNTIL", None)
    recurrence = Recurrence(rule_of({**parts, "COUNT": "3"}))
    # Where the clock has changed it is an hour off, which may be where that is put forward, or on another day.
    made = with_clock(replace(said, start=start, end=shifted(start, 4 * HOUR), recurrence=recurrence))
    return replace(made, time_zone="UTC", start_local=f"{start[:-1]}+00:00") if faulty(made) else made
