"""The hub's two files: evidence that must last, reference data that comes and goes."""
