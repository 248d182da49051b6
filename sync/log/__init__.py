"""Statements, envelopes, entries, tree, notes, the sealed block, verification: bytes only, no I/O."""
