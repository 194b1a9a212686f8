"""Calendar files as people have them, sent as bulks that skip what is invalid: what is taken, and why the rest is not.

`CALENDAR_FILES` names a directory of more files than this repository has; `pytest -s` shows the figures.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.http.fields import MAX_BULK
from shared.ids import UserId
from tests.harness.calendar_files import bodies
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api
from tests.harness.samples import new_id
from tests.harness.template import ROOT

OWN = ROOT / "tests" / "files"

# What a file may say that an event cannot: fields, and the beginning of what is wrong with them.
KNOWN = (
    ("title", "Field required"),  # SUMMARY is optional in a file
    ("title", "String should have at"),  # empty, or longer than 200 characters
    ("title", "must have"),
    ("start", "Field required"),  # so is DTSTART, in a message about an event
    ("start", "must have an offset"),  # a floating time, or a zone that only the file defines
    ("start", "must be an RFC 3339"),
    ("end", "Field required"),
    ("end", "must be later than start"),  # an opaque event of no length, or one that ends before it begins
    ("end", "must be at most 366 days"),
    ("end", "must have an offset"),
    ("end", "must be an RFC 3339"),
    ("time_zone", "must be a name"),
    ("description", "must have"),
    ("location", "must have"),
    ("location", "String should have at"),
    ("uid", "must have"),
)


def files(directory: Path) -> list[Path]:
    """The calendar files of a directory, in the order of their names."""
    return sorted(directory.rglob("*.ics"))


def sent(api: Api, events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each event with what the API says of it."""
    for at in range(0, len(events), MAX_BULK):
        answer = api("POST", "/events/bulk", {"events": events[at : at + MAX_BULK]}, on_invalid="skip")
        assert answer.status in {201, 207}, answer.text[:500]
        yield from answer.body["items"]


def test_the_files_of_this_repository(deployment: Deployment) -> None:
    (file,) = files(OWN)
    events = list(bodies(file.read_bytes()))
    taken, floating, nameless, momentary = ["review", "reminder", "holiday"], "no-zone", "no-title", "no-length"
    items = list(sent(Api(), events))
    assert [item["status"] for item in items] == [201, 201, 201, 422, 422, 422]
    errors = {event["uid"].partition("@")[0]: item.get("errors", []) for event, item in zip(events, items, strict=True)}
    assert [name for name, found in errors.items() if not found] == taken
    assert [each["field"] for each in errors[floating]] == ["start", "end"]
    assert [each["field"] for each in errors[nameless]] == ["title"]
    assert [each["field"] for each in errors[momentary]] == ["end"]
    assert len(deployment.events()) == 3
    review = Api()("GET", "/events", uid="review@example.com").body["items"][0]
    assert (review["title"], review["start"]) == ("Design review, part 2", "2027-03-01T08:00:00Z")
    assert (review["time_zone"], review["time_zone_given"]) == ("Europe/Berlin", "W. Europe Standard Time")
    assert review["description"] == "Agenda\n1. What was found\n2. What to do"


@pytest.mark.parametrize("directory", [OWN, *filter(None, [os.environ.get("CALENDAR_FILES")])])
def test_every_event_of_a_file_is_taken_or_refused_with_a_reason(deployment: Deployment, directory: str) -> None:
    counts: Counter[str] = Counter()
    for file in files(Path(directory)):
        api = Api(user_id=UserId(new_id()))
        written = list(bodies(file.read_bytes()))
        # A file may hold an event again as it was later: the last of a uid is meant. Without a uid each is one.
        events = list({event.get("uid", at): event for at, event in enumerate(written)}.values())
        counts["replaced by a later one of their uid"] += len(written) - len(events)
        items = list(sent(api, events)) if events else []
        assert len(items) == len(events), file
        # Imported again, nothing is there twice: what was taken under a uid is found.
        again = list(sent(api, [event for event in events if "uid" in event])) if events else []
        assert not [item for item in again if item.get("status") == 201], file
        counts["files"] += 1
        for event, item in zip(events, items, strict=True):
            counts["events"] += 1
            if "errors" not in item:
                counts["taken"] += 1
                continue
            first = item["errors"][0]
            whys = [why for field, why in KNOWN if first["field"] == field and first["message"].startswith(why)]
            assert whys, (file, event, item)
            counts[f"{first['field']}: {whys[0]}"] += 1
    print("", *(f"{count:6} {what}" for what, count in counts.most_common()), sep="\n")
    stored = [item for item in deployment.events() if item["change_type"]["S"] == "create"]
    assert len(stored) == counts["taken"]
