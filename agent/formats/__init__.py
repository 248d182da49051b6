"""Readers of manifest files: bytes in, rows or refusals out. ``read`` is the one way in."""

from __future__ import annotations

from agent.formats.detect import detect, read
from agent.formats.profiles.profile import Profile
from agent.formats.reading import Format, Note, Reading

__all__ = ["Format", "Note", "Profile", "Reading", "detect", "read"]
