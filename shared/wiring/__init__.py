"""Joins rules to their stores, in parts: a function loads only what it uses."""
