"""The answer to a batch of new events is lost: each is there once, and none in place of a newer version."""

from collections.abc import Sequence

from shared.scheduling.events import Content, Event
from tests.harness.botocore_faults import READ, Document
from tests.integration.conflicts.contended_calendar import Book, content

BATCH, PUT = "BatchWriteItem", "PutItem"

# One full batch and a part of another.
CONTENTS = [content("2027-03-01T09:00:00Z", "2027-03-01T10:00:00Z", f"No. {number}") for number in range(30)]


def check(
    book: Book, events: Sequence[Event], failures: dict[str, str], contents: Sequence[Content] = CONTENTS
) -> None:
    assert failures == {}
    assert [event.content for event in events] == list(contents)
    assert book.live() == {event.id: event for event in events}


def test_batches_that_were_applied_are_only_read_back(book: Book) -> None:
    book.wire.lose_answer(BATCH)
    book.wire.lose_answer(BATCH)

    check(book, *book.bulk(CONTENTS))

    assert (book.wire.calls[BATCH], book.wire.calls[READ], book.wire.calls[PUT]) == (2, 2, 0)


def test_batches_that_never_arrived_are_put_one_by_one(book: Book) -> None:
    book.wire.lose_request(BATCH)
    book.wire.lose_request(BATCH)

    check(book, *book.bulk(CONTENTS))

    assert (book.wire.calls[BATCH], book.wire.calls[PUT]) == (2, 30)
    assert all(put["ConditionExpression"] == "attribute_not_exists(pk)" for put in book.wire.requests[PUT])


def test_a_batch_whose_answer_is_cut_short_is_read_back(book: Book) -> None:
    book.wire.cut_answer_short(BATCH)

    check(book, *book.bulk(CONTENTS[:25]), CONTENTS[:25])

    assert (book.wire.calls[BATCH], book.wire.calls[READ], book.wire.calls[PUT]) == (1, 1, 0)


def test_a_batch_applied_in_part_is_completed(book: Book) -> None:
    def first_ten(request: Document) -> None:
        for puts in request.values():
            book.runtime.clients.dynamodb.batch_write_item(RequestItems={book.runtime.settings.events_table: puts[:10]})

    book.wire.lose_request(BATCH, lambda: first_ten(book.wire.requests[BATCH][-1]["RequestItems"]))

    check(book, *book.bulk(CONTENTS[:25]), CONTENTS[:25])

    assert book.wire.calls[PUT] == 15


def test_a_newer_version_is_not_overwritten(book: Book) -> None:
    changed = []

    def change_one() -> None:
        (table,) = book.wire.requests[BATCH][-1]["RequestItems"].values()
        changed.append(book.rival().patch(table[7]["PutRequest"]["Item"]["id"]["S"], {"title": "Theirs"}))

    book.wire.lose_answer(BATCH, change_one)

    events, failures = book.bulk(CONTENTS[:25])

    assert failures == {}
    assert book.live() == {**{event.id: event for event in events}, changed[0].id: changed[0]}
    assert changed[0].stamp.version == 2


def test_a_deleted_event_is_not_created_again(book: Book) -> None:
    def delete_one() -> None:
        (table,) = book.wire.requests[BATCH][-1]["RequestItems"].values()
        book.rival().delete(table[7]["PutRequest"]["Item"]["id"]["S"])

    book.wire.lose_answer(BATCH, delete_one)

    events, failures = book.bulk(CONTENTS[:25])

    assert failures == {}
    assert book.live().keys() == {event.id for event in events} - {events[7].id}
    assert book.wire.calls[PUT] == 0


def test_a_batch_that_arrives_while_it_is_completed_is_applied_once(book: Book) -> None:
    book.wire.hold(BATCH)
    book.wire.before(PUT, book.wire.release)

    check(book, *book.bulk(CONTENTS[:25]), CONTENTS[:25])

    assert {event.stamp.version for event in book.events()} == {1}


def test_what_a_batch_refuses_is_put_again(book: Book) -> None:
    refused: list[str] = []

    def refuse_some(request: Document) -> None:
        ((table, puts),) = book.wire.requests[BATCH][-1]["RequestItems"].items()
        for put in puts[:5]:
            key = {name: put["PutRequest"]["Item"][name] for name in ("pk", "sk")}
            book.runtime.clients.dynamodb.delete_item(TableName=table, Key=key)
            refused.append(put["PutRequest"]["Item"]["id"]["S"])
        request["UnprocessedItems"] = {table: puts[:5]}

    book.wire.edit(BATCH, refuse_some)

    check(book, *book.bulk(CONTENTS[:25]), CONTENTS[:25])

    ((_, puts),) = book.wire.requests[BATCH][1]["RequestItems"].items()
    assert [put["PutRequest"]["Item"]["id"]["S"] for put in puts] == refused
