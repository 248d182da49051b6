"""The supervised device: its rules with a made-up port and clock, its life on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from drivers.catalogue import CATALOGUE, profile_of
from drivers.clock import SystemClock
from drivers.device import DeviceHealth, DeviceState, HealthMeter, run_device
from drivers.errors import PortLost, PortMissing, PortStalled, UnknownProtocol
from drivers.events import Event, Noise, ScanRead, WeightReading
from drivers.line_settings import LineSettings
from drivers.port import Chunk, Port, PortIdentity, SerialPort
from drivers.profile import DeviceProfile

SCALE = profile_of("mt-sics")
SCANNER = profile_of("line-scanner")
READING = b"S S      1.234 kg\r\n"


class Clock:
    """Time that passes only when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.slept: list[float] = []

    def monotonic_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ns += int(seconds * 1e9)
        await asyncio.sleep(0)


class One:
    """The highest of all chances, so that every wait is as long as it can be."""

    def random(self) -> float:
        return 1.0


class MadeUpPort:
    """Does what a script says: bytes are read, an exception is raised, a number is a wait in seconds."""

    def __init__(self, clock: Clock, *openings: Exception | Sequence[bytes | Exception | float]) -> None:
        self.clock = clock
        self.openings = list(openings)
        self.script: list[bytes | Exception | float] = []
        self.written: list[bytes] = []
        self.refuses_writes = False
        self.closed = 0

    async def open(self) -> None:
        if not self.openings:
            await asyncio.Event().wait()
        opening = self.openings.pop(0)
        if isinstance(opening, Exception):
            raise opening
        self.script = list(opening)

    async def read_some(self) -> Chunk:
        while self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            if isinstance(step, bytes):
                return Chunk(step, self.clock.now_ns)
            until_ns = self.clock.now_ns + int(step * 1e9)
            while self.clock.now_ns < until_ns:  # noqa: ASYNC110  (made-up time rings no bell)
                await asyncio.sleep(0)
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def write(self, data: bytes) -> None:
        if self.refuses_writes:
            raise PortStalled("made-up")
        self.written.append(data)

    async def close(self) -> None:
        self.closed += 1

    def identity(self) -> PortIdentity:
        return PortIdentity(url="made-up", device=None, by_id=None, by_path=None)


class Station:
    """Runs one device and keeps what it said."""

    def __init__(self, port: Port, profile: DeviceProfile, clock: Any, chance: Any) -> None:
        self.meter = HealthMeter(clock.monotonic_ns())
        self.events: list[Event] = []
        self.states: list[DeviceState] = []
        self.healths: list[DeviceHealth] = []
        self._arguments = (port, profile)
        self._options = {"clock": clock, "randomness": chance}

    def on_event(self, event: Event, at_ns: int) -> None:
        assert at_ns == self.meter.last_byte_ns
        self.events.append(event)

    def on_health(self, health: DeviceHealth) -> None:
        self.healths.append(health)
        self.states.append(health.state)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Station]:
        task = asyncio.create_task(
            run_device(
                *self._arguments,
                **self._options,
                meter=self.meter,
                on_event=self.on_event,
                on_health=self.on_health,
            )
        )
        try:
            yield self
        finally:
            assert not task.done(), task
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not reached():  # noqa: ASYNC110  (what is waited for is a plain value)
                await asyncio.sleep(0)


def made_up(profile: DeviceProfile, *openings: Exception | Sequence[bytes | Exception | float]) -> Any:
    clock = Clock()
    port = MadeUpPort(clock, *openings)
    return port, Station(port, profile, clock, One()), clock


async def test_retries_begin_quickly_and_back_off_to_thirty_seconds() -> None:
    port, station, clock = made_up(SCANNER, *[PortMissing("made-up")] * 10)
    async with station.running():
        await station.until(lambda: len(clock.slept) == 10)
    assert clock.slept == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert station.states == [DeviceState.LOST]
    health = station.meter.snapshot()
    assert (health.open_failures, health.reconnects) == (10, 0)
    assert health.last_error == str(PortMissing("made-up"))
    assert port.closed == 0


async def test_a_port_that_opens_and_dies_at_once_is_retried_ever_more_slowly() -> None:
    port, station, clock = made_up(SCANNER, *[[PortLost("made-up")] for _ in range(4)])
    async with station.running():
        await station.until(lambda: len(clock.slept) == 4)
    assert clock.slept == [0.5, 1, 2, 4]
    assert port.closed == 4
    assert station.meter.snapshot().reconnects == 3


async def test_a_device_that_was_really_back_is_retried_quickly_again() -> None:
    clock = Clock()
    failures = [PortMissing("made-up")] * 3
    port = MadeUpPort(clock, *failures, [b"A\r", 6.0, PortLost("made-up")], *failures)
    station = Station(port, SCANNER, clock, One())
    async with station.running():
        await station.until(lambda: len(station.events) == 1)
        clock.now_ns += 6 * 10**9
        await station.until(lambda: len(clock.slept) >= 6)
    assert clock.slept[:6] == [0.5, 1, 2, 0.5, 1, 2]


