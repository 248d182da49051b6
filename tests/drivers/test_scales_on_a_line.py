"""Every scale protocol from a simulated scale, over a pseudo-terminal and the real port, to a weighing."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.catalogue import profile_of
from drivers.clock import DeviceClock
from drivers.events import Event, Noise, WeightReading
from drivers.ports.serial import SerialPort
from drivers.profile import DeviceProfile
from drivers.simulators.lines import PtyLine
from drivers.simulators.process import SimulatedScale
from drivers.simulators.scale import ScaleModel, ScaleSettings
from drivers.simulators.speech import SPEECHES
from drivers.simulators.speech.showing import in_unit
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, DeviceState, HealthMeter
from drivers.weighing.machine import WeighingMachine
from drivers.weighing.outcome import Weighing

SMALL_G, LARGE_G, TARE_G = 57, 12_345, 400
POLL_S = 0.01
AT_REST = 3
"""Readings in a row of one weight, and the load has come to rest."""


SWITCHES = {"dibal": {"zero": "empty"}}
"""How a site would set them for the device that is simulated."""


def site_profile(name: str) -> DeviceProfile:
    return profile_of(name).adapted(SWITCHES.get(name, {}))


class Bench:
    """One simulated scale and the host that reads it, in one loop."""

    def __init__(self, name: str, folder: Path) -> None:
        self.clock = DeviceClock()
        self.speech = SPEECHES[name]
        # Without noise the display shows exactly what was laid down.
        self.model = ScaleModel(
            random.Random(1), ScaleSettings(protocol=name, speed=40, rate_hz=100, noise_g=0)
        )
        self.scale = SimulatedScale(
            lambda on_bytes: PtyLine(folder / "scale", on_bytes),
            self.model,
            rate_hz=100,
            parity=None,
            clock=self.clock,
        )
        self.profile = replace(site_profile(name), poll_interval_s=POLL_S)
        self.machine = WeighingMachine()
        self.readings: list[WeightReading] = []
        self.noise: list[Noise] = []
        self.state = DeviceState.OPENING
        self.meter = HealthMeter(self.clock.monotonic_ns())

    @property
    def unit(self) -> str:
        return self.speech.units[0]

    def on_event(self, event: Event, at_ns: int) -> None:
        if isinstance(event, Noise):
            self.noise.append(event)
        elif isinstance(event, WeightReading):
            if event.unit is None and event.value is not None and not self.profile.names_unit:
                event = replace(event, unit=self.unit, unit_source="configuration")
            self.readings.append(event)
            self.machine.feed(event, at_ns)

    def on_health(self, health: DeviceHealth) -> None:
        self.state = health.state
        if health.state is DeviceState.LOST:
            self.machine.lost(health.since_ns)

    async def until(self, reached: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(15):
                while not reached():  # noqa: ASYNC110  (what is waited for is a plain value)
                    await asyncio.sleep(0.002)
        except TimeoutError:
            pytest.fail(f"{self.speech.name}: not {what}; last {self.readings[-3:]}, {self.noise[-3:]}")

    async def shows(self, grams: int) -> None:
        """Lay that load down, and wait until the host has read its weight and no other, three times."""
        self.scale.control({"lay": grams} if grams else {"take": True})
        await self.reads(in_unit(grams, self.unit))

    async def reads(self, value: Decimal) -> None:
        self.readings.clear()

        def at_rest() -> bool:
            last = self.readings[-AT_REST:]
            return len(last) == AT_REST and all(
                reading.stable is not False
                and (
                    reading.value == value
                    or (reading.value is None and value == 0 and "zero" in reading.status)
                )
                for reading in last
            )

        await self.until(at_rest, f"at {value}")


@contextlib.asynccontextmanager
async def bench_of(name: str, folder: Path) -> AsyncIterator[Bench]:
    bench = Bench(name, folder)
    bench.scale.line.plug()
    tasks = [
        asyncio.create_task(bench.scale.run()),
        asyncio.create_task(
            run_device(
                SerialPort(str(folder / "scale"), bench.profile.settings, clock=bench.clock),
                bench.profile,
                meter=bench.meter,
                clock=bench.clock,
                randomness=random.Random(1),
                on_event=bench.on_event,
                on_health=bench.on_health,
            )
        ),
    ]
    try:
        yield bench
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        bench.scale.line.unplug()


@pytest.mark.parametrize("name", SPEECHES)
async def test_loads_arrive_as_they_were_laid_down_before_and_after_an_unplugging(
    name: str, tmp_path: Path
) -> None:
    async with bench_of(name, tmp_path) as bench:
        await bench.shows(0)
        await bench.shows(SMALL_G)
        await bench.shows(0)
        await bench.shows(LARGE_G)
        if "stable" in bench.speech.tells:
            weighing = bench.machine.claim(bench.clock.monotonic_ns())
            assert isinstance(weighing, Weighing), weighing
            assert weighing.unit == bench.unit
            assert abs(weighing.grams - LARGE_G) <= weighing.u_grams
        await bench.shows(TARE_G)
        bench.scale.control({"tare": True})
        await bench.reads(in_unit(0, bench.unit))
        if "negative" in bench.speech.tells:
            bench.scale.control({"take": True})
            await bench.reads(in_unit(-TARE_G, bench.unit))
        assert bench.noise == []

        frame = bench.speech.frame(bench.model.showing(bench.clock.monotonic_ns()))
        bench.scale.line.send(frame[: len(frame) // 2])
        await asyncio.sleep(0.02)
        bench.scale.control({"fault": "unplug"})
        await bench.until(lambda: bench.state is DeviceState.LOST, "lost")
        bench.scale.control({"fault": "plug"})
        await bench.until(lambda: bench.state is DeviceState.UP, "back")
        await bench.shows(SMALL_G)
        await bench.shows(LARGE_G)
        assert bench.meter.reconnects == 1
