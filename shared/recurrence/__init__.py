"""Recurrence: rules, and the occurrences of a series. Independent of storage and of HTTP."""
