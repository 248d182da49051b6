"""Many simulated scales in one process, and what reading them all costs another.

``python -m drivers.simulators.crowd FOLDER COUNT RATE_HZ`` makes pseudo-terminals behind ``FOLDER/scale-00``
and so on, one protocol after the other, and ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import os
import random  # noqa: TID251  (this process is where the seeded generators of the simulations are made)
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from drivers.catalogue import profile_of
from drivers.clock import DeviceClock, MonotonicClock
from drivers.errors import SimulatorFailed
from drivers.events import Event, WeightReading
from drivers.ports.serial import SerialPort
from drivers.simulators.lines import PtyLine
from drivers.simulators.process import SimulatedScale, stop_with_parent
from drivers.simulators.scale import ScaleModel, ScaleSettings
from drivers.simulators.speech import SPEECHES
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, HealthMeter

_START_TIMEOUT_S = 15.0
_STOP_TIMEOUT_S = 3.0
_LOOK_AGAIN_S = 0.02
_WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCost:
    """What reading ``scales`` scales took: ``cpu_percent`` of one core, over ``seconds``."""

    scales: int
    seconds: float
    readings: int
    cpu_percent: float


def protocols(count: int) -> Sequence[str]:
    """So many protocols, all of them in turn."""
    names = tuple(SPEECHES)
    return [names[number % len(names)] for number in range(count)]


def link_of(folder: Path, number: int) -> Path:
    return folder / f"scale-{number:02}"


async def cost_of_reading(
    folder: Path, *, scales: int = 16, rate_hz: float = 10.0, seconds: float = 10.0, clock: MonotonicClock
) -> ReadingCost:
    """Read so many scales that each say so many weights a second, and see what this process spends on it.

    Takes ``seconds`` and about two more. The scales live in a process of their own.

    Raises:
        SimulatorFailed: They did not come, or one of them fell silent.
    """
    # The pipe to its standard input is how the other process notices that we are gone.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drivers.simulators.crowd", str(folder), str(scales), str(rate_hz)),
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            while not link_of(folder, scales - 1).is_symlink():
                await clock.sleep(_LOOK_AGAIN_S)
        return await _measured(folder, scales, rate_hz, seconds, clock)
    except TimeoutError:
        raise SimulatorFailed(str(folder), f"not every scale spoke within {_START_TIMEOUT_S:g} s") from None
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _measured(
    folder: Path, scales: int, rate_hz: float, seconds: float, clock: MonotonicClock
) -> ReadingCost:
    counts = [0] * scales

    def count(number: int, event: Event, _at_ns: int) -> None:
        counts[number] += isinstance(event, WeightReading)

    tasks = []
    for number, name in enumerate(protocols(scales)):
        profile = replace(profile_of(name), poll_interval_s=1 / rate_hz)
        tasks.append(
            asyncio.create_task(
                run_device(
                    SerialPort(str(link_of(folder, number)), profile.settings, clock=clock),
                    profile,
                    meter=HealthMeter(clock.monotonic_ns()),
                    clock=clock,
                    randomness=random.Random(number),
                    on_event=partial(count, number),
                    on_health=_unheeded,
                )
            )
        )
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            while not all(counts):
                await clock.sleep(_LOOK_AGAIN_S)
        await clock.sleep(_WARM_UP_S)
        before, began_ns, spent = list(counts), clock.monotonic_ns(), _cpu_s()
        await clock.sleep(seconds)
        spent, took_s = _cpu_s() - spent, (clock.monotonic_ns() - began_ns) / 1e9
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    readings = [after - earlier for after, earlier in zip(counts, before, strict=True)]
    if not all(readings):
        raise SimulatorFailed(str(link_of(folder, readings.index(0))), "it fell silent")
    return ReadingCost(
        scales=scales,
        seconds=round(took_s, 1),
        readings=sum(readings),
        cpu_percent=round(100 * spent / took_s, 2),
    )


def _unheeded(_health: DeviceHealth) -> None:
    pass


def _cpu_s() -> float:
    """Seconds of a core that this process has spent, in its own code and in the system's."""
    spent = os.times()
    return spent.user + spent.system


async def simulate(folder: Path, count: int, rate_hz: float) -> None:
    """Simulate so many scales until the parent is gone."""
    stop = asyncio.Event()
    stop_with_parent(stop)
    clock = DeviceClock()
    devices = []
    for number, name in enumerate(protocols(count)):
        model = ScaleModel(random.Random(number), ScaleSettings(protocol=name, rate_hz=rate_hz))
        model.lay(1000 + 10 * number, clock.monotonic_ns())
        line = partial(PtyLine, link_of(folder, number))
        devices.append(SimulatedScale(line, model, rate_hz=rate_hz, parity=None, clock=clock))
    running = [asyncio.create_task(device.run()) for device in devices]
    for device in devices:
        device.line.plug()
    try:
        await stop.wait()
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        for device in devices:
            device.line.unplug()


if __name__ == "__main__":
    asyncio.run(simulate(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
