"""The link to the centre, as a TCP relay that can be cut, and cut in the middle of a batch."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

CHUNK = 16_384


class Link:
    """Relays to one loopback port. While it is cut, connections are refused and open ones are dropped."""

    def __init__(self) -> None:
        self.target = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._up = True
        self._kill_after: int | None = None
        self.port = 0
        self.killed = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        if self._relays:
            await asyncio.wait(self._relays)

    def cut(self) -> None:
        """Drop every connection and take no new one."""
        self._up = False
        for writer in tuple(self._open):
            writer.transport.abort()

    def restore(self) -> None:
        """Take connections again."""
        self._up = True

    def kill_upload_after(self, count: int) -> None:
        """Drop the connection on which the next ``count`` bytes have gone up: in the middle of a batch."""
        self._kill_after = count

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.create_task(self._relay(reader, writer), name="relay")
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, down_reader: asyncio.StreamReader, down: asyncio.StreamWriter) -> None:
        if not self._up:
            down.transport.abort()
            return
        try:
            up_reader, up = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            down.transport.abort()
            return
        self._open |= {down, up}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(down_reader, up, counted=True))
                tasks.create_task(self._pump(up_reader, down, counted=False))
        except* (ConnectionError, OSError):
            pass
        finally:
            self._open -= {down, up}
            for writer in (down, up):
                writer.transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        while chunk := await reader.read(CHUNK):
            if counted and self._kill_after is not None:
                self._kill_after -= len(chunk)
                if self._kill_after <= 0:
                    self._kill_after = None
                    self.killed += 1
                    raise ConnectionResetError("the link was cut in the middle of an upload")
            writer.write(chunk)
            await writer.drain()
        raise ConnectionResetError("the other side is done")
