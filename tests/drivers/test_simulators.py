"""The simulators: their models by themselves, and their processes through the whole package."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from drivers.catalogue import profile_of
from drivers.clock import DeviceClock
from drivers.errors import SimulatorFailed
from drivers.events import Event, Noise, ScanRead, Status, WeightReading
from drivers.line_settings import LineSettings
from drivers.ports.serial import SerialPort
from drivers.profile import DeviceProfile
from drivers.scales.mt_sics import MtSics
from drivers.scanners.folding import FoldedScan, Folder
from drivers.simulators.client import SimulatedDevice
from drivers.simulators.scale import ScaleModel, ScaleSettings, with_parity
from drivers.simulators.scanner import label_bytes
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, DeviceState, HealthMeter
from drivers.weighing.machine import WeighingMachine
from drivers.weighing.outcome import NoWeighing, NoWeighingReason, Weighing

MS = 1_000_000


def run_of(model: ScaleModel, seconds: float, from_ns: int = 0) -> list[Event]:
    """What a host reads from the model in that time, at 20 readings a second."""
    parser = MtSics()
    return [
        event
        for tick in range(int(seconds * 20))
        for event in parser.feed(model.tick(from_ns + tick * 50 * MS))
    ]


def streaming(seed: int = 1) -> ScaleModel:
    model = ScaleModel(random.Random(seed))
    model.receive(b"SIR\r\n", 0)
    return model


def test_a_load_settles_from_motion_to_a_stable_weight_near_its_own() -> None:
    model = streaming()
    model.lay(1234, 0)
    readings = [event for event in run_of(model, 3) if isinstance(event, WeightReading)]
    flags = [reading.stable for reading in readings]
    first_stable = flags.index(True)
    assert flags == [False] * first_stable + [True] * (len(flags) - first_stable)
    assert first_stable > 0
    assert readings[-1].value is not None
    assert abs(readings[-1].value * 1000 - 1234) <= 1
    assert readings[-1].unit == "kg"


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    def bytes_of(seed: int) -> list[bytes]:
        model = streaming(seed)
        model.lay(500, 0)
        return [model.tick(tick * 50 * MS) for tick in range(40)]

    assert bytes_of(7) == bytes_of(7)
    assert bytes_of(7) != bytes_of(8)


def test_speed_shortens_the_settling() -> None:
    def moving_readings(speed: float) -> int:
        model = ScaleModel(random.Random(1), ScaleSettings(speed=speed))
        model.receive(b"SIR\r\n", 0)
        model.lay(1000, 0)
        return sum(event.stable is False for event in run_of(model, 3) if isinstance(event, WeightReading))

    assert moving_readings(4) * 3 < moving_readings(1)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"SI\r\n", b"S S      0.000 kg\r\n"),
        (b"S\r\n", b"S S      0.000 kg\r\n"),
        (b"I4\r\n", b'I4 A "SIM0001"\r\n'),
        (b"@\r\n", b'I4 A "SIM0001"\r\n'),
        (b"Z\r\n", b"Z A\r\n"),
        (b"WHAT\r\n", b"ES\r\n"),
        (b"S", b""),
    ],
)
def test_a_command_is_answered_as_a_scale_would(command: bytes, answer: bytes) -> None:
    model = ScaleModel(random.Random(1))
    assert model.receive(command, 0) == answer
    assert all(not isinstance(event, Noise) for event in MtSics().feed(answer))


def test_a_moving_scale_neither_gives_a_stable_weight_nor_sets_zero() -> None:
    model = ScaleModel(random.Random(1))
    model.lay(1000, 0)
    assert model.receive(b"S\r\nZ\r\n", 50 * MS) == b"S I\r\nZ I\r\n"


def test_zero_is_set_to_what_lies_there_and_reset_ends_the_stream() -> None:
    model = streaming()
    model.lay(200, 0)
    assert model.receive(b"Z\r\n", 5000 * MS) == b"Z A\r\n"
    model.take(5000 * MS)
    (reading,) = MtSics().feed(model.tick(10_000 * MS))
    assert isinstance(reading, WeightReading)
    assert Status.NEGATIVE in reading.status
    model.receive(b"@\r\n", 10_000 * MS)
    assert model.tick(10_050 * MS) == b""


def test_more_than_the_capacity_is_over_and_not_a_weight() -> None:
    model = streaming()
    model.lay(40_000, 0)
    assert model.tick(5000 * MS) == b"S +\r\n"


def test_faults_damage_the_bytes_and_a_host_notices() -> None:
    model = streaming()
    for fault in ("cut_frame", "noise"):
        model.fault(fault, 0)
        events = run_of(model, 1)
        assert any(isinstance(event, Noise) for event in events), fault
        assert isinstance(events[-1], WeightReading)
    model.fault("silence", 0)
    assert run_of(model, 1) == []
    assert model.receive(b"SIR\r\n", 1000 * MS) == b""
    assert model.receive(b"SIR\r\n", 2000 * MS) != b""
    with pytest.raises(ValueError, match=r"'smoke'; use one of cut_frame, noise, power_up, silence"):
        model.fault("smoke", 0)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_the_parity_bit_makes_every_byte_even_or_odd(parity: str) -> None:
    sent = with_parity(b"S S      1.234 kg\r\n", parity)
    assert bytes(byte & 0x7F for byte in sent) == b"S S      1.234 kg\r\n"
    assert {byte.bit_count() % 2 for byte in sent} == {int(parity == "odd")}
    with pytest.raises(ValueError, match=r"'mark'; use even or odd"):
        with_parity(b"", "mark")


def test_a_label_is_sent_with_its_aim_identifier() -> None:
    assert label_bytes("Größe", aim="]Q1", suffix=b"\r") == "]Q1Größe\r".encode()


@pytest.mark.parametrize("bad", [{"rate_hz": 0}, {"speed": -1}, {"settle_s": 0}])
def test_a_scale_without_time_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ScaleSettings(**bad)  # type: ignore[arg-type]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder with a short name: a UNIX socket's path has room for some 100 bytes."""
    with tempfile.TemporaryDirectory(prefix="sim") as folder:
        yield Path(folder)


