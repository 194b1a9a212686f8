from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from shared import ids
from shared.scheduling.events import Stamp
from tests.harness.samples import NOW_NS, OWNER, content, event, new_id, request


def test_a_change_makes_the_next_version_with_a_later_id() -> None:
    before = replace(event(version=3, kind="delete"), expires_at=1)
    made = request(operation_id=new_id())
    stamp = Stamp.of(made, "restore", reason="by mistake", rolled_back_to=new_id())
    after = before.changed(content(title="Back"), stamp, now_ns=0)
    assert (after.id, after.created_at, after.calendar_id) == (before.id, before.created_at, before.calendar_id)
    assert (after.stamp.version, after.stamp.type, after.content.title) == (4, "restore", "Back")
    assert (after.stamp.reason, after.stamp.operation_id) == ("by mistake", made.operation_id)
    assert (after.stamp.changed_by, after.stamp.rolled_back_to) == (OWNER, stamp.rolled_back_to)
    assert after.history_id > before.history_id
    assert after.expires_at is None


def test_when_a_change_was_made_is_read_from_its_id() -> None:
    assert event(history_id=ids.new_id(NOW_NS)).stamp.changed_at == "2026-11-22T09:00:00.000Z"


def test_a_deleted_event_is_gone_from_the_second_it_expires() -> None:
    deleted = replace(event(kind="delete"), expires_at=100)
    assert [deleted.expired(now) for now in (99, 100, 101)] == [False, True, True]
    assert not replace(event(), expires_at=100).expired(1_000)
    assert not event(kind="delete").expired(1 << 60)


def test_a_first_version_goes_on_with_those_of_what_is_gone() -> None:
    gone = event(version=3, kind="delete")
    new = event(event_id=gone.id)
    assert new.continuing(None, NOW_NS) is new
    after = new.continuing(gone, NOW_NS)
    assert (after.history_id, after.stamp.version) == (new.history_id, 4)
    assert (after.created_at, after.content) == (ids.made_at(new.history_id), new.content)


def test_a_first_version_is_later_than_what_is_gone_even_if_its_id_was_made_before() -> None:
    early = event(history_id=ids.new_id(0))
    gone = event(event_id=early.id, version=3, kind="delete")
    after = early.continuing(gone, now_ns=0)
    assert after.history_id > gone.history_id
    assert after.created_at == after.stamp.changed_at == ids.made_at(after.history_id)
    assert after.stamp.version == 4


@pytest.mark.parametrize(
    ("fields", "local"),
    [
        ({}, "2027-03-01T09:00:00"),
        ({"time_zone": "Europe/Berlin"}, "2027-03-01T10:00:00"),
        ({"time_zone": "Europe/Berlin", "start_local": "2027-03-01T10:30:00+01:30"}, "2027-03-01T10:30:00"),
        ({"start_local": "2027-03-01T10:00:00+01:00"}, "2027-03-01T09:00:00"),  # of no zone: in UTC
        ({"time_zone": "Europe/Berlin", "start_date": "2027-03-01", "end_date": "2027-03-02"}, "2027-03-01T00:00:00"),
        ({"time_zone": "Europe/Berlin", "start_date": "2027-03-01"}, "2027-03-01T10:00:00"),
    ],
)
def test_the_local_start_is_that_of_the_clock_in_its_zone(fields: dict[str, Any], local: str) -> None:
    made = replace(content(), **fields)
    assert made.local_start == datetime.fromisoformat(local)
    assert made.all_day == ("end_date" in fields)
