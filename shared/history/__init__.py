"""The versions of events: made from changes, read, compared, gone back to, and kept in order."""
