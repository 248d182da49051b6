"""Which transport a port gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import urlsplit

from drivers.clock import MonotonicClock
from drivers.errors import BadPortName
from drivers.line_settings import LineSettings
from drivers.ports.hidraw import HidrawPort, check_hidraw, is_hidraw
from drivers.ports.interface import ByteTap, Port
from drivers.ports.local import is_local
from drivers.ports.reader_thread import ReaderThreadPort
from drivers.ports.serial import SerialPort

Transport = Literal["auto", "serialx", "pyserial"]


def make_port(
    url: str,
    settings: LineSettings,
    *,
    transport: Transport = "auto",
    clock: MonotonicClock,
    tap: ByteTap | None = None,
) -> Port:
    """A port of that name, still closed.

    Args:
        url: A path, ``socket://host:port``, ``rfc2217://host:port``, or a HID device's name
            (``drivers.ports.hidraw``).
        transport: ``auto`` takes serialx, but pyserial for ``rfc2217://``. A HID device has its own.

    Raises:
        BadPortName: Nothing here opens a name of that form.
    """
    if is_hidraw(url):
        check_hidraw(url)
        return HidrawPort(url, clock=clock, tap=tap)
    if not is_local(url):
        _check_server(url)
    if transport == "pyserial" or (transport == "auto" and url.startswith("rfc2217://")):
        return ReaderThreadPort(url, settings, clock=clock, tap=tap)
    return SerialPort(url, settings, clock=clock, tap=tap)


@asynccontextmanager
async def open_port(
    url: str,
    settings: LineSettings,
    *,
    transport: Transport = "auto",
    clock: MonotonicClock,
    tap: ByteTap | None = None,
) -> AsyncIterator[Port]:
    """The same, open within the block.

    Raises:
        PortError: It does not open, or nothing opens a name of that form.
    """
    port = make_port(url, settings, transport=transport, clock=clock, tap=tap)
    await port.open()
    try:
        yield port
    finally:
        await port.close()


def _check_server(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("socket", "rfc2217"):
        raise BadPortName(url, f"{parts.scheme}:// is not spoken")
    try:
        complete = bool(parts.hostname) and parts.port is not None
    except ValueError as exc:
        raise BadPortName(url, str(exc)) from exc
    if not complete:
        raise BadPortName(url, "it lacks the host or the port")
