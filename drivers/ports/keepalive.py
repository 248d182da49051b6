"""How a dead network connection is noticed: TCP itself asks, since most scanners have nothing to say."""

from __future__ import annotations

import socket
from typing import Protocol

IDLE_S = 10
EVERY_S = 5
PROBES = 3
"""A peer that is silent for ten seconds is asked every five, and given up after three questions."""

UNSENT_MS = 20_000
"""What the peer has not acknowledged for so long means the same (RFC 5482, Linux)."""


class Connection(Protocol):
    """A socket, or what asyncio shows of one."""

    def setsockopt(self, level: int, option: int, value: int, /) -> None: ...


def keep_alive(connection: Connection) -> None:
    """Have the system close a connection whose cable was pulled, within half a minute (tcp(7)).

    Options that the system does not have are left out.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", IDLE_S),
        ("TCP_KEEPALIVE", IDLE_S),  # what macOS calls it
        ("TCP_KEEPINTVL", EVERY_S),
        ("TCP_KEEPCNT", PROBES),
        ("TCP_USER_TIMEOUT", UNSENT_MS),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
