"""The HTTP edge: what a request passes before its handler, and what it is answered with."""
