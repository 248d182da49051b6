"""A keyboard's event node under ``/dev/input``, taken away from every other program: Linux, read only.

For scanners that only play a keyboard. While the node is grabbed no key reaches a window or a console. The
few calls are made here rather than by python-evdev, which is published as source alone and needs a compiler
and the kernel's headers where it is installed.

Source: Linux, Documentation/input/input.rst and ``linux/input.h`` (EVIOCGRAB).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from drivers.clock import MonotonicClock
from drivers.errors import DeviceError, NotAnInputDevice, PortForbidden
from drivers.ports.interface import ByteTap, PortIdentity
from drivers.ports.listing import link_to
from drivers.ports.node import NodePort

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
        OSError: EBUSY: another program has grabbed it. ENOTTY, EINVAL: it is not an input device.
    """
    if sys.platform != "win32":
        fcntl.ioctl(fd, EVIOCGRAB, 1)


class EvdevPort(NodePort):
    """The raw ``input_event`` records of one keyboard; nothing is ever written.

    Args:
        url: Best a link of ``/dev/input/by-id`` that ends in ``-event-kbd``; the number in
            ``/dev/input/eventN`` changes with the order of plugging.
        grab: Takes the open node away from others.
    """

    READ = READ

    def __init__(
        self,
        url: str,
        *,
        clock: MonotonicClock,
        tap: ByteTap | None = None,
        grab: Callable[[int], None] = grab,
        links: Path = LINKS,
    ) -> None:
        super().__init__(url, clock=clock, tap=tap)
        self._grab = grab
        self._links = links

    def identity(self) -> PortIdentity:
        device = Path(self._url).resolve()
        return PortIdentity(
            url=self._url,
            device=str(device) if device.exists() else None,
            by_id=link_to(device, self._links / "by-id"),
            by_path=link_to(device, self._links / "by-path"),
        )

    def _own(self, fd: int) -> None:
        self._grab(fd)
        _throw_away(fd)

    def _refusal(self, error: OSError) -> DeviceError | None:
        if error.errno in (errno.ENOTTY, errno.EINVAL):
            return NotAnInputDevice(self._url, error.strerror or str(error))
        if error.errno in (errno.EACCES, errno.EPERM):
            return PortForbidden(self._url, group="input")
        return None


def _throw_away(fd: int) -> None:
    """Read what was typed before anybody asked, up to a bound."""
    for _ in range(64):
        try:
            if not os.read(fd, READ):
                return
        except BlockingIOError:
            return
