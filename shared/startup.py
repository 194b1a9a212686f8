"""One-time performance settings of a process, and the effect of each.

`before_imports` runs when `shared` is imported, `before_requests` at the first request. Figures are from `make bench`.
"""

import gc
import random
from typing import Final

OBJECTS_BETWEEN_COLLECTIONS_OF_IMPORTS: Final = 200_000
OBJECTS_BETWEEN_COLLECTIONS: Final = 10_000


def before_imports() -> None:
    """Prevents garbage collections during the imports.

    The imports create some ninety thousand objects that live as long as the process. With Python's default threshold
    the collector runs over a hundred times meanwhile, which takes a tenth of a cold start, and finds nothing. This
    affects only later imports, so a function imports from `shared` before other packages; a test verifies that.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS_OF_IMPORTS)


def before_requests() -> None:
    """Prepares a process for its requests once everything is imported.

    * `gc.freeze` excludes the imported objects from collections. The cost of a full collection then depends on the
      garbage of requests, instead of some milliseconds for ninety thousand objects.
    * The collector runs after every ten thousand new objects: rarely enough to have no measurable cost per request. It
      is not disabled, because an exception from botocore keeps its request, possibly megabytes, in a reference cycle:
      in an outage of the database these would fill the memory.
    * `random.seed` is called because processes restored from one snapshot (SnapStart) would draw the same delays.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    random.seed()
