"""The answer to a batch of new events is lost: each is there once, and none in place of a newer version."""

from collections.abc import Sequence

from shared.scheduling.events import Content, Event
from tests.harness.botocore_faults import READ, Document
from tests.harness.samples import END, START
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

BATCH, PUT = "BatchWriteItem", "PutItem"

# One full batch and a part of another.
CONTENTS = [content(START, END, f"No. {number}") for number in range(30)]


def check(
    contended: ContendedCalendar,
    events: Sequence[Event],
    failures: dict[str, str],
    contents: Sequence[Content] = CONTENTS,
) -> None:
    assert failures == {}
    assert [event.content for event in events] == list(contents)
    assert contended.live() == {event.id: event for event in events}


def test_batches_that_were_applied_are_only_read_back(contended: ContendedCalendar) -> None:
    contended.wire.lose_answer(BATCH)
    contended.wire.lose_answer(BATCH)

    check(contended, *contended.bulk(CONTENTS))

    assert (contended.wire.calls[BATCH], contended.wire.calls[READ], contended.wire.calls[PUT]) == (2, 2, 0)


def test_batches_that_never_arrived_are_put_one_by_one(contended: ContendedCalendar) -> None:
    contended.wire.lose_request(BATCH)
    contended.wire.lose_request(BATCH)

    check(contended, *contended.bulk(CONTENTS))

    assert (contended.wire.calls[BATCH], contended.wire.calls[PUT]) == (2, 30)
    assert all(put["ConditionExpression"] == "attribute_not_exists(pk)" for put in contended.wire.requests[PUT])


def test_a_batch_whose_answer_is_cut_short_is_read_back(contended: ContendedCalendar) -> None:
    contended.wire.cut_answer_short(BATCH)

    check(contended, *contended.bulk(CONTENTS[:25]), CONTENTS[:25])

    assert (contended.wire.calls[BATCH], contended.wire.calls[READ], contended.wire.calls[PUT]) == (1, 1, 0)


def test_a_batch_applied_in_part_is_completed(contended: ContendedCalendar) -> None:
    def first_ten(request: Document) -> None:
        for puts in request.values():
            contended.runtime.clients.dynamodb.batch_write_item(
                RequestItems={contended.runtime.settings.events_table: puts[:10]}
            )

    contended.wire.lose_request(BATCH, lambda: first_ten(contended.wire.requests[BATCH][-1]["RequestItems"]))

    check(contended, *contended.bulk(CONTENTS[:25]), CONTENTS[:25])

    assert contended.wire.calls[PUT] == 15


def test_a_newer_version_is_not_overwritten(contended: ContendedCalendar) -> None:
    changed = []

    def change_one() -> None:
        (table,) = contended.wire.requests[BATCH][-1]["RequestItems"].values()
        changed.append(contended.rival().patch(table[7]["PutRequest"]["Item"]["id"]["S"], {"title": "Theirs"}))

    contended.wire.lose_answer(BATCH, change_one)

    events, failures = contended.bulk(CONTENTS[:25])

    assert failures == {}
    assert contended.live() == {**{event.id: event for event in events}, changed[0].id: changed[0]}
    assert changed[0].stamp.version == 2


def test_a_deleted_event_is_not_created_again(contended: ContendedCalendar) -> None:
    def delete_one() -> None:
        (table,) = contended.wire.requests[BATCH][-1]["RequestItems"].values()
        contended.rival().delete(table[7]["PutRequest"]["Item"]["id"]["S"])

    contended.wire.lose_answer(BATCH, delete_one)

    events, failures = contended.bulk(CONTENTS[:25])

    assert failures == {}
    assert contended.live().keys() == {event.id for event in events} - {events[7].id}
    assert contended.wire.calls[PUT] == 0


def test_a_batch_that_arrives_while_it_is_completed_is_applied_once(contended: ContendedCalendar) -> None:
    contended.wire.hold(BATCH)
    contended.wire.before(PUT, contended.wire.release)

    check(contended, *contended.bulk(CONTENTS[:25]), CONTENTS[:25])

    assert {event.stamp.version for event in contended.events()} == {1}


def test_what_a_batch_refuses_is_put_again(contended: ContendedCalendar) -> None:
    refused: list[str] = []

    def refuse_some(request: Document) -> None:
        ((table, puts),) = contended.wire.requests[BATCH][-1]["RequestItems"].items()
        for put in puts[:5]:
            key = {name: put["PutRequest"]["Item"][name] for name in ("pk", "sk")}
            contended.runtime.clients.dynamodb.delete_item(TableName=table, Key=key)
            refused.append(put["PutRequest"]["Item"]["id"]["S"])
        request["UnprocessedItems"] = {table: puts[:5]}

    contended.wire.edit(BATCH, refuse_some)

    check(contended, *contended.bulk(CONTENTS[:25]), CONTENTS[:25])

    ((_, puts),) = contended.wire.requests[BATCH][1]["RequestItems"].items()
    assert [put["PutRequest"]["Item"]["id"]["S"] for put in puts] == refused
