"""The versions of events: made from changes, read, compared, gone back to, and kept in order."""

# Where a version lies: its partition key and its sort key. What reads a table page by page goes on from one.
ItemKey = tuple[str, str]
