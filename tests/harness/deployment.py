"""A deployment to test: its runtime, a clock that the test moves, and its stream, delivered when the test says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from shared.runtime import Runtime
from shared.settings import Settings
from tests.harness.clock import Clock
from tests.harness.stream import Record, Stream, deliver, of_events

Item = dict[str, Any]

SECRET = "a secret of no deployment, long enough for HS256"
BUCKET = "unreadable"


def variables_for(tables: dict[str, str]) -> dict[str, str]:
    """Returns the environment variables that template.yaml gives every function, for `tables` by logical id."""
    return {
        "EVENTS_TABLE": tables["EventsTable"],
        "HISTORY_TABLE": tables["HistoryTable"],
        "USERS_TABLE": tables["UsersTable"],
        "UNREADABLE_BUCKET": BUCKET,
        "SIGNING_SECRET_ARN": "signing",
        "CORS_ORIGIN": "*",
        "ACCESS_TOKEN_SECONDS": "900",
        "REFRESH_TOKEN_DAYS": "30",
        "DELETED_EVENT_DAYS": "30",
        "HISTORY_RETENTION_DAYS": "0",
    }


def settings_for(tables: dict[str, str], **changes: str) -> Settings:
    """Returns the settings that the template's variables give to functions, for `tables` by logical id."""
    return Settings.of({**variables_for(tables), **changes})


def on_clock(runtime: Runtime, clock: Clock) -> Runtime:
    """Returns `runtime` with the wall clock of `clock`, and with pauses that take no time."""
    return replace(runtime, now_ns=clock, sleep=lambda _: None)


@dataclass
class Deployment:
    """What a test looks at: the tables, the clock of the runtime, and the stream."""

    runtime: Runtime
    clock: Clock
    stream: Stream = field(init=False)

    def __post_init__(self) -> None:
        self.stream = Stream(self.runtime)

    @classmethod
    def of(cls, runtime: Runtime) -> Self:
        """`runtime`, on a clock that stands at 2026-11-22T09:00:00Z."""
        clock = Clock()
        return cls(on_clock(runtime, clock), clock)

    def new_records(self) -> list[Record]:
        """Returns what the stream has brought since the last call, as the event source mapping would hand it over."""
        return of_events(self.stream.read())

    def deliver(self, records: Iterable[Record] | None = None, milliseconds: int = 60_000) -> list[str]:
        """Deliver `records`, or what is new in the stream.

        Returns:
            The sequence numbers that `record_history` reports as failed.
        """
        return deliver(self.new_records() if records is None else records, milliseconds)

    def record(self) -> list[Record]:
        """Deliver what is new in the stream, all of which has to be recorded; returns the records."""
        records = self.new_records()
        assert self.deliver(records) == []
        return records

    def events(self) -> list[Item]:
        """The events in the events table, deleted ones included."""
        return [item for item in self.calendars() if item["sk"]["S"].startswith("EVENT#")]

    def calendars(self) -> list[Item]:
        """All items of the events table: events and fences."""
        return self.scan(self.runtime.settings.events_table)

    def versions(self) -> list[Item]:
        """The recorded versions of all events, in the order of their making."""
        return sorted(self.scan(self.runtime.settings.history_table), key=lambda item: str(item["sk"]["S"]))

    def scan(self, table: str) -> list[Item]:
        """All items of a table, by key."""
        pages = self.runtime.clients.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        found: list[Item] = [item for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
