"""A deployment under test: its runtime, a clock that the test moves, and a stream that the test delivers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from shared.runtime import Runtime
from shared.scheduling.quotas import Usage
from shared.settings import Settings
from shared.store.usage import usage_of
from tests.harness.clock import Clock
from tests.harness.stream import Record, Stream, deliver, of_events

Item = dict[str, Any]

BUCKET = "unreadable"
MAIL_FROM = "calendar@example.com"
USAGE = {"S": "USAGE"}
# The gateway's address with the API's id and its stage, which are those of the payloads, left open.
ISSUER_PATTERN = "https://{api}.execute-api.eu-central-1.amazonaws.com/{stage}"
ISSUER = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/v1"


def variables_for(tables: dict[str, str]) -> dict[str, str]:
    """Returns the environment variables that template.yaml gives every function, for `tables` by logical id."""
    return {
        "EVENTS_TABLE": tables["EventsTable"],
        "HISTORY_TABLE": tables["HistoryTable"],
        "USERS_TABLE": tables["UsersTable"],
        "ACCESS_TABLE": tables["AccessTable"],
        "DIRECTORY_TABLE": tables["DirectoryTable"],
        "UNREADABLE_BUCKET": BUCKET,
        "SIGNING_KEYS_ARN": "signing",
        "VERIFICATION_KEYS_ARN": "verification",
        "ISSUER": ISSUER_PATTERN,
        "CORS_ORIGIN": "*",
        "MAIL_FROM": MAIL_FROM,
        "OWN_IDENTITY": "true",
        "OIDC_ISSUER": "none",
        "OIDC_AUDIENCE": "none",
        "OIDC_AUDIENCE_CLAIM": "aud",
        "OIDC_USERNAME_CLAIM": "preferred_username",
        "ACCESS_TOKEN_SECONDS": "900",
        "REFRESH_TOKEN_DAYS": "30",
        "KEY_ROTATION_DAYS": "90",
        "SESSION_DAYS": "90",
        "REFRESH_GRACE_SECONDS": "30",
        "DELETED_EVENT_DAYS": "30",
        "HISTORY_RETENTION_DAYS": "0",
        "MAX_EVENTS_PER_CALENDAR": "100000",
        "MAX_TEXT_BYTES_PER_CALENDAR": "250000000",
        "MAX_SERIES_PER_CALENDAR": "2000",
        "BULK_REQUESTS_PER_MINUTE": "60",
    }


def settings_for(tables: dict[str, str], **changes: str) -> Settings:
    """Returns the settings that the template's variables give to functions, for `tables` by logical id."""
    return Settings.of({**variables_for(tables), **changes})


@dataclass
class Pauses:
    """Pauses that take no time, but count for deadlines: what fails at each attempt would be tried until one is over.

    Attributes:
        slept: The seconds by which `monotonic` is ahead of the machine's.
    """

    slept: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self.slept


def on_clock(runtime: Runtime, clock: Clock) -> Runtime:
    """Returns `runtime` with `clock` as its wall clock, and with pauses that take no time."""
    pauses = Pauses()
    return replace(runtime, now_ns=clock, sleep=pauses.sleep, monotonic=pauses.monotonic)


@dataclass
class Deployment:
    """The tables, the clock and the stream of a runtime under test."""

    runtime: Runtime
    clock: Clock
    stream: Stream = field(init=False)

    def __post_init__(self) -> None:
        self.stream = Stream(self.runtime)

    @classmethod
    def of(cls, runtime: Runtime) -> Self:
        """Returns a deployment of `runtime`, on a clock that is set to 2026-11-22T09:00:00Z."""
        clock = Clock()
        return cls(on_clock(runtime, clock), clock)

    def new_records(self) -> list[Record]:
        """Returns the stream's records since the last call, as the event source mapping would pass them."""
        return of_events(self.stream.read())

    def deliver(self, records: Iterable[Record] | None = None, milliseconds: int = 60_000) -> list[str]:
        """Delivers `records`, or the new records of the stream.

        Returns:
            The sequence numbers that `record_history` reports as failed.
        """
        return deliver(self.new_records() if records is None else records, milliseconds)

    def record(self) -> list[Record]:
        """Delivers the new records of the stream, all of which have to be recorded, and returns them."""
        records = self.new_records()
        assert self.deliver(records) == []
        return records

    def events(self) -> list[Item]:
        """Returns the event items of the events table, including deleted events."""
        return [item for item in self.calendars() if item["sk"]["S"].startswith("EVENT#")]

    def calendars(self) -> list[Item]:
        """Returns the items of calendars in the events table: events, fences and claims, but no counts of requests."""
        items = self.scan(self.runtime.settings.events_table)
        return [item for item in items if not item["sk"]["S"].startswith("BULK#")]

    def versions(self) -> list[Item]:
        """Returns the recorded versions of all events, in the order in which they were made."""
        items = self.scan(self.runtime.settings.history_table)
        return sorted((item for item in items if item["sk"] != USAGE), key=lambda item: str(item["sk"]["S"]))

    def usage(self) -> dict[str, Usage]:
        """Returns what each calendar holds as it is counted."""
        items = self.scan(self.runtime.settings.history_table)
        counted = {item["pk"]["S"].split("#")[1]: item for item in items if item["sk"] == USAGE}
        return {name: usage_of(item) for name, item in counted.items()}

    def scan(self, table: str) -> list[Item]:
        """Returns all items of a table, sorted by key; the directory has no sort key."""
        pages = self.runtime.clients.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        found: list[Item] = [item for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: (item["pk"]["S"], item.get("sk", {}).get("S", "")))
