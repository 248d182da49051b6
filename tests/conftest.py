"""What holds for every test: a property is about values, never about the speed of a shared machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("preclear", deadline=None)
settings.load_profile("preclear")
