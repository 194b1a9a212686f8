"""Event versions: recording them from changes, reading and comparing them, rolling back, undo, and maintenance."""