class Lane:
    """One device under supervision, with a weighing machine behind a scale and a folder behind a scanner."""

    def __init__(self, device: SimulatedDevice, profile: DeviceProfile) -> None:
        self.clock = DeviceClock()
        self.machine = WeighingMachine()
        self.folder = Folder()
        self.scans: list[FoldedScan] = []
        self.readings: list[WeightReading] = []
        self.others: list[Event] = []
        self.states: list[DeviceState] = []
        self.meter = HealthMeter(self.clock.monotonic_ns())
        self.port = SerialPort(str(device.port), LineSettings(byte_size=7, parity="E"), clock=self.clock)
        self._profile = profile

    def on_event(self, event: Event, at_ns: int) -> None:
        if isinstance(event, WeightReading):
            self.readings.append(event)
            self.machine.feed(event, at_ns)
        elif isinstance(event, ScanRead):
            if scan := self.folder.feed(event, at_ns):
                self.scans.append(scan)
        else:
            self.others.append(event)

    def on_health(self, health: DeviceHealth) -> None:
        self.states.append(health.state)
        if health.state is DeviceState.LOST:
            self.machine.lost(health.since_ns)

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not reached():  # noqa: ASYNC110  (what is waited for is a plain value)
                await asyncio.sleep(0.005)

    async def reads_stable(self, grams: int) -> None:
        """Wait until the scale has shown that weight, stable, five times in a row."""

        def shown() -> bool:
            return len(self.readings) >= 5 and all(
                r.stable and r.value is not None and abs(r.value * 1000 - grams) <= 1
                for r in self.readings[-5:]
            )

        await self.until(shown)


@contextlib.asynccontextmanager
async def lane_of(
    kind: Literal["scale", "scanner"], folder: Path, parity: Literal["even", "odd"] | None = None
) -> AsyncIterator[tuple[SimulatedDevice, Lane]]:
    profile = profile_of("mt-sics" if kind == "scale" else "line-scanner")
    async with SimulatedDevice(kind, folder, speed=20, rate_hz=100, parity=parity) as device:
        lane = Lane(device, profile)
        running = asyncio.create_task(
            run_device(
                lane.port,
                profile,
                meter=lane.meter,
                clock=lane.clock,
                randomness=random.Random(1),
                on_event=lane.on_event,
                on_health=lane.on_health,
            )
        )
        try:
            await lane.until(lambda: DeviceState.UP in lane.states)
            yield device, lane
        finally:
            running.cancel()
            await asyncio.wait({running})


