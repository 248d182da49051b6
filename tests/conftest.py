"""What holds for every test: a property is about values, never about the speed of a shared machine."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("preclear", deadline=None)
settings.load_profile("preclear")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are processors: many tests wait for a disk, a socket or a browser."""
    return (os.cpu_count() or 1) + 1
