"""A HID device (a postal scale, a scanner in POS mode) by its raw reports: Linux, read only.

A name is ``/dev/hidrawN``, or one that lasts: ``hidraw://0922:8003`` (vendor and product, hexadecimal),
``hidraw://0922:8003/SERIAL``, or ``hidraw:///PHYS`` with the place it is plugged into, such as
``hidraw:///usb-0000:00:14.0-2/input0``.

Source: Linux, Documentation/hid/hidraw.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.clock import MonotonicClock
from drivers.errors import BadPortName
from drivers.ports.interface import ByteTap, PortIdentity
from drivers.ports.local import lock
from drivers.ports.node import NodePort

SYS = Path("/sys/class/hidraw")
REPORT_CEILING = 16_384
"""The longest report the kernel hands on (HID_MAX_BUFFER_SIZE); a read gives one."""

_NAME = re.compile(r"hidraw://(?:([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})(?:/(.+))?|/(.+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHid:
    """A HID device that is plugged in; ``serial_number`` and ``place`` are None where it tells none."""

    device: str
    vendor_id: int
    product_id: int
    name: str
    serial_number: str | None
    place: str | None


def is_hidraw(url: str) -> bool:
    """Whether the name is one of those above."""
    return url.startswith(("/dev/hidraw", "hidraw://"))


def list_hid(*, sys: Path = SYS, dev: Path = Path("/dev")) -> tuple[ListedHid, ...]:
    """Every HID device of this machine that has raw reports."""
    return tuple(sorted(_listed(sys, dev), key=lambda hid: hid.device))


class HidrawPort(NodePort):
    """The reports of one HID device, each a chunk; nothing is ever written.

    Its lock is advisory, and refuses only a second owner that asks.
    """

    READ = REPORT_CEILING

    def __init__(
        self,
        url: str,
        *,
        clock: MonotonicClock,
        tap: ByteTap | None = None,
        sys: Path = SYS,
        dev: Path = Path("/dev"),
    ) -> None:
        super().__init__(url, clock=clock, tap=tap)
        self._sys = sys
        self._dev = dev

    def identity(self) -> PortIdentity:
        path = self._node()
        name = lasting_names(path, sys=self._sys, dev=self._dev) if path is not None else (None, None)
        return PortIdentity(
            url=self._url, device=None if path is None else str(path), by_id=name[0], by_path=name[1]
        )

    def _own(self, fd: int) -> None:
        lock(fd)

    def _node(self) -> Path | None:
        if not self._url.startswith("hidraw://"):
            return super()._node()
        match = _NAME.fullmatch(self._url)
        if match is None:
            return None
        vendor, product, serial_number, place = match.groups()
        for hid in list_hid(sys=self._sys, dev=self._dev):
            ids = f"{hid.vendor_id:04x}:{hid.product_id:04x}"
            is_it = hid.place == place if place else ids == f"{vendor}:{product}".lower()
            if is_it and serial_number in (None, hid.serial_number):
                return Path(hid.device)
        return None


def check_hidraw(url: str) -> None:
    """Refuse a name that no device can have.

    Raises:
        BadPortName: It has none of the forms above.
    """
    if url.startswith("hidraw://") and _NAME.fullmatch(url) is None:
        raise BadPortName(url, "it has no vendor and product, and no place")


def lasting_names(
    device: str | Path, *, sys: Path = SYS, dev: Path = Path("/dev")
) -> tuple[str | None, str | None]:
    """The name of a device by its serial number, if it has one of its own, and by its place."""
    every = list_hid(sys=sys, dev=dev)
    mine = next((hid for hid in every if hid.device == str(device)), None)
    if mine is None:
        return None, None
    ids = (mine.vendor_id, mine.product_id, mine.serial_number)
    alone = sum((f.vendor_id, f.product_id, f.serial_number) == ids for f in every) == 1
    by_id = f"hidraw://{mine.vendor_id:04x}:{mine.product_id:04x}/{mine.serial_number}"
    return (
        by_id if mine.serial_number and alone else None,
        f"hidraw:///{mine.place}" if mine.place else None,
    )


def _listed(sys: Path, dev: Path) -> Iterator[ListedHid]:
    try:
        nodes = list(sys.iterdir())
    except OSError:
        return
    for node in nodes:
        try:
            lines = (node / "device" / "uevent").read_text(errors="replace").splitlines()
            fields = dict(line.split("=", 1) for line in lines if "=" in line)
            # HID_ID=0003:00000922:00008003 is bus, vendor and product.
            _, vendor, product = fields["HID_ID"].split(":")
            yield ListedHid(
                device=str(dev / node.name),
                vendor_id=int(vendor, 16),
                product_id=int(product, 16),
                name=fields.get("HID_NAME", ""),
                serial_number=fields.get("HID_UNIQ") or None,
                place=fields.get("HID_PHYS") or None,
            )
        except (OSError, KeyError, ValueError):
            continue  # it went while we looked, or is not a HID device
