"""Start a simulated device, tell it what to do, stop it: for the demonstration and for tests."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from drivers.clock import DeviceClock, MonotonicClock
from drivers.errors import SimulatorFailed

_LOOK_AGAIN_S = 0.01
_STOP_TIMEOUT_S = 3.0


class SimulatedDevice:
    """A simulator process, as a context manager.

    Args:
        kind: What to simulate.
        directory: Where the link to the port and the control socket go; a short path, since the system allows
            a socket's path some 100 bytes.
        name: Of the device; the link is ``directory / name``.
        protocol: What it speaks; ``mt-sics`` without it, and lines from a scanner.
        unit: What a scale shows; the protocol's usual one without it.
        division: Step of a scale's display, in its unit.
        parity: Send as a line with 7 data bits and that parity.
        tcp: ``host:port`` of a TCP server in place of a pseudo-terminal; port 0 lets the system choose.
        options: More of the command line, as it is written there (``("--suffix", "cr")``).
    """

    def __init__(
        self,
        kind: Literal["scale", "scanner"],
        directory: Path,
        *,
        name: str | None = None,
        seed: int = 1,
        speed: float = 1.0,
        rate_hz: float = 20.0,
        protocol: str | None = None,
        unit: str | None = None,
        division: str | None = None,
        parity: Literal["even", "odd"] | None = None,
        tcp: str | None = None,
        options: Sequence[str] = (),
        start_timeout_s: float = 15.0,
        clock: MonotonicClock | None = None,
    ) -> None:
        self.port = directory / (name or kind)
        self._control = directory / f"{name or kind}.ctl"
        self._arguments = [
            *(kind, "--port-link", str(self.port), "--control", str(self._control)),
            *("--seed", str(seed), "--speed", str(speed), "--rate-hz", str(rate_hz)),
            *options,
        ]
        for name_of, value in (
            ("--protocol", protocol),
            ("--unit", unit),
            ("--division", division),
            ("--parity", parity),
            ("--tcp", tcp),
        ):
            self._arguments += (name_of, value) if value is not None else ()
        self._tcp = tcp is not None
        self._start_timeout_s = start_timeout_s
        self._clock = clock or DeviceClock()
        self._process: asyncio.subprocess.Process | None = None
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    @property
    def url(self) -> str:
        """What to open: the link that stays, or the TCP server behind it."""
        return f"socket://{self.port.readlink()}" if self._tcp else str(self.port)

    async def terminate(self) -> int:
        """End the process by SIGTERM, as a supervisor would; what it ended with.

        Raises:
            SimulatorFailed: It is not running.
        """
        if self._process is None:
            raise SimulatorFailed(str(self.port), "it is not running")
        self._process.terminate()
        return await self._process.wait()

    async def start(self) -> None:
        """Start the process and wait until its port is there.

        Raises:
            SimulatorFailed: It ended by itself, or its port did not come in time.
        """
        # The pipe to its standard input is how it notices that we are gone, even if we were killed.
        # In a session of its own, so that a Ctrl-C meant for us does not reach it first.
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "drivers.simulators", *self._arguments),
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._start_timeout_s):
                await self._wait_for_port(self._process)
            self._connection = await asyncio.open_unix_connection(self._control)
        except TimeoutError:
            await self.stop()
            raise SimulatorFailed(str(self.port), f"no port after {self._start_timeout_s:g} s") from None
        except BaseException:
            await self.stop()
            raise

    async def _wait_for_port(self, process: asyncio.subprocess.Process) -> None:
        while not self.port.is_symlink():
            if process.returncode is not None:
                raise SimulatorFailed(str(self.port), f"it ended with {process.returncode}")
            await self._clock.sleep(_LOOK_AGAIN_S)

    async def stop(self) -> None:
        """End the process; harmless if it has ended."""
        connection, self._connection = self._connection, None
        process, self._process = self._process, None
        if connection is not None:
            connection[1].close()
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def send(self, **order: object) -> None:
        """Send one control line.

        Raises:
            SimulatorFailed: It refused the line, or is not running.
        """
        if self._connection is None:
            raise SimulatorFailed(str(self.port), "it is not running")
        reader, writer = self._connection
        async with self._turn:
            try:
                writer.write(json.dumps(order).encode() + b"\n")
                await writer.drain()
                answer = await reader.readline()
            except OSError as exc:
                raise SimulatorFailed(str(self.port), str(exc)) from exc
        if not answer:
            raise SimulatorFailed(str(self.port), "it closed the control connection")
        if error := json.loads(answer).get("error"):
            raise SimulatorFailed(str(self.port), str(error))

    async def lay(self, grams: float) -> None:
        """Put a load on a scale, in place of what lies there."""
        await self.send(lay=grams)

    async def take(self) -> None:
        """Lift the load off a scale."""
        await self.send(take=True)

    async def fault(self, name: str) -> None:
        """``unplug`` or ``plug``; of a scale also those of ``drivers.simulators.scale.FAULTS``."""
        await self.send(fault=name)

    async def tare(self, on: bool = True) -> None:
        """Take what lies on a scale as its tare, or forget the tare."""
        await self.send(tare=on)

    async def drift(self, grams_per_s: float) -> None:
        """Let the zero of a scale walk; 0 ends it."""
        await self.send(drift=grams_per_s)

    async def stick(self, on: bool = True) -> None:
        """Let a scale call itself stable whatever its load does."""
        await self.send(stuck=on)

    async def parity(self, parity: Literal["even", "odd", "none"]) -> None:
        """Send as a line with 7 data bits and that parity from now on, or as it should be."""
        await self.send(parity=parity)

    async def scan(self, text: str, *, aim: str = "") -> None:
        """Let a scanner read a label."""
        await self.send(scan=text, aim=aim)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
