"""The hub's log on disk, evidence.db: append, open, read; what was declared lies in store."""
