"""What this API costs, beside its peers: `make bench`, or `python -m benchmarks [names of parts]`."""
