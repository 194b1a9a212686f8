"""A model of a calendar that keeps what each event was at each of its versions."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.harness.gateway import Api, Reply
from tests.integration.history.history_deployment import HistoryDeployment

Json = dict[str, Any]

TITLES = ["Review", "Retro", "Standup"]
CONTENT = (
    *("title", "description", "start", "end", "time_zone", "start_local", "start_date", "end_date"),
    "recurrence",
)
# What callers say of a recurrence; the rest follows from it, and from when it was checked.
SAID = ("rule", "dates", "excluded", "changed")


def said(document: Json) -> Json:
    """Returns what callers say of an event in its document."""
    recurrence = document["recurrence"]
    part = None if recurrence is None else {name: recurrence[name] for name in SAID}
    return {**{name: document[name] for name in CONTENT}, "recurrence": part}


@dataclass
class KeptEvent:
    """One event: its document at each of its versions. A deletion keeps the content of the event."""

    event_id: str
    documents: list[Json] = field(default_factory=list)
    deletions: set[int] = field(default_factory=set)
    # The versions that the operation of each version made, of this event and of another one.
    operations: list[list[tuple["KeptEvent", int]]] = field(default_factory=list)

    @property
    def latest(self) -> int:
        return len(self.documents) - 1

    @property
    def deleted(self) -> bool:
        return self.latest in self.deletions

    @property
    def is_series(self) -> bool:
        return not self.deleted and self.documents[-1]["recurrence"] is not None

    def content(self, number: int = -1) -> Json:
        return said(self.documents[number])


class VersionModel:
    """The events of a calendar with all of their versions; steps are taken by way of the API."""

    def __init__(self, deployment: HistoryDeployment, api: Api, zone: str, first: datetime) -> None:
        """Events begin in the hours from `first` on (UTC), or days later, in `zone` unless moved to another."""
        self.deployment = deployment
        self.api = api
        self.zone = zone
        self.first = first
        self.events: list[KeptEvent] = []
        # What the newest operation has changed, and all that changed two.
        self.changed_last: list[KeptEvent] = []
        self.of_two: list[list[tuple[KeptEvent, int]]] = []

    def at(self, value: int, hours: float = 0) -> datetime:
        """Returns one of the times at which events begin, or so many hours later."""
        return self.first + timedelta(days=(0, 2, 3)[value // 11 % 3], hours=value % 11 / 2 + hours)

    @property
    def together(self) -> list[KeptEvent]:
        """Returns both events of the newest operation that changed two, of those after which neither was changed."""
        standing = [each for each in self.of_two if all(number == event.latest for event, number in each)]
        return [event for event, _ in standing[-1]] if standing else []

    def add(self, *made: tuple[KeptEvent, Json | None]) -> None:
        """Keeps the versions that one operation has made, given by their documents; None for a deletion."""
        operation = [(event, len(event.documents)) for event, _ in made]
        self.changed_last = [event for event, _ in made]
        if len(made) > 1:
            self.of_two.append(operation)
        for event, document in made:
            if document is None:
                event.deletions.add(len(event.documents))
            event.documents.append(event.documents[-1] if document is None else document)
            event.operations.append(operation)

    def read(self, event: KeptEvent) -> Json:
        """Returns the event as the API has it now."""
        found: Json = self.api("GET", f"/events/{event.event_id}").body
        return found

    def expect(self, event: KeptEvent, reply: Reply, expected: Json | None, document: Json | None = None) -> None:
        """Keeps the version that a change has made: what changes nothing makes none, and None is refused.

        `document` is that of the event, if the response has another one.
        """
        if expected is None:
            assert reply.status == 422, reply
            return
        assert reply.status in {200, 204}, reply
        document = document or reply.body
        if expected != event.content():
            self.add((event, document))
        assert said(document) == expected
        assert document["version"] == len(event.documents)

    def versions(self, event: KeptEvent) -> list[Json]:
        """Returns the items of an event's history, oldest first, once the stream has brought them."""
        assert self.deployment.deliver() == []
        page = self.api("GET", f"/events/{event.event_id}/history", limit="100").body
        assert page["next_cursor"] is None
        assert page["pending"] == []
        return [*reversed(page["items"])]
