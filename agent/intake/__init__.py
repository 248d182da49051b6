"""Imports what parties declare, and removes it: read in a process of its own, stored in batches."""
