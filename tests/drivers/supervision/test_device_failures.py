"""What a bug in a driver, or in whoever is told of its events, may cost: one device for a moment."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from drivers.catalogue import profile_of
from drivers.errors import PortLost
from drivers.events import Event
from drivers.supervision.health import DeviceHealth, DeviceState

SCALE = profile_of("mt-sics")
SCANNER = profile_of("line-scanner")
READING = b"S S      1.234 kg\r\n"


async def test_a_bug_in_the_station_is_logged_counted_and_the_device_opened_anew(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    port, station, clock = world.made_up(SCANNER, [b"A\r\n"], [b"B\r\n"], [b"C\r\n"])
    station.raises = LookupError("no such piece")
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
        station.raises = None
        await station.until(lambda: len(station.events) == 3)
    health = station.meter.snapshot(clock.now_ns)
    assert (health.driver_failures, health.open_failures, health.reconnects) == (2, 0, 2)
    assert health.last_error == "the driver failed: LookupError: no such piece"
    assert clock.slept == [0.5, 1]
    assert port.closed == 3
    assert station.states == [DeviceState.UP, DeviceState.LOST] * 2 + [DeviceState.UP]
    failures = [record for record in caplog.records if record.message == "device driver failed"]
    assert ["no such piece" in (record.exc_text or "") for record in failures] == [True, True]


class Broken:
    """A parser with a bug."""

    def feed(self, data: bytes) -> list[Event]:
        raise IndexError(f"{len(data)} bytes")

    def idle(self) -> list[Event]:
        return []

    def held_bytes(self) -> int:
        return 0


async def test_a_parser_that_raises_is_made_anew_and_tried_ever_more_slowly(world: Any) -> None:
    profile = replace(SCANNER, new_parser=Broken)
    port, station, clock = world.made_up(profile, *[[b"A\r\n"] for _ in range(4)])
    async with station.running():
        await station.until(lambda: len(clock.slept) == 4)
    assert clock.slept == [0.5, 1, 2, 4]
    assert station.meter.driver_failures == port.closed == 4
    assert station.meter.last_error == "the driver failed: IndexError: 3 bytes"


async def test_a_parser_that_raises_takes_no_other_device_with_it(world: Any) -> None:
    _, broken, clock = world.made_up(replace(SCANNER, new_parser=Broken), *[[b"A\r\n"] for _ in range(9)])
    port = world.MadeUpPort(clock, [b"A\r\n", 20.0, b"B\r\n"])
    other = world.Station(port, SCANNER, clock, world.One())
    async with broken.running(), other.running():
        await other.until(lambda: len(other.events) == 2)
    assert broken.meter.driver_failures > 3
    assert other.meter.driver_failures == other.meter.reconnects == 0


async def test_a_health_report_that_fails_is_counted_and_the_device_reads_on(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, station, _ = world.made_up(SCANNER, [b"A\r\n", PortLost("made-up")], [b"B\r\n"])

    def refuse(_health: DeviceHealth) -> None:
        raise OSError("the screen is gone")

    monkeypatch.setattr(station, "on_health", refuse)
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert station.meter.driver_failures == 3
    assert station.meter.reconnects == 1
    assert port.closed == 2


async def test_a_failure_while_polling_is_no_less_a_failure(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, station, _ = world.made_up(SCALE, [READING, 9.0], [READING])

    async def fail(_data: bytes) -> None:
        if station.meter.driver_failures == 0 and station.events:
            raise RuntimeError("a bug in the port")

    monkeypatch.setattr(port, "write", fail)
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert station.meter.last_error == "the driver failed: RuntimeError: a bug in the port"
    assert station.meter.driver_failures == 1


async def test_a_cancellation_that_meets_a_failure_is_not_lost(world: Any) -> None:
    _, station, _ = world.made_up(SCANNER, [b"A\r\n"], [b"B\r\n"])
    station.raises = LookupError("no such piece")

    def shut_down() -> None:
        station.task.cancel()

    station.on_event_do = shut_down
    async with station.running():
        async with asyncio.timeout(10):
            await asyncio.wait({station.task})
        assert station.task.cancelled()
    assert len(station.events) == 1
