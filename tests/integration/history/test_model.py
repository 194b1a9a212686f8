"""Random histories of events and series against a model that keeps every state."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ids import UserId
from tests.harness.gateway import Api
from tests.integration.history import event_steps, series_steps
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.version_checks import check_calendar_as_of, check_versions
from tests.integration.history.version_model import KeptEvent, VersionModel

Step = tuple[str, int, int, int]

# Steps of a live event; those that are tried of a deleted one as well, and those of occurrences, also if there is none.
OF_LIVE: dict[str, Callable[[VersionModel, KeptEvent, int], None]] = {
    "edit": event_steps.edit,
    "move": event_steps.move,
    "move to zone": event_steps.move_to_zone,
    "whole days": event_steps.whole_days,
    "replace": event_steps.replace,
    "delete": event_steps.delete,
}
OF_ANY: dict[str, Callable[[VersionModel, KeptEvent, int], None]] = {
    "roll back": event_steps.roll_back,
    "undo": event_steps.undo,
    "undo and redo": event_steps.undo_and_redo,
}
OF_SERIES: dict[str, Callable[[VersionModel, KeptEvent, int], None]] = {
    "recur": event_steps.recur,
    "change one": series_steps.change_one,
    "move one": series_steps.move_one,
    "cancel one": series_steps.cancel_one,
    "bring back one": series_steps.bring_back_one,
    "roll back one": series_steps.roll_back_one,
    "split": series_steps.split,
    "end": series_steps.end,
    "change all": series_steps.change_all,
}
# What needs others before it is more frequent.
KINDS = ["create", "clock", *OF_LIVE, *OF_ANY, *OF_SERIES, *OF_SERIES, "split", "split", "undo", "undo and redo"]

# Where, and from when on: but for the first one, the clock is changed three days and two and a half hours later.
PLACES = [
    ("UTC", "2027-03-01T09:00:00"),
    ("Europe/Berlin", "2027-03-24T22:30:00"),
    ("Europe/Berlin", "2027-10-27T22:30:00"),
    ("Australia/Lord_Howe", "2027-03-31T12:30:00"),  # by half an hour
    ("Australia/Lord_Howe", "2027-09-29T13:00:00"),
    ("America/Santiago", "2027-04-01T00:30:00"),  # at midnight
    ("America/Santiago", "2027-09-02T01:30:00"),
]
steps = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(-2, 1),  # which event: one of the newest two, or of the first two
        st.integers(0, 119),  # which title, time, occurrence or version
        st.integers(-7 * 24 * 3600, 3600),  # by how much the clock moves, mostly back
    ),
    min_size=10,
    max_size=30,
)


def take(model: VersionModel, step: Step) -> None:
    kind, which, value, seconds = step
    # Often a step is taken within the same millisecond as the one before.
    model.deployment.clock.forward(value % 2)
    # Series, but for one time in eight; what was changed with another one, or last, but for one time in four.
    series = [each for each in model.events if each.is_series or not value % 8]
    newest = {0: model.changed_last, 1: model.together, 2: model.together}.get(value % 4)
    if kind == "clock":
        model.deployment.clock.forward(seconds)
    elif kind == "create" or not model.events or (kind in OF_SERIES and not series):
        event_steps.create(model, value)
    elif kind in OF_SERIES:
        OF_SERIES[kind](model, series[which % len(series)], value)
    elif kind in OF_ANY:
        events = newest or model.events
        OF_ANY[kind](model, events[which % len(events)], value)
    else:
        event = model.events[which % len(model.events)]
        if not event.deleted:
            OF_LIVE[kind](model, event, value)


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=steps, place=st.sampled_from(PLACES), seed=st.integers(0, 2**32))
def test_every_state_reads_back_and_every_diff_applies(
    deployment: HistoryDeployment, steps: list[Step], place: tuple[str, str], seed: int
) -> None:
    random = Random(seed)  # noqa: S311 the same for the same example
    # A calendar of their own, whose listing has nothing of other examples.
    zone, first = place
    model = VersionModel(deployment, Api(user_id=UserId(str(uuid4()))), zone, datetime.fromisoformat(first))
    for step in steps:
        take(model, step)
    for event in model.events:
        check_versions(model, event, random)
    check_calendar_as_of(model, random)
