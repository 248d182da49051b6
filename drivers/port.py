"""A serial port as five calls; the one module that knows which library stands behind them.

The lock is the advisory one that serial programs share: a second owner that asks is refused, a program that
never asks is not.
"""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, cast

import serialx

from drivers.clock import MonotonicClock
from drivers.errors import (
    BadPortSettings,
    OpenTimeout,
    PortBusy,
    PortError,
    PortForbidden,
    PortLost,
    PortMissing,
    PortNotOpen,
    PortStalled,
)
from drivers.line_settings import LineSettings

BACKLOG_CEILING = 65_536
"""Bytes received and not yet read; above that the rest waits in the system's buffer."""

WRITE_CEILING = 4096
"""Bytes written and not yet taken; a command has some ten, so a device that lets this fill up is deaf."""

Direction = Literal["in", "out"]
ByteTap = Callable[[Direction, bytes, int], None]
"""Sees every byte with its direction and its monotonic nanoseconds; it must be quick and must not raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortIdentity:
    """Which port this is, so that it is found again after it was unplugged.

    ``by_id`` names the device by maker, model and serial number, ``by_path`` the socket it is plugged into;
    None where the system made no such link. Two devices may share a serial number, and then only one has the
    link.
    """

    url: str
    device: str | None
    by_id: str | None
    by_path: str | None

    @property
    def key(self) -> str:
        """The most lasting of the names."""
        return self.by_id or self.by_path or self.url


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came, and the monotonic nanoseconds at which they did."""

    data: bytes
    at_ns: int


class Port(Protocol):
    """What a driver sees of a port. After ``close`` it may be opened again."""

    async def open(self) -> None:
        """Open and lock; bytes that came before are thrown away.

        Raises:
            PortError: One of its kinds says why not.
        """
        ...

    async def read_some(self) -> Chunk:
        """The next bytes, as soon as there are any; a cancelled call loses none.

        Raises:
            PortLost: The port went away, and all that came before was read.
            PortNotOpen: It was not open.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Hand bytes to the device.

        Raises:
            PortLost: The port went away.
            PortStalled: The device has not taken what it was given before.
            PortNotOpen: It was not open.
        """
        ...

    async def close(self) -> None:
        """Give the port back, within a bounded time; closing twice is harmless."""
        ...

    def identity(self) -> PortIdentity:
        """Which port this is now."""
        ...


