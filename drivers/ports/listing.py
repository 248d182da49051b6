"""Which ports are plugged in, and the lasting name of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import serialx

from drivers.ports.hidraw import is_hidraw, lasting_names
from drivers.ports.interface import PortIdentity
from drivers.ports.local import is_local

LINKS = Path("/dev/serial")
_COUNTED = re.compile(r"/dev/(ttyUSB|ttyACM|hidraw)\d+")

Lister = Callable[[], Sequence[serialx.SerialPortInfo]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPort:
    """A port that is plugged in. The numbers and texts are its USB descriptor's, None where it has none."""

    device: str
    identity: PortIdentity
    vendor_id: int | None
    product_id: int | None
    serial_number: str | None
    maker: str | None
    model: str | None


def list_ports(
    *, links: Path = LINKS, plugged_in: Lister = serialx.list_serial_ports
) -> tuple[ListedPort, ...]:
    """Every serial port of this machine, in the order of their names."""
    infos = sorted(plugged_in(), key=lambda info: _by_number(info.resolved_device))
    return tuple(
        ListedPort(
            device=info.resolved_device,
            identity=_identity(info.resolved_device, Path(info.resolved_device), links, lambda: infos),
            vendor_id=info.vid,
            product_id=info.pid,
            serial_number=info.serial_number,
            maker=info.manufacturer,
            model=info.product,
        )
        for info in infos
    )


def identity_of(
    url: str, *, links: Path = LINKS, plugged_in: Lister = serialx.list_serial_ports
) -> PortIdentity:
    """Which port stands behind that path now; a URL is its own name."""
    if not is_local(url):
        return PortIdentity(url=url, device=None, by_id=None, by_path=None)
    return _identity(url, Path(url).resolve(), links, plugged_in)


def is_counted(path: str) -> bool:
    """Whether the path is a number in the order of plugging, which another device may have tomorrow.

    ``/dev/ttyS0`` is not: the number of a built-in port is its place on the board.

    >>> is_counted("/dev/ttyUSB0"), is_counted("/dev/ttyS0")
    (True, False)
    """
    return _COUNTED.fullmatch(path) is not None


def forms_of(path: str) -> str:
    """Which lasting names a device of that kind can have, for one that is not plugged in."""
    if is_hidraw(path):
        return "hidraw://VENDOR:PRODUCT/SERIAL, or hidraw:///PLACE"
    return "its name under /dev/serial/by-id or /dev/serial/by-path"


def stable_name_of(
    path: str, *, links: Path = LINKS, plugged_in: Lister = serialx.list_serial_ports
) -> str | None:
    """The link that will still lead to this device tomorrow; None while it is not plugged in."""
    if is_hidraw(path):
        by_id, by_path = lasting_names(path)
        return by_id or by_path
    identity = identity_of(path, links=links, plugged_in=plugged_in)
    return identity.by_id or identity.by_path


def _identity(url: str, device: Path, links: Path, plugged_in: Lister) -> PortIdentity:
    by_id = link_to(device, links / "by-id")
    return PortIdentity(
        url=url,
        device=str(device) if device.exists() else None,
        by_id=None if by_id is None or _ambiguous(device, plugged_in()) else by_id,
        by_path=link_to(device, links / "by-path"),
    )


def _ambiguous(device: Path, infos: Sequence[serialx.SerialPortInfo]) -> bool:
    """Whether another device would get the same name below by-id: udev gives the link to the one it saw last.

    A device without a serial number of its own is named by maker and model alone, as its twin will be.
    """
    mine = next((info for info in infos if Path(info.resolved_device) == device), None)
    if mine is None or mine.vid is None:
        return False
    name = serialx.udev_serial_by_id_stem(mine)
    twins = sum(serialx.udev_serial_by_id_stem(info) == name for info in infos)
    return twins > 1 or serialx.is_non_unique_serial(mine.serial_number)


def link_to(device: Path, folder: Path) -> str | None:
    """The first link in that folder that leads to the device; None if there is none."""
    try:
        links = sorted(folder.iterdir())
    except OSError:
        return None
    return next((str(link) for link in links if link.resolve() == device), None)


def _by_number(device: str) -> tuple[str, int]:
    """So that ttyUSB2 comes before ttyUSB10."""
    match = re.fullmatch(r"(.*?)(\d*)", device)
    assert match is not None
    return match[1], int(match[2] or 0)
