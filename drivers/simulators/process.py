"""A simulated device in a process of its own: a line behind a link that stays, and a control socket.

The process ends on SIGTERM, SIGINT, or when the parent that started it with a pipe as standard input closes
that pipe.
"""

from __future__ import annotations

import asyncio
import json
import os
import random  # noqa: TID251  (this process is where the seeded generator of a simulation is made)
import signal
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from drivers.clock import DeviceClock, MonotonicClock
from drivers.simulators.lines import Line, OnBytes, PtyLine, TcpLine
from drivers.simulators.scale import FAULTS, ScaleModel, ScaleSettings, with_parity
from drivers.simulators.scanner import ScannerSettings, SsiModel

CONTROL_CEILING = 65_536
"""Bytes of one control line."""

HEAVIEST_G = 10_000_000
"""Nobody lays more on a parcel scale; what is above is refused as a slip."""

_READ = 4096
_LOOK_AGAIN_S = 0.02
_ACK_TIMEOUT_S = 2.0


class SimulatedKind(Protocol):
    """What a kind of device adds to the process."""

    line: Line

    def control(self, order: dict[str, object]) -> None:
        """Carry out one control line; ValueError says what is wrong with it."""
        ...

    async def run(self) -> None:
        """What the device does by itself, until cancelled."""
        ...


class SimulatedScale:
    """Takes the orders that ``_SCALE_ORDERS`` names."""

    def __init__(
        self,
        make_line: Callable[[OnBytes], Line],
        model: ScaleModel,
        *,
        rate_hz: float,
        parity: str | None,
        clock: MonotonicClock,
    ) -> None:
        self.line = make_line(self._received)
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
            case {"tare": bool() as on}:
                self._model.tare(on, now_ns)
            case {"drift": int() | float() as grams_per_s} if abs(grams_per_s) <= HEAVIEST_G:
                self._model.drift(float(grams_per_s), now_ns)
            case {"stuck": bool() as on}:
                self._model.stick(on)
            case {"parity": "even" | "odd" | "none" as parity}:
                self._parity = None if parity == "none" else str(parity)
            case {"fault": "unplug"}:
                self.line.unplug()
            case {"fault": "plug"}:
                self._model.power_on()
                self.line.plug()
            case {"fault": str() as name} if name in FAULTS:
                self._model.fault(name, now_ns)
            case _:
                raise ValueError(f"a scale takes {_SCALE_ORDERS}")

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


_SCALE_ORDERS = (
    "lay (grams), take, tare (true, false), drift (grams a second), stuck (true, false), parity (even, odd, "
    f"none) or fault ({', '.join(FAULTS)}, unplug, plug)"
)


class SimulatedScanner:
    """Takes ``scan`` (text, with ``aim``), ``raw_hex`` and ``fault`` (unplug, plug)."""

    def __init__(
        self,
        make_line: Callable[[OnBytes], Line],
        settings: ScannerSettings,
        *,
        protocol: str,
        clock: MonotonicClock,
    ) -> None:
        self.line = make_line(self._received)
        self._settings = settings
        self._ssi = SsiModel(settings) if protocol == "ssi" else None
        self._clock = clock

    def control(self, order: dict[str, object]) -> None:
        match order:
            case {"scan": str() as text, **rest} if isinstance(aim := rest.get("aim", ""), str):
                now_ns = self._clock.monotonic_ns()
                ssi = self._ssi
                self.line.send(ssi.scan(text, aim, now_ns) if ssi else self._settings.line(text, aim))
            case {"raw_hex": str() as digits}:
                self.line.send(bytes.fromhex(digits))
            case {"fault": "unplug"}:
                self.line.unplug()
            case {"fault": "plug"}:
                if self._ssi is not None:
                    self._ssi.power_on()
                self.line.plug()
            case _:
                raise ValueError("a scanner takes scan (with aim), raw_hex or fault (unplug, plug)")

    async def run(self) -> None:
        while True:
            await self._clock.sleep(_LOOK_AGAIN_S)
            if self._ssi is not None:
                self.line.send(self._ssi.tick(self._clock.monotonic_ns()))

    def _received(self, data: bytes) -> None:
        if self._ssi is not None:
            self.line.send(self._ssi.receive(data, self._clock.monotonic_ns()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """What the command line says.

    ``kind`` is ``scale`` or ``scanner``; ``protocol`` is None for ``mt-sics`` and for lines; ``parity`` is
    even, odd or None; ``tcp`` is ``host:port`` for a TCP server instead of a pseudo-terminal.
    """

    kind: str
    port_link: Path
    control: Path
    protocol: str | None = None
    tcp: str | None = None
    seed: int = 1
    speed: float = 1.0
    rate_hz: float = 20.0
    unit: str | None = None
    division: Decimal | None = None
    parity: str | None = None
    prefix: str = "none"
    suffix: str = "crlf"
    aim: bool = True

    def line(self, on_bytes: OnBytes) -> Line:
        """The line that the options ask for."""
        if self.tcp is None:
            return PtyLine(self.port_link, on_bytes)
        host, _, port = self.tcp.rpartition(":")
        return TcpLine(self.port_link, host, int(port), on_bytes)


def make_device(options: SimulatorOptions, clock: MonotonicClock) -> SimulatedKind:
    """The device that the options ask for."""
    if options.kind == "scanner":
        return SimulatedScanner(
            options.line,
            ScannerSettings(
                prefix=options.prefix,
                suffix=options.suffix,
                aim=options.aim,
                ack_timeout_s=_ACK_TIMEOUT_S / options.speed,
            ),
            protocol=options.protocol or "line-scanner",
            clock=clock,
        )
    settings = ScaleSettings(
        protocol=options.protocol or "mt-sics",
        unit=options.unit,
        division=options.division,
        rate_hz=options.rate_hz,
        speed=options.speed,
    )
    return SimulatedScale(
        options.line,
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
    stop_with_parent(stop)
    device = make_device(options, DeviceClock())

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


def stop_with_parent(stop: asyncio.Event) -> None:
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
