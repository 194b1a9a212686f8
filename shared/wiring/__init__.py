"""Joins rules to their stores, in parts: each is what one function needs, so that it loads nothing else.

This is the only package that knows both the domain and the stores.
"""
