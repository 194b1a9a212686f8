"""The Lambda layer: everything the functions share."""

import gc

# Importing makes some ninety thousand objects that live as long as the process. By default the garbage collector comes
# over a hundred times meanwhile, a tenth of a cold start, to find nothing. So a function imports this package before
# others; `shared.runtime.started` brings the collector back for the requests.
gc.set_threshold(200_000)
