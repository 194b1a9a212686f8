"""The HTTP edge: validation of requests before their handler, and construction of responses."""
