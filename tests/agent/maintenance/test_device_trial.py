"""A device is tried on a real pseudo-terminal: it works, or it is said why not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from agent.maintenance.device_target import port_target
from agent.maintenance.device_trial import Trial, try_device
from drivers.catalogue import profile_of
from drivers.events import WeightReading
from drivers.simulators.client import SimulatedDevice


async def tried(port: str, protocol: str, seconds: float = 0.8) -> Trial:
    return await try_device(port_target(port, profile_of(protocol)), seconds=seconds)


async def test_a_scale_that_weighs_works(scale: SimulatedDevice) -> None:
    trial = await tried(scale.url, "mt-sics")
    assert trial.trouble is None
    assert isinstance(trial.last, WeightReading)
    assert (str(trial.last.value), trial.last.unit) == ("1.234", "kg")
    assert trial.last_at_ns is not None
    assert trial.health.frames > 0


@pytest.mark.parametrize(
    ("options", "protocol", "trouble"),
    [
        ({"protocol": "comma"}, "and", "none of its|nothing the device sends is of its protocol"),
        ({"protocol": "comma", "parity": "even"}, "comma", "seven bits with even parity"),
        (
            {"protocol": "toledo-8217"},
            "toledo-8217",
            "its frames name no unit; set unit in",
        ),
    ],
)
async def test_a_scale_that_does_not_work_is_told_apart_by_why(
    folder: Path, options: dict[str, Any], protocol: str, trouble: str
) -> None:
    async with SimulatedDevice("scale", folder, rate_hz=50, **options) as device:
        trial = await tried(device.url, protocol)
    assert trial.trouble is not None
    assert any(part in trial.trouble for part in trouble.split("|")), trial.trouble


async def test_a_scale_that_sends_nothing_is_in_trouble_and_a_silent_scanner_is_not(folder: Path) -> None:
    async with SimulatedDevice("scanner", folder) as device:
        silent = await tried(device.url, "comma", 0.3)
        assert (await tried(device.url, "line-scanner", 0.3)).trouble is None
    assert silent.trouble is not None
    assert silent.trouble.startswith("it sent nothing that fits comma; check that it is on")
    assert silent.last is None


async def test_a_port_that_is_not_there_is_in_trouble(folder: Path) -> None:
    trial = await tried(str(folder / "gone"), "mt-sics", 0.3)
    assert trial.trouble is not None
    assert "does not exist" in trial.trouble


async def test_a_trial_ends_at_once_when_it_is_stopped(scale: SimulatedDevice) -> None:
    stop = asyncio.Event()
    began = time.monotonic()
    target = port_target(scale.url, profile_of("mt-sics"))
    trial = asyncio.create_task(try_device(target, seconds=60, stop=stop))
    await asyncio.sleep(0.4)
    stop.set()
    assert (await trial).trouble is None
    assert time.monotonic() - began < 20
