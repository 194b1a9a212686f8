"""Writes docs/openapi.json."""

from tools.openapi.document import FILE, text

FILE.write_text(text(), "utf-8")
