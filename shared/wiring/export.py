"""Wiring of exports: what reads the items of each kind that is exported."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.identity.export import Batch, ExportPosition, Source
from shared.request import Request
from shared.runtime import current
from shared.store.exporting import ExportStore
from shared.store.item_kinds import ITEM_KINDS

Read = Callable[[ExportPosition], Batch[Any]]


def exported_kinds() -> list[str]:
    """Returns the kinds of items that are exported, in the order of the list of kinds."""
    return [kind.name for kind in ITEM_KINDS if kind.exported is True]


def sources(request: Request, documents: Mapping[str, Callable[[Any], Mapping[str, Any]]]) -> list[Source]:
    """Returns the sources of an export of the user of `request`, one for each kind that is exported.

    Args:
        request: The request for a page.
        documents: What makes a document of an entry, by kind.

    Raises:
        KeyError: A kind that is exported has no reader or no document.
    """
    runtime = current()
    store = ExportStore(runtime.clients, runtime.settings)
    readers: dict[str, Read] = {
        "profiles": lambda after: store.profile(request.actor, after),
        "sessions": lambda after: store.sessions(request.actor, after),
        "events": lambda after: store.events(request.calendar_id, after),
        "versions": lambda after: store.versions(request.calendar_id, after),
    }
    return [_source(kind, readers[kind], documents[kind], request) for kind in exported_kinds()]


def _source(kind: str, read: Read, document: Callable[[Any], Mapping[str, Any]], request: Request) -> Source:
    return Source(kind, lambda after: request.deadline.retry(lambda: read(after)), document)
