"""Tools for development, run by `make`: the local stack and generators. Nothing here is deployed."""
