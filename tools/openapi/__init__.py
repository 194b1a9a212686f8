"""The generator of docs/openapi.json. Only its result is deployed."""
