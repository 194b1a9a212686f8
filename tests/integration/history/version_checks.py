"""Checks of what the API tells of the past against the model: versions, diffs, and the calendar as of a moment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import jsonpatch

from tests.integration.history.series_of_days import occurrences
from tests.integration.history.version_model import CONTENT, Json, KeptEvent, VersionModel, said

LISTED = ("id", "title", "start", "end", "version")
MILLISECOND = timedelta(milliseconds=1)


def _window(model: VersionModel) -> tuple[str, str]:
    """Returns from when to when a calendar is looked at."""
    days = timedelta(days=5), timedelta(days=16, hours=12)
    return f"{(model.first - days[0]).isoformat()}Z", f"{(model.first + days[1]).isoformat()}Z"


def check_versions(model: VersionModel, event: KeptEvent, random: Random) -> None:
    """Every version reads back as it was, every diff applies, no number is missing, and no id goes back."""
    ids = [each["history_id"] for each in model.versions(event)]
    assert len(ids) == len(event.documents)
    assert all(before < after for before, after in pairwise(ids))
    assert all(UUID(each).version == 7 for each in ids)
    path = f"/events/{event.event_id}"
    documents = []
    for number, history_id in enumerate(ids):
        version = model.api("GET", f"{path}/history/{history_id}").body
        assert version["version"] == number + 1
        assert (version["type"] == "delete") == (number in event.deletions)
        documents.append(version["event"])
        if number in event.deletions:
            assert said(version["event"]) == event.content(number)
        else:
            assert version["event"] == event.documents[number]
    for _ in range(4):
        one, other = random.randrange(len(ids)), random.randrange(len(ids))
        between: Json = {"from": ids[one], "to": ids[other]}  # "from" is a word of Python's
        diff = model.api("GET", f"{path}/diff", **between).body
        assert jsonpatch.apply_patch(documents[one], diff["patch"]) == documents[other]
        expected = _differences(said(documents[one]), said(documents[other]))
        if (one in event.deletions) != (other in event.deletions):
            expected["deleted"] = (one in event.deletions, other in event.deletions)
        assert {each["field"]: (each["old"], each["new"]) for each in diff["changes"]} == expected


def _differences(before: Json, after: Json) -> dict[str, tuple[Any, Any]]:
    """Returns what differs between two contents, by name; of what makes a series of it, part by part."""
    parts = [dict(_parts(each)) for each in (before, after)]
    names = {*parts[0], *parts[1]}
    found = {name: (parts[0].get(name), parts[1].get(name)) for name in names}
    return {name: (was, now) for name, (was, now) in found.items() if (was or None) != (now or None)}


def _parts(content: Json) -> Iterator[tuple[str, Any]]:
    for name in CONTENT:
        if name != "recurrence":
            yield name, content[name]
    if content["recurrence"] is not None:
        for name in ("rule", "dates", "excluded"):
            yield f"recurrence.{name}", content["recurrence"][name]
        for one, own in content["recurrence"]["changed"].items():
            for name, value in own.items():
                yield f"recurrence.changed.{one}.{name}", value


def check_calendar_as_of(model: VersionModel, random: Random) -> None:
    """The calendar lists what it did at moments of its past: when a version was made, and right before that."""
    moments: dict[str, list[datetime]] = {}
    for event in model.events:
        changed_at = [each["changed_at"] for each in model.versions(event)]
        moments[event.event_id] = [datetime.fromisoformat(each) for each in changed_at]
    every = sorted({moment for each in moments.values() for moment in each})
    # Clocks may have gone back since: no moment is in the future.
    model.deployment.clock.nanoseconds = max(
        model.deployment.clock.nanoseconds, int((every[-1] + timedelta(minutes=5)).timestamp()) * 10**9
    )
    for moment in random.choices(every, k=3):
        for at in (moment, moment - MILLISECOND):
            assert _listed(model, as_of=at.isoformat()) == _expected(model, moments, at)
    assert _listed(model) == _expected(model, moments, every[-1])


def _listed(model: VersionModel, **query: Any) -> list[list[Any]]:
    """Returns what the calendar lists in the window, from page to page."""
    found: list[list[Any]] = []
    start, end = _window(model)
    query |= {"from": start, "to": end, "limit": "100"}
    while True:
        reply = model.api("GET", "/events", **query)
        assert reply.status == 200, reply
        found += [[each[name] for name in LISTED] for each in reply.body["items"]]
        if reply.body["next_cursor"] is None:
            return found
        query["cursor"] = reply.body["next_cursor"]


def _expected(model: VersionModel, moments: dict[str, list[datetime]], at: datetime) -> list[list[Any]]:
    found: list[Json] = []
    for event in model.events:
        number = sum(1 for moment in moments[event.event_id] if moment <= at) - 1
        if number < 0 or number in event.deletions:
            continue
        content, version = event.content(number), number + 1
        if content["recurrence"] is None:
            found.append({**content, "id": event.event_id, "version": version})
        else:
            for one, each in occurrences(content):
                found.append({**each, "id": f"{event.event_id}_{one}", "version": version})
    start, end = _window(model)
    there = [each for each in found if each["start"] < end and each["end"] > start]
    return [[each[name] for name in LISTED] for each in sorted(there, key=lambda each: (each["start"], each["id"]))]
