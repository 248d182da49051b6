"""A simulated device in a process of its own: a pseudo-terminal behind a link that stays, and a control
socket.

The process ends on SIGTERM, SIGINT, or when the parent that started it with a pipe as standard input closes
that pipe.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import random  # noqa: TID251  (this process is where the seeded generator of a simulation is made)
import signal
import stat
import sys
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from drivers.clock import MonotonicClock, SystemClock
from drivers.simulators.scale import FAULTS, ScaleModel, ScaleSettings, with_parity
from drivers.simulators.scanner import label_bytes

CONTROL_CEILING = 65_536
"""Bytes of one control line."""

HEAVIEST_G = 10_000_000
"""Nobody lays more on a parcel scale; what is above is refused as a slip."""

_READ = 4096


class PtyLine:
    """A pseudo-terminal whose far end stands behind ``link``.

    We keep that far end open ourselves: without an owner, the near end would fail until somebody opened it.
    """

    def __init__(self, link: Path, on_bytes: Callable[[bytes], None]) -> None:
        self._link = link
        self._on_bytes = on_bytes
        self._near: int | None = None
        self._far: int | None = None

    def plug(self) -> None:
        """Make a new pair behind the same link; nothing happens while one is there."""
        if self._near is not None:
            return
        self._near, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        asyncio.get_running_loop().add_reader(self._near, self._read)
        beside = self._link.with_name(f".{self._link.name}.{os.getpid()}")
        beside.symlink_to(os.ttyname(self._far))
        beside.replace(self._link)

    def unplug(self) -> None:
        """Take the device away: its owner's next read fails, and the link is gone."""
        if self._near is None or self._far is None:
            return
        self._link.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(self._near)
        os.close(self._far)
        os.close(self._near)
        self._near = self._far = None

    def send(self, data: bytes) -> None:
        """Send what fits; like a real line, bytes that nobody reads are lost."""
        if self._near is not None and data:
            with suppress(BlockingIOError):
                os.write(self._near, data)

    def _read(self) -> None:
        if self._near is None:
            return
        with suppress(BlockingIOError):
            self._on_bytes(os.read(self._near, _READ))


class SimulatedKind(Protocol):
    """What a kind of device adds to the process."""

    line: PtyLine

    def control(self, order: dict[str, object]) -> None:
        """Carry out one control line; ValueError says what is wrong with it."""
        ...

    async def run(self) -> None:
        """What the device does by itself, until cancelled."""
        ...


class SimulatedScale:
    """Takes ``lay`` (grams), ``take`` and ``fault`` (cut_frame, noise, silence, unplug, plug)."""

    def __init__(
        self, link: Path, model: ScaleModel, *, rate_hz: float, parity: str | None, clock: MonotonicClock
    ) -> None:
        self.line = PtyLine(link, self._received)
        self._model = model
        self._rate_hz = rate_hz
        self._parity = parity
        self._clock = clock

    def control(self, order: dict[str, object]) -> None:
        now_ns = self._clock.monotonic_ns()
        match order:
            case {"lay": int() | float() as grams} if 0 < grams <= HEAVIEST_G:
                self._model.lay(float(grams), now_ns)
            case {"take": True}:
                self._model.take(now_ns)
            case {"fault": "unplug"}:
                self.line.unplug()
            case {"fault": "plug"}:
                self._model.power_on()
                self.line.plug()
            case {"fault": str() as name} if name in FAULTS:
                self._model.fault(name, now_ns)
            case _:
                raise ValueError(f"a scale takes lay, take or fault ({', '.join(FAULTS)}, unplug, plug)")

    async def run(self) -> None:
        due_ns = self._clock.monotonic_ns()
        while True:
            self._send(self._model.tick(self._clock.monotonic_ns()))
            # Due times, not pauses: a late wake-up does not make the stream slower.
            due_ns = max(due_ns + int(1e9 / self._rate_hz), self._clock.monotonic_ns())
            await self._clock.sleep((due_ns - self._clock.monotonic_ns()) / 1e9)

    def _received(self, data: bytes) -> None:
        self._send(self._model.receive(data, self._clock.monotonic_ns()))

    def _send(self, data: bytes) -> None:
        self.line.send(with_parity(data, self._parity) if self._parity else data)


class SimulatedScanner:
    """Takes ``scan`` (text, with ``aim``), ``raw_hex`` and ``fault`` (unplug, plug)."""

    def __init__(self, link: Path) -> None:
        self.line = PtyLine(link, lambda _data: None)

    def control(self, order: dict[str, object]) -> None:
        match order:
            case {"scan": str() as text, **rest} if isinstance(aim := rest.get("aim", ""), str):
                self.line.send(label_bytes(text, aim=aim))
            case {"raw_hex": str() as digits}:
                self.line.send(bytes.fromhex(digits))
            case {"fault": "unplug"}:
                self.line.unplug()
            case {"fault": "plug"}:
                self.line.plug()
            case _:
                raise ValueError("a scanner takes scan (with aim), raw_hex or fault (unplug, plug)")

    async def run(self) -> None:
        await asyncio.Event().wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """What the command line says; ``kind`` is ``scale`` or ``scanner``, ``parity`` even, odd or None."""

    kind: str
    port_link: Path
    control: Path
    seed: int = 1
    speed: float = 1.0
    rate_hz: float = 20.0
    parity: str | None = None


def make_device(options: SimulatorOptions, clock: MonotonicClock) -> SimulatedKind:
    """The device that the options ask for."""
    if options.kind == "scanner":
        return SimulatedScanner(options.port_link)
    settings = ScaleSettings(rate_hz=options.rate_hz, speed=options.speed)
    return SimulatedScale(
        options.port_link,
        ScaleModel(random.Random(options.seed), settings),
        rate_hz=options.rate_hz,
        parity=options.parity,
        clock=clock,
    )


async def run_simulator(options: SimulatorOptions) -> None:
    """Simulate until a signal or the parent ends it; the link and the socket are removed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _stop_with_parent(stop)
    device = make_device(options, SystemClock())

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(_obey(device, line))
                await writer.drain()
        except (ValueError, OSError):
            pass  # a line above the ceiling, or a caller that went away: its connection ends, nothing else
        finally:
            writer.close()

    options.control.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(serve, options.control, limit=CONTROL_CEILING)
    running = asyncio.create_task(device.run(), name=f"simulated {options.kind}")
    running.add_done_callback(lambda _: stop.set())
    try:
        # The link comes last: who sees it can talk to the socket too.
        device.line.plug()
        await stop.wait()
    finally:
        running.cancel()
        await asyncio.wait({running})
        device.line.unplug()
        server.close()
        options.control.unlink(missing_ok=True)
    if not running.cancelled():
        await running  # it ended by itself, so its error is ours


def _obey(device: SimulatedKind, line: bytes) -> bytes:
    try:
        order = json.loads(line)
        device.control(order if isinstance(order, dict) else {})
    except ValueError as exc:
        return json.dumps({"error": str(exc)}).encode() + b"\n"
    return b'{"ok":true}\n'


def _stop_with_parent(stop: asyncio.Event) -> None:
    """End when the parent closes the pipe we were started with; a terminal or a file says nothing."""
    descriptor = sys.stdin.fileno()
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def read() -> None:
        if not os.read(descriptor, _READ):
            asyncio.get_running_loop().remove_reader(descriptor)
            stop.set()

    asyncio.get_running_loop().add_reader(descriptor, read)
