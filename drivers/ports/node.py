"""A device's node that is read as it comes and never written: what raw HID reports and key events share."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import ClassVar

from drivers.clock import MonotonicClock
from drivers.errors import DeviceError, PortBusy, PortMissing, PortNotOpen, PortReadOnly
from drivers.line_settings import LineSettings
from drivers.ports.inbox import Inbox
from drivers.ports.interface import ByteTap, Chunk
from drivers.ports.local import Presence, open_failure


class NodePort:
    """All of a port but its identity; a subclass finds the node and takes it for itself.

    ``READ`` is how many bytes are fetched at once; the kernel gives whole reports or records.
    """

    READ: ClassVar[int] = 4096

    def __init__(self, url: str, *, clock: MonotonicClock, tap: ByteTap | None) -> None:
        self._url = url
        self._clock = clock
        self._tap = tap
        self._presence = Presence(lambda: self._node() is not None, clock)
        self._inbox: Inbox | None = None
        self._fd = -1

    def _node(self) -> Path | None:
        """The node behind the name now; None while it is not plugged in."""
        path = Path(self._url)
        return path.resolve() if path.exists() else None

    def _own(self, fd: int) -> None:
        """Take the open node for ourselves; OSError where that is refused."""

    def _refusal(self, error: OSError) -> DeviceError | None:
        """What this kind of node says of an error of its own; None for the usual ones."""
        return None

    async def open(self) -> None:
        if self._inbox is not None:
            raise PortBusy(self._url, ours=True)
        self._presence.opened()
        node, fd = self._node(), -1
        try:
            if node is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._own(fd)
        except OSError as exc:
            if fd >= 0:
                os.close(fd)
            self._presence.opened(exc)
            if node is None:
                raise PortMissing(self._url) from exc
            raise self._refusal(exc) or await open_failure(str(node), LineSettings(), exc) from exc
        self._fd = fd
        self._inbox = Inbox(self._url, self._clock, self._tap)
        self._inbox.source = self
        self.resume_reading()

    async def read_some(self) -> Chunk:
        if self._inbox is None:
            raise PortNotOpen(self._url)
        return await self._inbox.next_chunk()

    async def write(self, data: bytes) -> None:
        raise PortReadOnly(self._url)

    async def close(self) -> None:
        fd, self._fd, self._inbox = self._fd, -1, None
        if fd >= 0:
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)

    async def appears(self) -> None:
        await self._presence.appears()

    def backlog(self) -> int:
        return self._inbox.held if self._inbox is not None else 0

    def pause_reading(self) -> None:
        # The kernel drops what nobody fetches; of key events it says so in the stream.
        asyncio.get_running_loop().remove_reader(self._fd)

    def resume_reading(self) -> None:
        if self._fd >= 0 and self._inbox is not None and not self._inbox.lost:
            asyncio.get_running_loop().add_reader(self._fd, self._receive, self._inbox)

    def _receive(self, inbox: Inbox) -> None:
        try:
            data = os.read(self._fd, self.READ)
            why = "closed by the other side"
        except BlockingIOError:
            return
        except OSError as exc:
            data, why = b"", exc.strerror or str(exc)
        if data:
            inbox.put(data)
        else:
            # A device that is gone stays readable for ever, and the loop would call us again at once.
            self.pause_reading()
            inbox.end(why)
