"""The second transport: ``pyserial`` in one thread per port.

It serves what the first one does not: servers that speak RFC 2217, of which some never acknowledge what
``serialx`` waits for, and systems on which that library fails.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from drivers.clock import MonotonicClock
from drivers.errors import (
    BadPortSettings,
    OpenTimeout,
    PortBusy,
    PortError,
    PortLost,
    PortNotOpen,
    PortStalled,
)
from drivers.line_settings import LineSettings
from drivers.ports.inbox import Inbox
from drivers.ports.interface import ByteTap, Chunk, PortIdentity
from drivers.ports.listing import LINKS, identity_of
from drivers.ports.local import Presence, looking_at, open_failure
from drivers.ports.port_thread import PortThread


class ReaderThreadPort:
    """A local port, ``rfc2217://host:port`` or ``socket://host:port``, in a thread of its own.

    ``close`` waits ``close_timeout_s`` for the thread to end. A library call that hangs longer keeps it; it
    is a daemon thread, and ends as soon as that call returns. Arguments as those of ``SerialPort``.
    """

    def __init__(
        self,
        url: str,
        settings: LineSettings,
        *,
        clock: MonotonicClock,
        tap: ByteTap | None = None,
        open_timeout_s: float = 10.0,
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
        self._thread: PortThread | None = None

    async def open(self) -> None:
        if self._thread is not None:
            raise PortBusy(self._url, ours=True)
        self._presence.opened()
        inbox = Inbox(self._url, self._clock, self._tap)
        try:
            thread = PortThread(self._url, self._settings, self._clock, inbox, self._close_timeout_s)
        except ValueError as exc:
            raise BadPortSettings(self._url, self._settings, str(exc)) from exc
        thread.start()
        try:
            await asyncio.wait({thread.opened}, timeout=self._open_timeout_s)
            if not thread.opened.done():
                raise OpenTimeout(self._url, self._open_timeout_s)
            failure = thread.opened.result()
            if failure is not None:
                raise await self._why(failure) from failure
            self._thread = thread
        finally:
            if self._thread is None:
                await self._end(thread)

    async def ended(self) -> None:
        """Wait until the port's thread has ended by itself: the port was lost, or nobody reads it."""
        if self._thread is not None:
            await asyncio.wait({self._thread.ended})

    async def read_some(self) -> Chunk:
        if self._thread is None:
            raise PortNotOpen(self._url)
        return await self._thread.inbox.next_chunk()

    async def write(self, data: bytes) -> None:
        if self._thread is None:
            raise PortNotOpen(self._url)
        if self._thread.inbox.lost:
            raise PortLost(self._url)
        if not self._thread.send(data):
            raise PortStalled(self._url)
        if self._tap is not None:
            self._tap("out", data, self._clock.monotonic_ns())

    async def close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            await self._end(thread)

    async def appears(self) -> None:
        await self._presence.appears()

    def identity(self) -> PortIdentity:
        return identity_of(self._url, links=self._links)

    def backlog(self) -> int:
        return self._thread.held if self._thread is not None else 0

    async def _end(self, thread: PortThread) -> None:
        thread.stop()
        await asyncio.wait({thread.ended}, timeout=self._close_timeout_s)
        if thread.ended.done():
            thread.join()

    async def _why(self, failure: Exception) -> PortError:
        cause = failure
        if isinstance(failure, OSError) and failure.errno is None:
            # The library puts the system's error into a sentence of its own, and keeps it behind that.
            cause = failure.__context__ if isinstance(failure.__context__, OSError) else failure
        if cause is failure and "parameter change" in str(failure):
            return BadPortSettings(self._url, self._settings, "the server does not confirm them")
        if isinstance(cause, OSError):
            self._presence.opened(cause)
            return await open_failure(self._url, self._settings, cause)
        return BadPortSettings(self._url, self._settings, str(failure))
