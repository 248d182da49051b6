"""The link to the centre: it relays, can be cut, and can be killed in the middle of an upload."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.sandbox.link import Link


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_link_relays_is_cut_and_is_killed_in_the_middle_of_an_upload() -> None:
    received = bytearray()

    async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1000):
                received.extend(chunk)
                writer.write(b"+")
            writer.close()
            await writer.wait_closed()

    gone = pytest.raises((ConnectionError, asyncio.IncompleteReadError))
    server = await asyncio.start_server(sink, "127.0.0.1", 0)
    async with Link() as link:
        link.target = server.sockets[0].getsockname()[1]
        async with connection(link.port) as (reader, writer):
            writer.write(b"x" * 10)
            assert await reader.readexactly(1) == b"+"
            link.kill_upload_after(50)
            writer.write(b"y" * 60)
            with gone:
                await reader.readexactly(1)
        assert (link.killed, bytes(received)) == (1, b"x" * 10)
        link.cut()
        async with connection(link.port) as (reader, writer):
            with gone:
                await reader.readexactly(1)
        link.restore()
        async with connection(link.port) as (reader, writer):
            writer.write(b"z")
            assert await reader.readexactly(1) == b"+"
    server.close()
    await server.wait_closed()