async def test_a_simulated_scale_is_weighed_through_faults_and_an_unplugging(short_path: Path) -> None:
    async with lane_of("scale", short_path) as (scale, lane):
        await lane.reads_stable(0)
        await scale.lay(1234)
        await lane.reads_stable(1234)
        scan_ns = lane.clock.monotonic_ns()
        weighing = lane.machine.claim(scan_ns)
        assert isinstance(weighing, Weighing)
        assert abs(weighing.grams - 1234) <= 1
        assert weighing.started_ns <= weighing.stable_ns <= weighing.last_byte_ns <= scan_ns

        await scale.fault("cut_frame")
        await scale.fault("noise")
        await lane.until(lambda: bool(lane.others))
        assert all(isinstance(event, Noise) for event in lane.others)
        await scale.take()
        await lane.reads_stable(0)

        await scale.lay(800)
        await lane.until(lambda: lane.readings[-1].value != 0)
        await scale.fault("unplug")
        await lane.until(lambda: lane.states[-1] is DeviceState.LOST)
        lost = NoWeighing(NoWeighingReason.DEVICE_LOST)
        assert lane.machine.claim(lane.clock.monotonic_ns()) == lost

        await scale.fault("plug")
        await lane.until(lambda: lane.states[-1] is DeviceState.UP)
        lane.readings.clear()
        await lane.reads_stable(800)
        unseen = NoWeighing(NoWeighingReason.NEVER_EMPTY)
        assert lane.machine.claim(lane.clock.monotonic_ns()) == unseen
        await scale.take()
        await lane.reads_stable(0)
        await scale.lay(950)
        await lane.reads_stable(950)
        weighing = lane.machine.claim(lane.clock.monotonic_ns())
        assert isinstance(weighing, Weighing)
        assert abs(weighing.grams - 950) <= 1
        assert lane.meter.reconnects == 1


async def test_a_simulated_scale_with_the_wrong_parity_is_told_by_the_health(short_path: Path) -> None:
    async with lane_of("scale", short_path, parity="even") as (_, lane):
        await lane.until(lambda: lane.meter.noise_bytes > 100)
        assert lane.meter.last_noise == "parity_even"
        assert lane.readings == []


async def test_a_simulated_scanner_reads_labels_and_refuses_orders_it_does_not_know(short_path: Path) -> None:
    async with lane_of("scanner", short_path) as (scanner, lane):
        await scanner.scan("RR473124829GB", aim="]C0")
        await scanner.scan("RR473124829GB", aim="]C0")
        await scanner.send(raw_hex="4e520d0a")
        await lane.until(lambda: bool(lane.others) and lane.folder.last is not None)
        (scan,) = lane.scans
        assert (scan.read.aim, scan.read.text) == ("]C0", "RR473124829GB")
        assert lane.folder.last is not None
        assert lane.folder.last.repeats == 1
        for order in ({"lay": 5}, {"scan": 5}, {"raw_hex": "xyz"}, {"fault": "noise"}):
            with pytest.raises(SimulatorFailed, match=r"the simulator of .*/scanner failed"):
                await scanner.send(**order)
        await scanner.fault("unplug")
        await scanner.fault("unplug")
        assert not scanner.port.is_symlink()
        await scanner.fault("plug")
        assert scanner.port.is_symlink()


@pytest.mark.parametrize("by_signal", [False, True])
async def test_a_simulator_that_is_ended_leaves_nothing_behind(short_path: Path, by_signal: bool) -> None:
    device = SimulatedDevice("scanner", short_path)
    await device.start()
    if by_signal:
        assert await device.terminate() == 0
    await device.stop()
    await device.stop()
    assert list(short_path.iterdir()) == []
    with pytest.raises(SimulatorFailed, match="it is not running"):
        await device.scan("A")


async def test_a_simulator_that_cannot_start_says_so(short_path: Path) -> None:
    with pytest.raises(SimulatorFailed, match=r"it ended with 1; see its standard error"):
        await SimulatedDevice("scale", short_path / "not" / "there").start()
