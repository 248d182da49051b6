"""Keys: the hub's own, the senders' pinned ones, encryption at rest; what is signed lies in sync."""
