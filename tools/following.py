"""What happens on the local stack, as lines of text. Errors while polling do not end the stream of lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

POLL_SECONDS: Final = 0.5

# An error response, a timeout, no connection, and a response that cannot be read or is incomplete.
FAULTS: Final = (BotoCoreError, ClientError, ResponseParserError, OSError, LookupError, TypeError, ValueError)


class Source(Protocol):
    """Something that happens on the stack, such as what its functions log."""

    @property
    def name(self) -> str:
        """What is read, for the line that says that it cannot be read."""

    def poll(self) -> Iterable[str]:
        """Returns the lines since the last poll; raises one of `FAULTS` if they cannot be read."""


def lines(alive: Callable[[], bool], *sources: Source) -> Iterator[str]:
    """Yields the lines of all `sources` as long as the stack is `alive`.

    While a source cannot be read, one line says why, and the others go on.
    """
    faults: dict[Source, str] = {}
    while alive():
        for source in sources:
            try:
                yield from source.poll()
                faults.pop(source, None)
            except FAULTS as error:
                fault = f"==> Cannot read {source.name} now: {type(error).__name__}: {error}"
                if faults.get(source) != fault:
                    yield fault
                faults[source] = fault
        time.sleep(POLL_SECONDS)
