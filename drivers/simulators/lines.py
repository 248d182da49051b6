"""The line between a simulated device and its host: a pseudo-terminal, or TCP as from a serial server."""

from __future__ import annotations

import asyncio
import os
import pty
import socket
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_READ = 4096

OnBytes = Callable[[bytes], None]


class Line(Protocol):
    """Where a simulated device's bytes go; it has a link that is there while it is plugged in."""

    def plug(self) -> None:
        """Be there; nothing happens if it is."""
        ...

    def unplug(self) -> None:
        """Be gone: the host's next read fails, and the link is gone; nothing happens if it is."""
        ...

    def send(self, data: bytes) -> None:
        """Send what fits; like a real line, bytes that nobody reads are lost."""
        ...


class PtyLine:
    """A pseudo-terminal whose far end stands behind ``link``.

    We keep that far end open ourselves: without an owner, the near end would fail until somebody opened it.
    """

    def __init__(self, link: Path, on_bytes: OnBytes) -> None:
        self._link = link
        self._on_bytes = on_bytes
        self._near: int | None = None
        self._far: int | None = None

    def plug(self) -> None:
        if self._near is not None:
            return
        self._near, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        asyncio.get_running_loop().add_reader(self._near, self._read)
        _put_link(self._link, os.ttyname(self._far))

    def unplug(self) -> None:
        if self._near is None or self._far is None:
            return
        self._link.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(self._near)
        os.close(self._far)
        os.close(self._near)
        self._near = self._far = None

    def send(self, data: bytes) -> None:
        if self._near is not None and data:
            with suppress(BlockingIOError):
                os.write(self._near, data)

    def _read(self) -> None:
        if self._near is None:
            return
        with suppress(BlockingIOError):
            self._on_bytes(os.read(self._near, _READ))


class TcpLine:
    """A raw TCP server for one host at a time; a second one is hung up on.

    The link leads nowhere: what it says is ``host:port``, with the port that was given by the system.
    """

    def __init__(self, link: Path, host: str, port: int, on_bytes: OnBytes) -> None:
        self._link = link
        self._address = (host, port)
        self._on_bytes = on_bytes
        self._server: socket.socket | None = None
        self._host: socket.socket | None = None

    def plug(self) -> None:
        if self._server is not None:
            return
        self._server = socket.create_server(self._address)
        self._server.setblocking(False)
        # A port chosen by the system is kept, so that a host finds the device again.
        self._address = self._server.getsockname()[:2]
        asyncio.get_running_loop().add_reader(self._server, self._accept)
        _put_link(self._link, f"{self._address[0]}:{self._address[1]}")

    def unplug(self) -> None:
        if self._server is None:
            return
        self._link.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(self._server)
        self._server.close()
        self._server = None
        self._hang_up()

    def send(self, data: bytes) -> None:
        if self._host is not None and data:
            with suppress(BlockingIOError):
                try:
                    self._host.send(data)
                except ConnectionError:
                    self._hang_up()

    def _accept(self) -> None:
        if self._server is None:
            return
        host, _ = self._server.accept()
        if self._host is not None:
            host.close()
            return
        host.setblocking(False)
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = host
        asyncio.get_running_loop().add_reader(host, self._read)

    def _read(self) -> None:
        if self._host is None:
            return
        with suppress(BlockingIOError):
            try:
                data = self._host.recv(_READ)
            except ConnectionError:
                data = b""
            if data:
                self._on_bytes(data)
            else:
                self._hang_up()

    def _hang_up(self) -> None:
        if self._host is not None:
            asyncio.get_running_loop().remove_reader(self._host)
            self._host.close()
            self._host = None


def _put_link(link: Path, target: str) -> None:
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    beside.symlink_to(target)
    beside.replace(link)
