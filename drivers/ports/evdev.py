"""A keyboard's event node under ``/dev/input``, taken away from every other program: Linux, read only.

For scanners that only play a keyboard. While the node is grabbed no key reaches a window or a console. The
few calls are made here rather than by python-evdev, which is published as source alone and needs a compiler
and the kernel's headers where it is installed.

Source: Linux, Documentation/input/input.rst and ``linux/input.h`` (EVIOCGRAB).
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from drivers.clock import MonotonicClock
from drivers.errors import NotAnInputDevice, PortBusy, PortForbidden, PortNotOpen, PortReadOnly
from drivers.line_settings import LineSettings
from drivers.ports.inbox import Inbox
from drivers.ports.interface import ByteTap, Chunk, PortIdentity
from drivers.ports.local import Presence, looking_at, open_failure

if sys.platform != "win32":
    import fcntl

EVIOCGRAB = 0x40044590
"""``_IOW('E', 0x90, int)``; the same number on every machine but PowerPC, MIPS and SPARC."""

READ = 24 * 64
"""Bytes; whole records of either size. The kernel gives no part of one."""

LINKS = Path("/dev/input")


def grab(fd: int) -> None:
    """Have the kernel give the node's events to us alone, until the descriptor is closed.

    Raises:
        OSError: EBUSY: another program has grabbed it. ENOTTY, EINVAL: it is no input device.
    """
    if sys.platform != "win32":
        fcntl.ioctl(fd, EVIOCGRAB, 1)


class EvdevPort:
    """The raw ``input_event`` records of one keyboard; nothing is ever written.

    Args:
        url: Best a link of ``/dev/input/by-id`` that ends in ``-event-kbd``; the number in
            ``/dev/input/eventN`` changes with the order of plugging.
        grab: Takes the open node away from others.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: MonotonicClock,
        tap: ByteTap | None = None,
        grab: Callable[[int], None] = grab,
        links: Path = LINKS,
    ) -> None:
        self._url = url
        self._clock = clock
        self._tap = tap
        self._grab = grab
        self._links = links
        self._presence = Presence(looking_at(url), clock)
        self._inbox: Inbox | None = None
        self._fd = -1

    async def open(self) -> None:
        if self._inbox is not None:
            raise PortBusy(self._url, ours=True)
        self._presence.opened()
        fd = -1
        try:
            fd = os.open(self._url, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._grab(fd)
            _throw_away(fd)
        except OSError as exc:
            if fd >= 0:
                os.close(fd)
            self._presence.opened(exc)
            if exc.errno in (errno.ENOTTY, errno.EINVAL):
                raise NotAnInputDevice(self._url, exc.strerror or str(exc)) from exc
            if exc.errno in (errno.EACCES, errno.EPERM):
                raise PortForbidden(self._url, group="input") from exc
            raise await open_failure(self._url, LineSettings(), exc) from exc
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

    def identity(self) -> PortIdentity:
        device = Path(self._url).resolve()
        return PortIdentity(
            url=self._url,
            device=str(device) if device.exists() else None,
            by_id=_link_to(device, self._links / "by-id"),
            by_path=_link_to(device, self._links / "by-path"),
        )

    def backlog(self) -> int:
        return self._inbox.held if self._inbox is not None else 0

    def pause_reading(self) -> None:
        # The kernel drops events that nobody fetches, and says so in the stream.
        asyncio.get_running_loop().remove_reader(self._fd)

    def resume_reading(self) -> None:
        if self._fd >= 0 and self._inbox is not None and not self._inbox.lost:
            asyncio.get_running_loop().add_reader(self._fd, self._receive, self._inbox)

    def _receive(self, inbox: Inbox) -> None:
        try:
            records = os.read(self._fd, READ)
            why = "closed by the other side"
        except BlockingIOError:
            return
        except OSError as exc:
            records, why = b"", exc.strerror or str(exc)
        if records:
            inbox.put(records)
        else:
            # A device that is gone stays readable for ever, and the loop would call us again at once.
            self.pause_reading()
            inbox.end(why)


def _throw_away(fd: int) -> None:
    """Read what was typed before anybody asked, up to a bound."""
    for _ in range(64):
        try:
            if not os.read(fd, READ):
                return
        except BlockingIOError:
            return


def _link_to(device: Path, folder: Path) -> str | None:
    """The first link in that folder that leads to the device; None if there is none."""
    try:
        links = sorted(folder.iterdir())
    except OSError:
        return None
    return next((str(link) for link in links if link.resolve() == device), None)
