"""The supervised device: its rules with a made-up port and clock, its life on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest

from drivers.catalogue import CATALOGUE, profile_of
from drivers.clock import DeviceClock
from drivers.errors import PortLost, PortMissing, UnknownProtocol
from drivers.events import Event, Noise, NoRead, ScanRead, WeightReading
from drivers.line_settings import LineSettings
from drivers.ports.serial import SerialPort
from drivers.supervision.health import DeviceState

SCALE = profile_of("mt-sics")
SCANNER = profile_of("line-scanner")
READING = b"S S      1.234 kg\r\n"


async def test_retries_begin_quickly_and_back_off_to_thirty_seconds(world: Any) -> None:
    port, station, clock = world.made_up(SCANNER, *[PortMissing("made-up")] * 10)
    async with station.running():
        await station.until(lambda: len(clock.slept) == 10)
    assert clock.slept == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert station.states == [DeviceState.LOST]
    health = station.meter.snapshot(clock.now_ns)
    assert (health.open_failures, health.reconnects) == (10, 0)
    assert health.last_error == str(PortMissing("made-up"))
    assert port.closed == 0


async def test_a_port_that_opens_and_dies_at_once_is_retried_ever_more_slowly(world: Any) -> None:
    port, station, clock = world.made_up(SCANNER, *[[PortLost("made-up")] for _ in range(4)])
    async with station.running():
        await station.until(lambda: len(clock.slept) == 4)
    assert clock.slept == [0.5, 1, 2, 4]
    assert port.closed == 4
    assert station.meter.reconnects == 3


async def test_a_device_that_was_really_back_is_retried_quickly_again(world: Any) -> None:
    clock = world.Clock()
    failures = [PortMissing("made-up")] * 3
    port = world.MadeUpPort(clock, *failures, [b"A\r", 6.0, PortLost("made-up")], *failures)
    station = world.Station(port, SCANNER, clock, world.One())
    async with station.running():
        await station.until(lambda: len(station.events) == 1)
        clock.now_ns += 6 * 10**9
        await station.until(lambda: len(clock.slept) >= 6)
    assert clock.slept[:6] == [0.5, 1, 2, 0.5, 1, 2]


async def test_the_start_command_is_sent_again_to_a_scale_that_is_silent_for_a_second(world: Any) -> None:
    port, station, _ = world.made_up(SCALE, [READING, 2.0, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert port.written == [b"SIR\r\n", b"SIR\r\n"]
    assert station.states == [DeviceState.UP, DeviceState.SILENT, DeviceState.UP]


async def test_a_scale_that_refuses_to_stream_is_polled(world: Any) -> None:
    port, station, _ = world.made_up(SCALE, [b"ES\r\n", 0.25, READING, 0.25, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 3)
    assert port.written[0] == b"SIR\r\n"
    assert len(port.written) >= 3
    assert set(port.written[1:]) == {b"SI\r\n"}


async def test_a_scanner_is_never_written_to_and_never_silent(world: Any) -> None:
    port, station, clock = world.made_up(SCANNER, [b"A\r\n"])
    async with station.running():
        await station.until(lambda: len(station.events) == 1)
        clock.now_ns += 3600 * 10**9
        for _ in range(20):
            await asyncio.sleep(0)
    assert port.written == []
    assert station.states == [DeviceState.UP]


async def test_a_stalled_write_does_not_end_the_reading(world: Any) -> None:
    port, station, _ = world.made_up(replace(SCALE, silent_after_s=0.1), [READING, 1.0, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 1)
        port.refuses_writes = True
        await station.until(lambda: len(station.events) == 2)
    assert station.states[-1] is DeviceState.UP


async def test_half_a_frame_from_before_a_loss_never_meets_half_a_frame_from_after_it(world: Any) -> None:
    lost: list[bytes | Exception | float] = [b"S S      1.2", PortLost("made-up")]
    _, station, clock = world.made_up(SCALE, lost, [b"34 kg\r\n" + READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert station.events[0] == Noise(discarded=5, reason="not_mt_sics")
    assert isinstance(station.events[1], WeightReading)
    health = station.meter.snapshot(clock.now_ns)
    assert (health.frames, health.noise_bytes, health.last_noise) == (1, 5, "not_mt_sics")
    assert station.states == [DeviceState.UP, DeviceState.LOST, DeviceState.UP]


async def test_a_device_that_is_plugged_in_is_opened_at_once_and_retried_quickly_again(world: Any) -> None:
    port, station, clock = world.made_up(SCANNER, *[PortMissing("made-up")] * 9)
    real_sleep = clock.sleep

    async def sleep(seconds: float) -> None:
        if seconds == 16:
            port.plugged_in.set()
            await asyncio.Event().wait()
        await real_sleep(seconds)

    clock.sleep = sleep
    async with station.running():
        await station.until(lambda: len(clock.slept) == 8)
    # The wait of sixteen seconds never ended; the one after it begins anew.
    assert clock.slept == [0.5, 1, 2, 4, 8, 0.5, 1, 2]


async def test_a_scale_without_a_start_command_is_polled_from_the_beginning_and_found_silent(
    world: Any,
) -> None:
    profile = replace(SCALE, start_command=b"", poll_command=b"W")
    port, station, _ = world.made_up(profile, [0.25, READING, 0.35, READING, 3.0, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 3)
    assert set(port.written) == {b"W"}
    assert len(port.written) >= 30
    assert station.states == [DeviceState.UP, DeviceState.SILENT, DeviceState.UP]
    silent = station.healths[1]
    assert silent.last_byte_ns is not None
    # It has its deadline from the last byte, and not from the last question.
    assert 1.0 < (silent.since_ns - silent.last_byte_ns) / 1e9 <= 1.0 + 2 * profile.poll_interval_s
    assert silent.quiet_s(silent.last_byte_ns + 10**9) == 1.0


async def test_a_scale_that_is_asked_nothing_is_found_silent_and_never_written_to(world: Any) -> None:
    profile = replace(SCALE, start_command=b"", poll_command=b"")
    port, station, _ = world.made_up(profile, [READING, 2.0, READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert port.written == []
    assert station.states == [DeviceState.UP, DeviceState.SILENT, DeviceState.UP]


class Holding:
    """A parser that holds a line until the next one begins, or until the line is idle."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[Event]:
        events, self._held = self.idle(), data
        return events

    def idle(self) -> list[Event]:
        held, self._held = self._held, b""
        return [NoRead(raw=held)] if held else []

    def held_bytes(self) -> int:
        return len(self._held)


