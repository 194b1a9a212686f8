"""Dependency wiring of the domain and the stores, in one module per need, so that a function loads nothing else.

Only this package hands a store to the domain.
"""
