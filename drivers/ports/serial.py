"""Serial ports, pseudo-terminals and raw TCP servers in the event loop itself, by ``serialx``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import serialx

from drivers.clock import MonotonicClock
from drivers.errors import (
    BadPortSettings,
    OpenTimeout,
    PortBusy,
    PortLost,
    PortNotOpen,
    PortStalled,
)
from drivers.line_settings import LineSettings
from drivers.ports.inbox import ByteSource, Inbox
from drivers.ports.interface import WRITE_CEILING, ByteTap, Chunk, PortIdentity
from drivers.ports.keepalive import keep_alive
from drivers.ports.listing import LINKS, identity_of
from drivers.ports.local import (
    Presence,
    claim,
    line_settings_for,
    looking_at,
    may_claim,
    open_failure,
    unclaim,
)


class SerialPort:
    """A local serial port, a pseudo-terminal, or ``socket://host:port``.

    Args:
        url: Path of the device, best a link that stays the same, or a URL.
        settings: The line's settings. A pseudo-terminal is always opened 8N1 without flow control, and a
            server in the network has settings of its own.
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
        links: Path = LINKS,
    ) -> None:
        self._url = url
        self._settings = settings
        self._clock = clock
        self._tap = tap
        self._open_timeout_s = open_timeout_s
        self._close_timeout_s = close_timeout_s
        self._links = links
        self._presence = Presence(looking_at(url), clock)
        self._inbox: Inbox | None = None
        self._transport: serialx.BaseSerialTransport | None = None
        self._abandoned: set[asyncio.Task[_Opened]] = set()

    async def open(self) -> None:
        if self._transport is not None:
            raise PortBusy(self._url, ours=True)
        self._presence.opened()
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
            self._presence.opened(exc)
            raise await open_failure(self._url, self._settings, exc) from exc
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
        self._unclaim(transport)
        transport.close()
        try:
            async with asyncio.timeout(self._close_timeout_s):
                await transport.wait_closed()
        except TimeoutError:
            transport.abort()

    async def appears(self) -> None:
        await self._presence.appears()

    def identity(self) -> PortIdentity:
        return identity_of(self._url, links=self._links)

    def backlog(self) -> int:
        return self._inbox.held if self._inbox is not None else 0

    async def _connect(self) -> _Opened:
        settings = line_settings_for(self._url, self._settings)
        inbox = Inbox(self._url, self._clock, self._tap)
        transport, _ = await serialx.create_serial_connection(
            asyncio.get_running_loop(),
            lambda: _Receiver(inbox),
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
        if may_claim(self._url):
            claim(_descriptor_of(transport))
        elif self._url.startswith("socket://"):
            _keep_alive(transport)
        return transport, inbox

    def _unclaim(self, transport: serialx.BaseSerialTransport) -> None:
        if may_claim(self._url) and not transport.is_closing():
            unclaim(_descriptor_of(transport))

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
            self._unclaim(transport)
            transport.abort()


class _Receiver(asyncio.Protocol):
    """Hands on to an inbox what the library receives."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inbox.source = cast(ByteSource, transport)

    def data_received(self, data: bytes) -> None:
        self._inbox.put(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._inbox.end(str(exc) if exc is not None else "closed by the other side")


_Opened = tuple[serialx.BaseSerialTransport, Inbox]


def _descriptor_of(transport: serialx.BaseSerialTransport) -> int:
    return cast(int, transport.get_extra_info("serial").fileno())


def _keep_alive(transport: serialx.BaseSerialTransport) -> None:
    # The library hands out no socket; the transport below it does.
    below: Any = transport._tcp_transport  # type: ignore[attr-defined]  # of the socket transport alone
    connection = below.get_extra_info("socket") if below is not None else None
    if connection is not None:
        keep_alive(connection)
