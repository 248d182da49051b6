"""Imports what the parties declare: a file is read in a process of its own, and stored in batches."""
