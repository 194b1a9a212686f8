"""Export of all that is stored of a user, in pages: kind by kind, each page as large as a response may be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from shared import cursors
from shared.errors import InvalidCursor
from shared.ids import UserId

T = TypeVar("T")

# What identifies an item within its kind; empty before the first.
ExportPosition = tuple[str, ...]

# A function's response may have 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). This is
# the limit of all documents together, as their size is counted in a response: escaped twice.
PAGE_BYTES: Final = 4_000_000
_PARTS: Final = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """What one read has found: entries with their positions, and where the next read begins (None: nowhere).

    An entry is None if a script has written the item so that it cannot be read.
    """

    entries: Sequence[tuple[ExportPosition, T | None]]
    after: ExportPosition | None


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of items: its name, what reads a batch behind a position, and what makes the document of an entry."""

    kind: str
    read: Callable[[ExportPosition], Batch[Any]]
    document: Callable[[Any], Mapping[str, Any]]


@dataclass(slots=True)
class ExportPage:
    """A page: the documents of each kind, how many items cannot be read, and the cursor of the next page, if any."""

    documents: dict[str, list[Mapping[str, Any]]]
    unreadable: int = 0
    next_cursor: str | None = None
    size: int = field(default=0, repr=False)


def export_page(
    user_id: UserId,
    sources: Sequence[Source],
    cursor: str | None,
    *,
    size_of: Callable[[Mapping[str, Any]], int],
    over: Callable[[], bool],
) -> ExportPage:
    """Returns the next page of the export, which is at most PAGE_BYTES large and ends when `over` returns True.

    Every page makes progress: it has a document, or a whole read that found none.

    Args:
        user_id: Whose data it is. A cursor of another user is refused.
        sources: The kinds, in the order of the export.
        cursor: Where the page begins; None for the first.
        size_of: Returns how many bytes a document takes in the response.
        over: Returns whether the time is up.

    Raises:
        InvalidCursor: The cursor is none of this user's export.
    """
    page = ExportPage({source.kind: [] for source in sources})
    at, after = _decoded(user_id, sources, cursor)
    reads = 0
    for source in sources[at:]:
        following: ExportPosition | None = after
        while following is not None:
            if reads and over():
                page.next_cursor = _encoded(user_id, source.kind, following)
                return page
            batch = source.read(following)
            reads += 1
            for position, entry in batch.entries:
                if entry is None:
                    page.unreadable += 1
                    following = position
                    continue
                document = source.document(entry)
                size = size_of(document)
                if page.size and page.size + size > PAGE_BYTES:
                    page.next_cursor = _encoded(user_id, source.kind, following)
                    return page
                page.documents[source.kind].append(document)
                page.size += size
                following = position
            following = batch.after
        after = ()
    return page


def _encoded(user_id: UserId, kind: str, position: ExportPosition) -> str:
    parts = dict(zip(_PARTS, (*position, "", "", ""), strict=False))
    return cursors.encode("export", {"user": user_id, "kind": kind, **parts})


def _decoded(user_id: UserId, sources: Sequence[Source], cursor: str | None) -> tuple[int, ExportPosition]:
    if cursor is None:
        return 0, ()
    facts = cursors.decode("export", cursor, ("user", "kind", *_PARTS))
    kinds = [source.kind for source in sources]
    if facts["user"] != user_id or facts["kind"] not in kinds:
        raise InvalidCursor(InvalidCursor.OTHER_QUERY)
    position = tuple(facts[name] for name in _PARTS)
    while position and not position[-1]:
        position = position[:-1]
    return kinds.index(facts["kind"]), position
