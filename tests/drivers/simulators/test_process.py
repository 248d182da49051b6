"""The simulator's process: its protocols, its TCP server, its orders, and scanners as they are set up."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.catalogue import profile_of
from drivers.clock import DeviceClock
from drivers.errors import PortLost, SimulatorFailed
from drivers.events import Event, Noise, ScanRead, Status, WeightReading
from drivers.line_settings import LineSettings
from drivers.ports.serial import SerialPort
from drivers.simulators.client import SimulatedDevice
from drivers.simulators.crowd import cost_of_reading, protocols
from drivers.supervision.device import run_device
from drivers.supervision.health import HealthMeter


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder with a short name: a UNIX socket's path has room for some 100 bytes."""
    with tempfile.TemporaryDirectory(prefix="sim") as folder:
        yield Path(folder)


class Host:
    """What a hub hears of one device."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.clock = DeviceClock()

    @property
    def readings(self) -> list[WeightReading]:
        return [event for event in self.events if isinstance(event, WeightReading)]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not reached():  # noqa: ASYNC110  (what is waited for is a plain value)
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def host_of(device: SimulatedDevice, protocol: str, url: str | None = None) -> AsyncIterator[Host]:
    host = Host()
    profile = replace(profile_of(protocol), poll_interval_s=0.02)
    running = asyncio.create_task(
        run_device(
            SerialPort(url or device.url, profile.settings, clock=host.clock),
            profile,
            meter=HealthMeter(host.clock.monotonic_ns()),
            clock=host.clock,
            randomness=random.Random(1),
            on_event=lambda event, _at_ns: host.events.append(event),
            on_health=lambda _health: None,
        )
    )
    try:
        yield host
    finally:
        running.cancel()
        await asyncio.wait({running})


async def read_to_the_end(port: SerialPort) -> None:
    while True:
        await port.read_some()


async def test_a_scale_speaks_the_protocol_unit_and_division_it_is_told_to(short_path: Path) -> None:
    async with (
        SimulatedDevice("scale", short_path, speed=20, protocol="nci", unit="kg", division="0.005") as scale,
        host_of(scale, "nci") as host,
    ):
        await scale.lay(1234)
        await host.until(lambda: bool(host.readings) and host.readings[-1].value == Decimal("1.235"))
        assert host.readings[-1].unit == "kg"


async def test_a_scale_behind_tcp_is_hung_up_and_found_again_at_its_url(short_path: Path) -> None:
    async with SimulatedDevice("scale", short_path, protocol="comma", tcp="127.0.0.1:0") as scale:
        url = scale.url
        assert url.startswith("socket://127.0.0.1:")
        port = SerialPort(url, LineSettings(), clock=DeviceClock())
        await port.open()
        assert b"GS" in (await port.read_some()).data
        await scale.fault("unplug")
        with pytest.raises(PortLost):
            await read_to_the_end(port)
        await port.close()
        await scale.fault("plug")
        assert scale.url == url
        async with host_of(scale, "comma", url) as host:
            await host.until(lambda: len(host.readings) > 3)


async def test_a_tcp_server_serves_one_host_and_takes_what_it_asks(short_path: Path) -> None:
    async with SimulatedDevice("scale", short_path, protocol="toledo-8217", tcp="127.0.0.1:0") as scale:
        address = ("127.0.0.1", int(scale.url.rpartition(":")[2]))
        first_reader, first = await asyncio.open_connection(*address)
        first.write(b"W")
        assert await first_reader.readuntil(b"\r") == b"\x02000.00\r"
        second_reader, second = await asyncio.open_connection(*address)
        assert await second_reader.read() == b""
        first.close()
        second.close()
        for writer in (first, second):
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def test_a_scale_obeys_while_it_runs(short_path: Path) -> None:
    async with (
        SimulatedDevice("scale", short_path, speed=20, rate_hz=100, protocol="comma") as scale,
        host_of(scale, "comma") as host,
    ):
        await scale.lay(500)
        await host.until(lambda: bool(host.readings) and host.readings[-1].value == Decimal("0.500"))
        await scale.tare()
        await host.until(lambda: Status.NET in host.readings[-1].status)
        await scale.tare(False)
        await host.until(lambda: Status.NET not in host.readings[-1].status)
        await scale.drift(5)
        await host.until(lambda: (host.readings[-1].value or 0) > Decimal("0.505"))
        await scale.drift(0)
        await scale.stick()
        await scale.lay(9000)
        await host.until(lambda: (host.readings[-1].value or 0) > Decimal("8.9"))
        assert all(
            reading.stable for reading in host.readings if reading.value is not None and reading.value > 1
        )

        def noise() -> list[str]:
            return [event.reason for event in host.events if isinstance(event, Noise)]

        await scale.parity("odd")
        await host.until(lambda: "parity_odd" in noise())
        await scale.parity("none")
        count = len(host.readings)
        await host.until(lambda: len(host.readings) > count + 3)
        for order in (
            {"tare": 1},
            {"drift": "fast"},
            {"stuck": "yes"},
            {"parity": "mark"},
            {"fault": "fire"},
        ):
            with pytest.raises(SimulatorFailed, match=r"a scale takes lay .*stuck .*wrong_checksum"):
                await scale.send(**order)
        with pytest.raises(SimulatorFailed, match="comma has no checksum"):
            await scale.fault("wrong_checksum")


@pytest.mark.parametrize(
    ("protocol", "options", "sent"),
    [
        ("stx-etx-scanner", ("--prefix", "stx", "--suffix", "etx"), {}),
        ("line-scanner", ("--suffix", "cr", "--no-aim"), {"aim": None}),
        ("zebra-ssi", (), {}),
    ],
)
async def test_a_scanner_sends_as_it_was_set_up(
    short_path: Path, protocol: str, options: tuple[str, ...], sent: dict[str, None]
) -> None:
    kind = "ssi" if protocol == "zebra-ssi" else None
    async with (
        SimulatedDevice("scanner", short_path, protocol=kind, options=options, speed=20) as scanner,
        host_of(scanner, protocol) as host,
    ):
        await asyncio.sleep(0.1)  # the port is flushed as it is opened
        await scanner.scan("RR473124829GB", aim="]C0")
        await scanner.scan("LX473124829GB", aim="]C0")
        await host.until(lambda: len(host.events) >= 2)
        # Twice the time after which a packet that was not acknowledged would have come again.
        await asyncio.sleep(0.25)
        reads = [event for event in host.events if isinstance(event, ScanRead)]
        assert [read.text for read in reads] == ["RR473124829GB", "LX473124829GB"]
        assert {read.aim for read in reads} == {sent.get("aim", "]C0")}


async def test_a_scanner_that_nobody_acknowledges_sends_its_packet_again(short_path: Path) -> None:
    async with SimulatedDevice("scanner", short_path, protocol="ssi", speed=20) as scanner:
        port = SerialPort(scanner.url, LineSettings(), clock=DeviceClock())
        await port.open()
        await scanner.scan("A1", aim="]C0")
        got = b""
        async with asyncio.timeout(10):
            while got.count(b"]C0A1") < 3:
                got += (await port.read_some()).data
        await port.close()
        assert [got[3], got[3 + len(got) // 3]] == [0, 1]


async def test_a_protocol_nobody_speaks_is_refused_at_the_start(short_path: Path) -> None:
    with pytest.raises(SimulatorFailed, match="it ended with 1"):
        await SimulatedDevice("scale", short_path, protocol="morse").start()


async def test_a_crowd_of_scales_is_read_and_what_that_costs_is_told(tmp_path: Path) -> None:
    cost = await cost_of_reading(tmp_path, scales=5, rate_hz=50, seconds=0.3, clock=DeviceClock())
    assert (cost.scales, list(tmp_path.iterdir())) == (5, [])
    assert cost.readings > 5
    assert cost.cpu_percent > 0
    assert len(set(protocols(16))) == 16
