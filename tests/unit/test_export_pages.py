"""Pages of an export: everything once, whatever the pages are cut by."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import cursors
from shared.errors import InvalidCursor
from shared.http.export_documents import exported_user
from shared.identity.export import PAGE_BYTES, Batch, ExportPage, ExportPosition, Source, export_page
from shared.identity.users import AddressClaim, Profile
from shared.ids import UserId

USER = UserId("user-1")


def source(kind: str, entries: list[int | None], at_once: int = 3) -> Source:
    """A kind whose entries are numbers, at positions of one part; a number is a document of that size."""

    def read(after: ExportPosition) -> Batch[int]:
        begin = int(after[0]) + 1 if after else 0
        page = [((str(at),), entries[at]) for at in range(begin, min(begin + at_once, len(entries)))]
        end = begin + len(page)
        return Batch(page, (str(end - 1),) if end < len(entries) else None)

    return Source(kind, read, lambda size: {"size": size})


def pages(sources: list[Source], ends: Any = lambda: False) -> list[ExportPage]:
    found, cursor = [], None
    while True:
        page = export_page(USER, sources, cursor, size_of=lambda document: document["size"], over=ends)
        found.append(page)
        assert len(found) < 200
        cursor = page.next_cursor
        if cursor is None:
            return found


sizes = st.lists(st.none() | st.sampled_from([0, 1, PAGE_BYTES // 3, PAGE_BYTES - 1, PAGE_BYTES]), max_size=12)


@given(sizes, sizes, st.booleans(), st.integers(1, 5))
def test_every_entry_is_exported_once_and_no_page_is_too_large(
    ones: list[int | None], others: list[int | None], hurried: bool, at_once: int
) -> None:
    made = pages([source("ones", ones, at_once), source("others", others, at_once)], lambda: hurried)
    for kind, entries in (("ones", ones), ("others", others)):
        listed = [document["size"] for page in made for document in page.documents[kind]]
        assert listed == [size for size in entries if size is not None]
    assert sum(page.unreadable for page in made) == [*ones, *others].count(None)
    assert all(page.size <= PAGE_BYTES for page in made)


def test_a_small_export_is_one_page() -> None:
    (page,) = pages([source("ones", [1] * 50), source("others", [1] * 50)])
    assert (len(page.documents["ones"]), len(page.documents["others"]), page.next_cursor) == (50, 50, None)


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        cursors.encode("list", {"user": USER, "kind": "ones", "first": "1", "second": "", "third": ""}),
        cursors.encode("export", {"user": "user-2", "kind": "ones", "first": "1", "second": "", "third": ""}),
        cursors.encode("export", {"user": USER, "kind": "logins", "first": "1", "second": "", "third": ""}),
        cursors.encode("export", {"user": USER, "kind": "ones"}),
    ],
)
def test_a_cursor_of_something_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        export_page(USER, [source("ones", [1, 2])], cursor, size_of=lambda _: 1, over=lambda: False)


def test_a_user_is_exported_with_every_address_that_is_stored() -> None:
    profile = Profile(
        UserId("01a2027d-aa6b-758a-9887-2d6965e70c38"),
        "ada",
        "ada@example.com",
        created_at=0,
        email_set_at=1,
        email_verified_at=2,
        pending=AddressClaim("countess@example.com", 3),
    )
    assert exported_user(profile) == {
        "id": profile.user_id,
        "username": "ada",
        "email": "ada@example.com",
        "email_set_at": "1970-01-01T00:00:01Z",
        "email_verified_at": "1970-01-01T00:00:02Z",
        "pending_email": "countess@example.com",
        "pending_email_set_at": "1970-01-01T00:00:03Z",
        "created_at": "1970-01-01T00:00:00Z",
    }
    without = exported_user(replace(profile, pending=None))
    assert (without["pending_email"], without["pending_email_set_at"]) == (None, None)
