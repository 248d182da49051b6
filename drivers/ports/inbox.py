"""Where received bytes wait until they are read."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from drivers.clock import MonotonicClock
from drivers.errors import PortLost
from drivers.ports.interface import BACKLOG_CEILING, ByteTap, Chunk


class ByteSource(Protocol):
    """Whatever brings the bytes; it can be told to wait."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Inbox:
    """Received chunks, each stamped as it arrived; lives in one event loop, and has one reader.

    Above ``BACKLOG_CEILING`` its source is paused, and resumed at half of it.
    """

    def __init__(self, url: str, clock: MonotonicClock, tap: ByteTap | None) -> None:
        self._url = url
        self._clock = clock
        self._tap = tap
        self._chunks: deque[Chunk] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._why: str | None = None
        self.source: ByteSource | None = None
        self.held = 0
        self.paused = False

    @property
    def lost(self) -> bool:
        """Whether no more bytes will come."""
        return self._why is not None

    def put(self, data: bytes, at_ns: int | None = None) -> None:
        """Bytes came, now or at ``at_ns``."""
        at_ns = self._clock.monotonic_ns() if at_ns is None else at_ns
        if self._tap is not None:
            self._tap("in", data, at_ns)
        self._chunks.append(Chunk(data, at_ns))
        self.held += len(data)
        if self.held > BACKLOG_CEILING and not self.paused and self.source is not None:
            self.paused = True
            self.source.pause_reading()
        self._wake()

    def end(self, why: str) -> None:
        """The port went away; what it brought before can still be read."""
        if self._why is None:
            self._why = why
            self._wake()

    async def next_chunk(self) -> Chunk:
        """The oldest chunk, once there is one.

        Raises:
            PortLost: There is none, and none will come.
        """
        while not self._chunks:
            if self._why is not None:
                raise PortLost(self._url, self._why)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        # No await from here on: a chunk that was taken is returned, so cancelling a read loses nothing.
        chunk = self._chunks.popleft()
        self.held -= len(chunk.data)
        if self.paused and self.held <= BACKLOG_CEILING // 2 and self.source is not None:
            self.paused = False
            self.source.resume_reading()
        return chunk

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
