"""The Lambda layer: everything the functions share."""

from shared.startup import before_imports

before_imports()
