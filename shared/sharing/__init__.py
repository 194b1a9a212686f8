"""Calendars that users share: what they are called, who has which role in them, and how that changes."""
