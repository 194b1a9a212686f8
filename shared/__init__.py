"""The Lambda layer: everything the functions share."""
