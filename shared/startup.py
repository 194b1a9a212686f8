"""What a process does once for its speed, and what each step brings.

`before_imports` runs when `shared` is imported, `before_requests` at the first request. Figures are of `make bench`.
"""

import gc
import random
from typing import Final

OBJECTS_BETWEEN_COLLECTIONS_OF_IMPORTS: Final = 200_000
OBJECTS_BETWEEN_COLLECTIONS: Final = 10_000


def before_imports() -> None:
    """Keep the garbage collector away from the imports.

    They make some ninety thousand objects that live as long as the process. With Python's default the collector runs
    over a hundred times meanwhile, a tenth of a cold start, and finds nothing. It works only for what is imported
    later, so a function imports from `shared` before other packages; a test looks.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS_OF_IMPORTS)


def before_requests() -> None:
    """Prepare a process that has imported everything for its requests.

    * `gc.freeze`: the collector does not look at what was imported again. A full collection then costs what a request
      has left behind, and not some milliseconds for ninety thousand objects.
    * The collector runs for every ten thousand new objects: rarely enough to cost a request nothing that can be
      measured. It is not switched off: an exception of botocore's keeps the request that it is about, megabytes
      perhaps, in a reference cycle, and an outage of the database would fill the memory with them.
    * `random.seed`: processes that begin as copies of one snapshot (SnapStart) would draw the same delays.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    random.seed()
