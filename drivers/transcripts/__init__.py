"""Recorded bytes of devices: writing, reading, replaying them."""
