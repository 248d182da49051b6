"""What local ports have in common, whichever library reads them: presence, exclusion, failures."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from drivers.clock import MonotonicClock
from drivers.errors import (
    BadPortSettings,
    PortBusy,
    PortError,
    PortForbidden,
    PortLost,
    PortMissing,
    PortUnreachable,
)
from drivers.line_settings import LineSettings
from drivers.ports.holders import holders_of, running

if sys.platform != "win32":
    import fcntl
    import termios

LOOK_EVERY_S = 0.15


def is_local(url: str) -> bool:
    """Whether the port is a device of this machine rather than a server's."""
    return "://" not in url


def is_pty(url: str) -> bool:
    """Whether a pseudo-terminal stands behind the path."""
    return is_local(url) and Path(url).resolve().is_relative_to("/dev/pts")


def line_settings_for(url: str, settings: LineSettings) -> LineSettings:
    """A pseudo-terminal has no line, and the kernel refuses a parity on it: it is opened 8N1, without flow
    control.
    """
    if not is_pty(url):
        return settings
    return replace(settings, byte_size=8, parity="N", stop_bits=1, xonxoff=False, rtscts=False)


def looking_at(url: str) -> Callable[[], bool] | None:
    """Says each time whether the path is there; None for a server, which nobody sees come."""
    return partial(_exists, Path(url)) if is_local(url) else None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


class Presence:
    """Notices that a port appears: ``there`` says whether it is, None if nobody can see that.

    It looks some seven times a second while somebody waits, which costs some microseconds each and
    works on every system. The kernel's own events (netlink) come before udev has made the link and set
    its owner, udev's have a format of their own, neither reaches into a container, and both are Linux only.
    """

    def __init__(self, there: Callable[[], bool] | None, clock: MonotonicClock) -> None:
        self._there = there
        self._clock = clock
        self._missing = False

    def opened(self, failure: OSError | None = None) -> None:
        """An opening ended so; what it saw counts, or a port plugged in just after it would be missed."""
        self._missing = failure is not None and failure.errno in (errno.ENOENT, errno.ENOTDIR)

    async def appears(self) -> None:
        """Wait until it is there and was not before."""
        if self._there is None:
            await asyncio.Event().wait()
            return
        while True:
            there = self._there()
            if there and self._missing:
                break
            self._missing = not there
            await self._clock.sleep(LOOK_EVERY_S)
        self._missing = False


def claim(fd: int) -> None:
    """Have the kernel refuse further openings by anybody but root, also by programs that ask for no lock.

    Source: ioctl_tty(2), TIOCEXCL. Anything but a terminal is left as it is.
    """
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, termios.TIOCEXCL)


def unclaim(fd: int) -> None:
    """Take ``claim`` back: the mark is the terminal's, and outlives our descriptor while another is open."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, termios.TIOCNXCL)


def may_claim(url: str) -> bool:
    """Whether ``claim`` does no harm.

    A real port loses the mark with its last descriptor. A pseudo-terminal keeps it for as long as its other
    end lives: a hub that was killed would lock its next self out.
    """
    return is_local(url) and not is_pty(url)


def lock(fd: int) -> None:
    """The advisory lock that serial programs share.

    Raises:
        OSError: EBUSY: somebody else holds it.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from exc


async def open_failure(url: str, settings: LineSettings, exc: OSError) -> PortError:
    """The error that says why a port did not open; for one that is held it names the holder."""
    if not is_local(url):
        return PortUnreachable(url, _in_the_network(exc))
    match exc.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO | errno.ENOTDIR:
            return PortMissing(url)
        case errno.EBUSY | errno.EAGAIN:
            return await asyncio.to_thread(busy, url)
        case errno.EACCES | errno.EPERM:
            return PortForbidden(url)
        case errno.EINVAL | errno.ENOTTY:
            return BadPortSettings(url, settings, exc.strerror or str(exc))
        case _:
            return PortLost(url, exc.strerror or str(exc))


def _in_the_network(exc: OSError) -> str:
    # What asyncio says of a refused connection names the address, which we name already, and no reason. The
    # numbers of a name that is not found are not the system's.
    if exc.errno is None or isinstance(exc, socket.gaierror):
        return exc.strerror or str(exc)
    return os.strerror(exc.errno)


def busy(url: str) -> PortBusy:
    """Who holds the port, as far as it can be seen; this reads the process list."""
    holders = holders_of(url)
    others = tuple(str(holder) for holder in holders if holder.pid != os.getpid())
    if others:
        return PortBusy(url, held_by=others)
    if holders:
        return PortBusy(url, ours=True)
    return PortBusy(url, perhaps=tuple(str(holder) for holder in running()))
