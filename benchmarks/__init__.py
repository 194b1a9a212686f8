"""Benchmarks of the API, compared with peers: `make bench`, or `python -m benchmarks [names of parts]`."""
