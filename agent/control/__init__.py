"""The UNIX socket by which commands reach a running hub: server, verbs, client."""
