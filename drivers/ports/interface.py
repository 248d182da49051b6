"""A port as a driver sees it: a few calls, and nothing of what stands behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

BACKLOG_CEILING = 65_536
"""Bytes received and not yet read; above that the rest waits in the system's buffer."""

WRITE_CEILING = 4096
"""Bytes written and not yet taken; a command has some ten, so a device that lets this fill up is deaf."""

Direction = Literal["in", "out"]
ByteTap = Callable[[Direction, bytes, int], None]
"""Sees every byte with its direction and its monotonic nanoseconds, always from the event loop; it must be
quick and must not raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortIdentity:
    """Which port this is, so that it is found again after it was unplugged.

    ``by_id`` names the device by maker, model and serial number; None where there is no such name, or where
    it could as well mean another device. ``by_path`` names the socket it is plugged into, ``device`` the node
    behind both at this moment.
    """

    url: str
    device: str | None
    by_id: str | None
    by_path: str | None

    @property
    def key(self) -> str:
        """The most lasting of the names."""
        return self.by_id or self.by_path or self.url


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came, and the monotonic nanoseconds at which they did."""

    data: bytes
    at_ns: int


class Port(Protocol):
    """What a driver sees of a port. After ``close`` it may be opened again."""

    async def open(self) -> None:
        """Open and lock, before anything is sent; bytes that came before are thrown away.

        Raises:
            PortError: One of its kinds says why not.
        """
        ...

    async def read_some(self) -> Chunk:
        """The next bytes, as soon as there are any; a cancelled call loses none.

        Raises:
            PortLost: The port went away, and all that came before was read.
            PortNotOpen: It was not open.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Hand bytes to the device.

        Raises:
            PortLost: The port went away.
            PortStalled: The device has not taken what it was given before.
            PortNotOpen: It was not open.
            PortReadOnly: Nothing is ever written to a port of this kind.
        """
        ...

    async def close(self) -> None:
        """Give the port back, within a bounded time; closing twice is harmless."""
        ...

    async def appears(self) -> None:
        """Wait until a port that was missing is there: it was plugged in just now.

        A port that is there already returns only after it went and came back, and one that nobody can see
        come (a server in the network) never does.
        """
        ...

    def identity(self) -> PortIdentity:
        """Which port this is now."""
        ...

    def backlog(self) -> int:
        """Bytes received and not yet read."""
        ...
