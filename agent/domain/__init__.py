"""Pure rules of clearance: no I/O, no clock, no randomness."""
