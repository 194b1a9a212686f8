import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import cursors
from shared.errors import InvalidCursor


def made_up(document: Any) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@given(st.text(), st.text())
def test_what_a_cursor_carries_comes_back(start: str, event_id: str) -> None:
    facts = {"start": start, "id": event_id}
    assert cursors.decode("window", cursors.encode("window", facts), ("start", "id")) == facts


def test_a_cursor_needs_no_escaping_in_a_url() -> None:
    for length in range(12):
        assert set(cursors.encode("window", {"id": "\u00ff?>" * length})).isdisjoint("+/=&%")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "=",
        "a",
        "!!!!",
        "\u00e9",
        "\ud800",
        "AAAA",
        made_up([]),
        made_up("window"),
        made_up(None),
        made_up(1),
        made_up({"query": "window", "id": 1}),
        made_up({"query": "window", "id": None}),
        made_up({"query": "window", "id": ["x"]}),
        made_up({"query": ["window"], "id": "x"}),
        urlsafe_b64encode(b'{"query":"window","id":"\xff"}').decode(),
        urlsafe_b64encode(b'{"query":"window","id":"x"').decode(),
        urlsafe_b64encode(b"[" * 100_000).decode(),
        urlsafe_b64encode(b"9" * 5_000).decode(),
        urlsafe_b64encode(b'{"query":"window","id":NaN}').decode(),
        urlsafe_b64encode(b"\0").decode(),
    ],
    ids=lambda cursor: ascii(cursor)[:24],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor, match=r"^is no cursor of this API$"):
        cursors.decode("window", cursor, ("id",))


@pytest.mark.parametrize(
    "document",
    [
        {"query": "history", "id": "x"},
        {"id": "x"},
        {"query": "window"},
        {"query": "window", "id": "x", "more": "y"},
        {"query": "window", "other": "x"},
    ],
)
def test_a_cursor_of_another_query_is_refused(document: dict[str, str]) -> None:
    with pytest.raises(InvalidCursor, match=r"^belongs to another query$"):
        cursors.decode("window", made_up(document), ("id",))


@given(st.text() | st.binary().map(lambda each: urlsafe_b64encode(each).decode()))
def test_no_cursor_does_worse_than_to_be_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors.decode("window", cursor, ("id",))
