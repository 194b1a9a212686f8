"""Joins rules to their stores, in parts: a function must not load what it does not use, and each part is what one needs.

This is the only package that knows both the domain and the stores.
"""
