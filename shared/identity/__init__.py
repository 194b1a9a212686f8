"""Authentication: users, passwords, tokens and sessions."""