async def test_a_frame_that_one_more_byte_could_change_is_told_when_the_line_is_idle(world: Any) -> None:
    profile = replace(SCANNER, new_parser=Holding, idle_gap_s=0.01)
    _, station, clock = world.made_up(profile, [b"A", b"B"])
    station.meter.last_byte_ns = clock.now_ns
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert station.events == [NoRead(raw=b"A"), NoRead(raw=b"B")]


async def test_without_an_idle_gap_a_parser_is_never_asked_for_what_it_holds(world: Any) -> None:
    _, station, _ = world.made_up(replace(SCANNER, new_parser=Holding, idle_gap_s=None), [b"A", b"B"])
    async with station.running():
        await station.until(lambda: bool(station.events))
        await asyncio.sleep(0.05)
    assert station.events == [NoRead(raw=b"A")]


async def test_what_waits_in_the_port_shows_in_the_health_of_its_device(world: Any) -> None:
    port, station, clock = world.made_up(SCANNER, [b"A\r\n"])
    async with station.running():
        await station.until(lambda: bool(station.events))
        port.held = 4711
        assert station.meter.snapshot(clock.now_ns).backlog_bytes == 4711


class Both:
    """One cable that both scans and weighs."""

    def feed(self, data: bytes) -> list[Event]:
        return SCALE.new_parser().feed(data) + SCANNER.new_parser().feed(data)

    def idle(self) -> list[Event]:
        return []

    def held_bytes(self) -> int:
        return 0


async def test_a_device_that_both_scans_and_weighs_tells_both(world: Any) -> None:
    _, station, _ = world.made_up(replace(SCALE, new_parser=Both), [READING])
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert [type(event) for event in station.events] == [WeightReading, ScanRead]


async def test_a_scale_that_says_it_has_a_weight_is_ordered_to_send_it(world: Any) -> None:
    enq, ack, dc1, frame = b"\x05", b"\x06", b"\x11", b"\x01\x02S  1.234kg\x75\x03\x04"
    port, station, _ = world.made_up(profile_of("cas-pd2"), [ack, 0.05, frame])
    async with station.running():
        await station.until(lambda: len(station.events) == 2)
    assert port.written[:2] == [enq, dc1]
    assert dc1 not in port.written[2:]
    assert isinstance(station.events[1], WeightReading)


def test_a_protocol_that_is_not_in_the_catalogue_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownProtocol, match=r"'toledo'; use one of mt-sics, .*line-scanner"):
        profile_of("toledo")
    assert all(profile.name == name and profile.cannot_tell for name, profile in CATALOGUE.items())
    assert all(profile.new_parser().feed(b"\x00\xff") == [] for profile in CATALOGUE.values())


async def test_a_real_port_is_lost_and_found_again_with_its_stream_restarted(
    world: Any, far_end: Any
) -> None:
    clock = DeviceClock()
    port = SerialPort(str(far_end.link), LineSettings(), clock=clock)
    station = world.Station(port, SCALE, clock, random.Random(1))
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
    assert station.meter.reconnects == 1


async def test_a_real_scanner_is_read_at_any_cut(world: Any, far_end: Any) -> None:
    clock = DeviceClock()
    port = SerialPort(str(far_end.link), SCANNER.settings, clock=clock)
    station = world.Station(port, SCANNER, clock, random.Random(1))
    async with station.running():
        await station.until(lambda: DeviceState.UP in station.states)
        for byte in b"]C1" + b"00340123450000000018" + b"\r\n":
            far_end.send(bytes([byte]))
            await asyncio.sleep(0)
        await station.until(lambda: bool(station.events))
    (scan,) = station.events
    assert isinstance(scan, ScanRead)
    assert (scan.aim, scan.text) == ("]C1", "00340123450000000018")