class SerialPort:
    """A local serial port, a pseudo-terminal, or ``socket://host:port``.

    Args:
        url: Path of the device, best a link that stays the same, or a URL.
        settings: The line's settings. A pseudo-terminal is always opened 8N1 without flow control: it has no
            line, and the kernel refuses a parity on it.
        tap: Sees every byte that passes, for transcripts.
    """

    def __init__(
        self,
        url: str,
        settings: LineSettings,
        *,
        clock: MonotonicClock,
        tap: ByteTap | None = None,
        open_timeout_s: float = 5.0,
        close_timeout_s: float = 2.0,
        links: Path = Path("/dev/serial"),
    ) -> None:
        self._url = url
        self._settings = settings
        self._clock = clock
        self._tap = tap
        self._open_timeout_s = open_timeout_s
        self._close_timeout_s = close_timeout_s
        self._links = links
        self._inbox: _Inbox | None = None
        self._transport: serialx.BaseSerialTransport | None = None
        self._abandoned: set[asyncio.Task[_Opened]] = set()

    async def open(self) -> None:
        if self._transport is not None:
            raise PortBusy(self._url)
        opening = asyncio.create_task(self._connect(), name=f"open {self._url}")
        try:
            # Not `asyncio.timeout`: the library waits for a hung open() when it is cancelled, and so would
            # we.
            await asyncio.wait({opening}, timeout=self._open_timeout_s)
        except asyncio.CancelledError:
            await self._abandon(opening)
            raise
        if not opening.done():
            await self._abandon(opening)
            raise OpenTimeout(self._url, self._open_timeout_s)
        try:
            self._transport, self._inbox = opening.result()
        except TimeoutError as exc:
            raise OpenTimeout(self._url, self._open_timeout_s) from exc
        except OSError as exc:
            raise _open_failure(self._url, self._settings, exc) from exc
        except (serialx.SerialException, ValueError) as exc:
            raise BadPortSettings(self._url, self._settings, str(exc)) from exc

    async def read_some(self) -> Chunk:
        if self._inbox is None:
            raise PortNotOpen(self._url)
        return await self._inbox.next_chunk()

    async def write(self, data: bytes) -> None:
        if self._transport is None or self._inbox is None:
            raise PortNotOpen(self._url)
        if self._inbox.lost or self._transport.is_closing():
            raise PortLost(self._url)
        if self._transport.get_write_buffer_size() + len(data) > WRITE_CEILING:
            raise PortStalled(self._url)
        if self._tap is not None:
            self._tap("out", data, self._clock.monotonic_ns())
        try:
            self._transport.write(data)
        except OSError as exc:
            raise PortLost(self._url, exc.strerror or str(exc)) from exc

    async def close(self) -> None:
        transport, self._transport, self._inbox = self._transport, None, None
        if transport is None:
            return
        transport.close()
        try:
            async with asyncio.timeout(self._close_timeout_s):
                await transport.wait_closed()
        except TimeoutError:
            transport.abort()

    def identity(self) -> PortIdentity:
        if "://" in self._url:
            return PortIdentity(url=self._url, device=None, by_id=None, by_path=None)
        device = Path(self._url).resolve()
        return PortIdentity(
            url=self._url,
            device=str(device) if device.exists() else None,
            by_id=_link_to(device, self._links / "by-id"),
            by_path=_link_to(device, self._links / "by-path"),
        )

    async def _connect(self) -> _Opened:
        settings = self._settings
        if _is_pty(self._url):
            settings = replace(settings, byte_size=8, parity="N", stop_bits=1, xonxoff=False, rtscts=False)
        inbox = _Inbox(self._url, self._clock, self._tap)
        transport, _ = await serialx.create_serial_connection(
            asyncio.get_running_loop(),
            lambda: inbox,
            self._url,
            settings.baudrate,
            parity=serialx.Parity(settings.parity),
            stopbits=serialx.StopBits(settings.stop_bits),
            xonxoff=settings.xonxoff,
            rtscts=settings.rtscts,
            exclusive=True,
            byte_size=settings.byte_size,
            close_timeout=self._close_timeout_s,
        )
        return transport, inbox

    async def _abandon(self, opening: asyncio.Task[_Opened]) -> None:
        """Give up an open under way; whenever it ends, what it opened is closed."""
        self._abandoned.add(opening)
        opening.add_done_callback(self._discard)
        opening.cancel()
        # Nearly always over at once, and then the lock is free for the next attempt.
        await asyncio.wait({opening}, timeout=self._close_timeout_s)

    def _discard(self, opening: asyncio.Task[_Opened]) -> None:
        self._abandoned.discard(opening)
        if not opening.cancelled() and opening.exception() is None:
            transport, _ = opening.result()
            transport.abort()


class _Inbox(asyncio.Protocol):
    """Received chunks, each stamped as it arrives, until they are read."""

    def __init__(self, url: str, clock: MonotonicClock, tap: ByteTap | None) -> None:
        self._url = url
        self._clock = clock
        self._tap = tap
        self._chunks: deque[Chunk] = deque()
        self._held = 0
        self._paused = False
        self._transport: asyncio.ReadTransport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._why = ""
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.ReadTransport, transport)

    def data_received(self, data: bytes) -> None:
        at_ns = self._clock.monotonic_ns()
        if self._tap is not None:
            self._tap("in", data, at_ns)
        self._chunks.append(Chunk(data, at_ns))
        self._held += len(data)
        if self._held > BACKLOG_CEILING and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._why = str(exc) if exc is not None else "closed by the other side"
        self._wake()

    async def next_chunk(self) -> Chunk:
        while not self._chunks:
            if self.lost:
                raise PortLost(self._url, self._why)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        # No await from here on: a chunk that was taken is returned, so cancelling a read loses nothing.
        chunk = self._chunks.popleft()
        self._held -= len(chunk.data)
        if self._paused and self._held <= BACKLOG_CEILING // 2 and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return chunk

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


_Opened = tuple[serialx.BaseSerialTransport, _Inbox]


def _open_failure(url: str, settings: LineSettings, exc: OSError) -> PortError:
    match exc.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO | errno.ENOTDIR:
            return PortMissing(url)
        case errno.EBUSY:
            return PortBusy(url)
        case errno.EACCES | errno.EPERM:
            return PortForbidden(url)
        case errno.EINVAL | errno.ENOTTY:
            return BadPortSettings(url, settings, exc.strerror or str(exc))
        case _:
            return PortLost(url, exc.strerror or str(exc))


def _is_pty(url: str) -> bool:
    return "://" not in url and Path(url).resolve().is_relative_to("/dev/pts")


def _link_to(device: Path, folder: Path) -> str | None:
    """The first link in that folder that leads to the device; None if there is none."""
    try:
        links = sorted(folder.iterdir())
    except OSError:
        return None
    return next((str(link) for link in links if link.resolve() == device), None)
