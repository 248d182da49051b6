"""The hub's log on disk, evidence.db: append, open, read; declarations lie in store."""
