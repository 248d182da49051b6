"""A simulated scale for what runs devices."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers.simulators.client import SimulatedDevice


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: a socket's path has some hundred bytes."""
    made = Path(tempfile.mkdtemp(prefix="pc"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def scale(folder: Path) -> AsyncIterator[SimulatedDevice]:
    """A scale that speaks MT-SICS, with 1234 g on it."""
    async with SimulatedDevice("scale", folder, speed=20, rate_hz=50) as device:
        await device.lay(1234)
        await asyncio.sleep(0.2)  # four seconds of the device's: its load has settled
        yield device
