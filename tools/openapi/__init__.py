"""The generator of docs/openapi.json. It is deployed nowhere; its result is."""
