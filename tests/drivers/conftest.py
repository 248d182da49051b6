"""Real pseudo-terminals, with links that are moved as udev moves them, and ports that are made up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import select
import tty
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from drivers.errors import PortStalled
from drivers.events import Event
from drivers.ports.interface import Chunk, Port, PortIdentity
from drivers.profile import DeviceProfile
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, DeviceState, HealthMeter


class FarEnd:
    """The device's end of a pseudo-terminal whose near end stands behind a link."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.master = -1
        self.slave = -1

    def plug(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        beside = self.link.with_suffix(".new")
        beside.symlink_to(os.ttyname(self.slave))
        beside.replace(self.link)

    def unplug(self) -> None:
        if self.master >= 0:
            self.link.unlink(missing_ok=True)
            os.close(self.master)
            os.close(self.slave)
            self.master = self.slave = -1

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    async def receive(self, ending: bytes) -> bytes:
        """What the host wrote, once it ends like that."""
        got = b""
        while not got.endswith(ending):
            await asyncio.to_thread(select.select, [self.master], [], [], 10)
            got += os.read(self.master, 4096)
        return got


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    end = FarEnd(tmp_path / "port")
    end.plug()
    yield end
    end.unplug()


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
        self.held = 0
        self.plugged_in = asyncio.Event()

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

    async def appears(self) -> None:
        await self.plugged_in.wait()
        self.plugged_in.clear()

    def backlog(self) -> int:
        return self.held

    def identity(self) -> PortIdentity:
        return PortIdentity(url="made-up", device=None, by_id=None, by_path=None)


class Station:
    """Runs one device and keeps what it said."""

    def __init__(self, port: Port, profile: DeviceProfile, clock: Any, chance: Any) -> None:
        self.meter = HealthMeter(clock.monotonic_ns())
        self.events: list[Event] = []
        self.states: list[DeviceState] = []
        self.healths: list[DeviceHealth] = []
        self.raises: Exception | None = None
        self.on_event_do: Callable[[], object] = int
        self.task: asyncio.Task[NoReturn] | None = None
        self._arguments = (port, profile)
        self._options = {"clock": clock, "randomness": chance}

    def on_event(self, event: Event, at_ns: int) -> None:
        assert at_ns == self.meter.last_byte_ns
        self.events.append(event)
        self.on_event_do()
        self._fail()

    def on_health(self, health: DeviceHealth) -> None:
        self.healths.append(health)
        self.states.append(health.state)

    def _fail(self) -> None:
        if self.raises is not None:
            raise self.raises

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Station]:
        task = self.task = asyncio.create_task(
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
            assert not task.done() or task.cancelled(), task
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


@pytest.fixture
def world() -> SimpleNamespace:
    """Made-up time, chance and ports, and a station that keeps what its device said."""
    return SimpleNamespace(Clock=Clock, One=One, MadeUpPort=MadeUpPort, Station=Station, made_up=made_up)
