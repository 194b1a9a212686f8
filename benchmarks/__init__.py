"""Measures what the API costs, beside peers: `make bench`, or `python -m benchmarks [names of parts]`."""
