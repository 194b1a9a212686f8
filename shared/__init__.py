"""The Lambda layer: everything the functions share."""

import gc

# Importing makes some ninety thousand objects that live as long as the process. By default the garbage collector comes
# over a hundred times meanwhile, a tenth of a cold start, to find nothing. It still comes when more than that have piled
# up: objects in cycles, since all others go without it. A function imports this package before others.
gc.set_threshold(200_000)
