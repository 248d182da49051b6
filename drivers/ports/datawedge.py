"""Handhelds that connect to us and send lines: DataWedge's IP output over TCP.

Nothing in that protocol says who sends, so only configured addresses are heard, and the parser marks what
they send as not authenticated. All of it is bounded: connections, connections of one address, bytes of a
line, and the time a line may take.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
from collections.abc import Iterable
from typing import NoReturn

from drivers.clock import MonotonicClock
from drivers.errors import BadSenders, CannotListen, PortBusy, PortNotOpen, PortReadOnly
from drivers.ports.inbox import Inbox
from drivers.ports.interface import ByteTap, Chunk, PortIdentity
from drivers.ports.keepalive import keep_alive
from drivers.scanners.datawedge import line_from
from drivers.scanners.message import CEILING

log = logging.getLogger(__name__)

PORT = 58627
"""DataWedge's own default."""

MOST_CONNECTIONS = 32
MOST_OF_ONE = 2
"""A handheld that roamed away leaves a dead connection behind; its newest two are kept."""

LINE_TIMEOUT_S = 5.0
"""From a line's first byte to its end."""

_END = re.compile(rb"[\r\n]")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class DataWedgePort:
    """A TCP server whose chunks are whole lines, each with its sender's address (``line_from``).

    Args:
        allowed: Addresses and networks that are heard (``192.0.2.7``, ``192.0.2.0/24``, ``fd00::/8``); all
            others are hung up on. At least one.
        host: The own address to listen on.
        port: 0 for any free one, see ``listening_on``.
        tap: Sees the chunks, and thus what was heard, not every byte that was sent.

    Raises:
        BadSenders: ``allowed`` is empty, or holds something that is not an address.
    """

    def __init__(
        self,
        allowed: Iterable[str],
        *,
        clock: MonotonicClock,
        host: str = "0.0.0.0",  # noqa: S104  # who is heard is for `allowed` to say
        port: int = PORT,
        tap: ByteTap | None = None,
        line_timeout_s: float = LINE_TIMEOUT_S,
    ) -> None:
        self._url = f"datawedge://{host}:{port}"
        self._allowed = _networks(self._url, allowed)
        self._host = host
        self._port = port
        self._clock = clock
        self._tap = tap
        self._line_timeout_s = line_timeout_s
        self._server: asyncio.Server | None = None
        self._inbox: Inbox | None = None
        self._hearing = asyncio.Event()
        self._connections: dict[asyncio.Task[None], str] = {}

    @property
    def listening_on(self) -> int:
        """The port's number, while it is open."""
        if self._server is None:
            raise PortNotOpen(self._url)
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def open(self) -> None:
        if self._server is not None:
            raise PortBusy(self._url, ours=True)
        try:
            self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=CEILING)
        except OSError as exc:
            raise CannotListen(self._url, exc.strerror or str(exc)) from exc
        self._inbox = Inbox(self._url, self._clock, self._tap)
        self._inbox.source = self
        self._hearing.set()

    async def read_some(self) -> Chunk:
        if self._inbox is None:
            raise PortNotOpen(self._url)
        return await self._inbox.next_chunk()

    async def write(self, data: bytes) -> None:
        raise PortReadOnly(self._url)

    async def close(self) -> None:
        server, self._server, self._inbox = self._server, None, None
        if server is None:
            return
        server.close()
        connections = tuple(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def appears(self) -> NoReturn:
        """Never: nobody sees a network come."""
        while True:
            await asyncio.Event().wait()

    def identity(self) -> PortIdentity:
        return PortIdentity(url=self._url, device=None, by_id=None, by_path=None)

    def backlog(self) -> int:
        return self._inbox.held if self._inbox is not None else 0

    def pause_reading(self) -> None:
        self._hearing.clear()

    def resume_reading(self) -> None:
        self._hearing.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        origin = str(writer.get_extra_info("peername")[0])
        if self._inbox is None or not self._is_allowed(origin):
            log.warning("scan sender refused", extra={"port": self._url, "why": "not allowed"})
            writer.transport.abort()
            return
        of_this = [task for task, of in self._connections.items() if of == origin]
        if len(of_this) >= MOST_OF_ONE:
            of_this[0].cancel()
        elif len(self._connections) >= MOST_CONNECTIONS:
            log.warning("scan sender refused", extra={"port": self._url, "why": "too many connections"})
            writer.transport.abort()
            return
        task = asyncio.create_task(self._hear(reader, writer, origin, self._inbox), name=f"hear {origin}")
        self._connections[task] = origin
        task.add_done_callback(self._connection_ended)

    def connections(self) -> int:
        """Handhelds that are connected now."""
        return len(self._connections)

    def _connection_ended(self, task: asyncio.Task[None]) -> None:
        del self._connections[task]
        if self._inbox is not None and not task.cancelled() and (exc := task.exception()) is not None:
            self._inbox.end(f"hearing a sender failed: {exc!r}")

    async def _hear(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: str, inbox: Inbox
    ) -> None:
        """Take one sender's lines until it hangs up, or has to be hung up on."""
        try:
            keep_alive(writer.get_extra_info("socket"))
            why = await self._lines(reader, origin, inbox)
            if why is not None:
                log.warning("scan sender hung up on", extra={"port": self._url, "why": why})
        finally:
            writer.transport.abort()

    async def _lines(self, reader: asyncio.StreamReader, origin: str, inbox: Inbox) -> str | None:
        rest = b""
        deadline: float | None = None
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError, TimeoutError):
            while True:
                await self._hearing.wait()
                async with asyncio.timeout_at(deadline) as limit:
                    data = await reader.read(CEILING)
                if not data:
                    return None
                *lines, rest = _END.split(rest + data)
                if max(map(len, (*lines, rest))) > CEILING:
                    return "too_long"
                for line in filter(None, lines):
                    inbox.put(line_from(origin, line))
                if not rest:
                    deadline = None
                elif deadline is None or lines:
                    deadline = loop.time() + self._line_timeout_s
        return "slow" if limit.expired() else None

    def _is_allowed(self, origin: str) -> bool:
        try:
            address = ipaddress.ip_address(origin.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._allowed)


def _networks(url: str, allowed: Iterable[str]) -> tuple[Network, ...]:
    networks = []
    for text in allowed:
        try:
            networks.append(ipaddress.ip_network(text))
        except ValueError as exc:
            raise BadSenders(url, str(exc)) from exc
    if not networks:
        raise BadSenders(url, "no address is allowed to send")
    return tuple(networks)
