"""Dependency wiring of the domain and the stores, in one module per need, so that a function loads nothing else.

This is the only package that imports both the domain and the stores.
"""