async def test_the_start_command_is_sent_again_to_a_scale_that_is_silent_for_a_second() -> None:
    port, station, _ = made_up(SCALE, [READING, 2.0, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert port.written == [b"SIR\r\n", b"SIR\r\n"]
    assert station.states == [DeviceState.UP, DeviceState.SILENT, DeviceState.UP]


async def test_a_scale_that_refuses_to_stream_is_polled() -> None:
    port, station, _ = made_up(SCALE, [b"ES\r\n", 0.25, READING, 0.25, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 3)
    assert port.written[0] == b"SIR\r\n"
    assert len(port.written) >= 3
    assert set(port.written[1:]) == {b"SI\r\n"}


async def test_a_scanner_is_never_written_to_and_never_silent() -> None:
    port, station, clock = made_up(SCANNER, [b"A\r\n"])
    async with station.running():
        await station.until(lambda: len(station.events) == 1)
        clock.now_ns += 3600 * 10**9
        for _ in range(20):
            await asyncio.sleep(0)
    assert port.written == []
    assert station.states == [DeviceState.UP]


async def test_a_stalled_write_does_not_end_the_reading() -> None:
    port, station, _ = made_up(replace(SCALE, silent_after_s=0.1), [READING, 1.0, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 1)
        port.refuses_writes = True
        await station.until(lambda: len(station.events) == 2)
    assert station.states[-1] is DeviceState.UP


async def test_half_a_frame_from_before_a_loss_never_meets_half_a_frame_from_after_it() -> None:
    lost: list[bytes | Exception | float] = [b"S S      1.2", PortLost("made-up")]
    _, station, _ = made_up(SCALE, lost, [b"34 kg\r\n" + READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert station.events[0] == Noise(discarded=5, reason="not_mt_sics")
    assert isinstance(station.events[1], WeightReading)
    health = station.meter.snapshot()
    assert (health.frames, health.noise_bytes, health.last_noise) == (1, 5, "not_mt_sics")
    assert station.states == [DeviceState.UP, DeviceState.LOST, DeviceState.UP]


async def test_what_the_station_raises_is_passed_through_and_the_port_is_closed() -> None:
    port, station, clock = made_up(SCANNER, [b"A\r\n"])

    def refuse(_event: Event, _at_ns: int) -> None:
        raise LookupError("no such station")

    with pytest.raises(LookupError):
        await run_device(
            port,
            SCANNER,
            meter=station.meter,
            clock=clock,
            randomness=One(),
            on_event=refuse,
            on_health=station.on_health,
        )
    assert port.closed == 1


def test_a_protocol_that_is_not_in_the_catalogue_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownProtocol, match=r"'toledo'; use one of mt-sics, line-scanner"):
        profile_of("toledo")
    assert all(profile.name == name and profile.cannot_tell for name, profile in CATALOGUE.items())
    assert all(profile.new_parser().feed(b"\x00\xff") == [] for profile in CATALOGUE.values())


async def test_a_real_port_is_lost_and_found_again_with_its_stream_restarted(far_end: Any) -> None:
    clock = SystemClock()
    port = SerialPort(str(far_end.link), LineSettings(), clock=clock)
    station = Station(port, SCALE, clock, random.Random(1))
    async with station.running():
        assert await far_end.receive(b"\n") == b"SIR\r\n"
        far_end.send(READING[:9])
        far_end.send(READING[9:] + b"\xff\xfe garbage\r\n" + READING[:8])
        await station.until(lambda: len(station.events) == 2)
        far_end.unplug()
        await station.until(lambda: DeviceState.LOST in station.states)
        far_end.plug()
        assert await far_end.receive(b"\n") == b"SIR\r\n"
        far_end.send(READING)
        await station.until(lambda: len(station.events) == 3)
    kinds = [type(event) for event in station.events]
    assert kinds == [WeightReading, Noise, WeightReading]
    assert station.meter.snapshot().reconnects == 1


async def test_a_real_scanner_is_read_at_any_cut(far_end: Any) -> None:
    clock = SystemClock()
    port = SerialPort(str(far_end.link), SCANNER.settings, clock=clock)
    station = Station(port, SCANNER, clock, random.Random(1))
    async with station.running():
        await station.until(lambda: DeviceState.UP in station.states)
        for byte in b"]C1" + b"00340123450000000018" + b"\r\n":
            far_end.send(bytes([byte]))
            await asyncio.sleep(0)
        await station.until(lambda: bool(station.events))
    (scan,) = station.events
    assert isinstance(scan, ScanRead)
    assert (scan.aim, scan.text) == ("]C1", "00340123450000000018")
