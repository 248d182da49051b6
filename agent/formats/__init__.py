"""Readers of manifest files: bytes in, rows or refusals out. ``detect.read`` is the one way in."""
