"""The API's own documentation. Only functions/docs.py imports it: no other function pays for it."""
