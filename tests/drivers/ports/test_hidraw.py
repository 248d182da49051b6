"""HID reports: a FIFO stands in for the node, and made-up files for what the kernel tells of devices."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.clock import DeviceClock
from drivers.errors import BadPortName, PortBusy, PortLost, PortMissing, PortNotOpen, PortReadOnly
from drivers.ports.hidraw import (
    REPORT_CEILING,
    HidrawPort,
    ListedHid,
    check_hidraw,
    is_hidraw,
    lasting_names,
    list_hid,
)
from drivers.ports.interface import BACKLOG_CEILING

DYMO = "HID_ID=0003:00000922:00008003\nHID_NAME=DYMO M10\nHID_PHYS=usb-0000:00:14.0-2/input0\nHID_UNIQ=0071\n"


class Hid:
    """Files as the kernel makes them, and a FIFO for each device."""

    def __init__(self, root: Path) -> None:
        self.sys = root / "sys"
        self.dev = root / "dev"
        self.sys.mkdir()
        self.dev.mkdir()
        self.ends: list[int] = []

    def plug(self, node: str, uevent: str = DYMO) -> int:
        (self.sys / node / "device").mkdir(parents=True)
        (self.sys / node / "device" / "uevent").write_text(uevent)
        os.mkfifo(self.dev / node)
        # A FIFO has to be held open for reading before it can be opened for writing without waiting.
        self.ends.append(os.open(self.dev / node, os.O_RDONLY | os.O_NONBLOCK))
        self.ends.append(os.open(self.dev / node, os.O_WRONLY))
        return self.ends[-1]

    def port(self, url: str, **options: Any) -> HidrawPort:
        return HidrawPort(url, clock=DeviceClock(), sys=self.sys, dev=self.dev, **options)

    def unplug(self, node: str) -> None:
        (self.dev / node).unlink()
        (self.sys / node / "device" / "uevent").unlink()
        for end in self.ends:
            os.close(end)
        self.ends.clear()


@pytest.fixture
def hid(tmp_path: Path) -> Iterator[Hid]:
    made = Hid(tmp_path)
    yield made
    for end in made.ends:
        os.close(end)


async def test_a_report_is_read_as_it_came_and_the_tap_sees_it(hid: Hid) -> None:
    device = hid.plug("hidraw3")
    tapped: list[tuple[str, bytes]] = []
    port = hid.port("hidraw://0922:8003", tap=lambda direction, data, _at: tapped.append((direction, data)))
    await port.open()
    os.write(device, bytes.fromhex("0304020be803"))
    assert (await port.read_some()).data == bytes.fromhex("0304020be803")
    assert tapped == [("in", bytes.fromhex("0304020be803"))]
    await port.close()
    await port.close()
    with pytest.raises(PortNotOpen):
        await port.read_some()


async def test_nothing_is_ever_written_to_it(hid: Hid) -> None:
    hid.plug("hidraw3")
    port = hid.port("hidraw://0922:8003")
    await port.open()
    with pytest.raises(PortReadOnly, match=r"hidraw://0922:8003: is only read; use a protocol that sends no"):
        await port.write(b"W")
    await port.close()


async def test_a_device_that_goes_away_is_lost_after_its_last_report_and_found_again(hid: Hid) -> None:
    port = hid.port("hidraw://0922:8003/0071")
    with pytest.raises(PortMissing):
        await port.open()
    device = hid.plug("hidraw3")
    async with asyncio.timeout(10):
        await port.appears()
    await port.open()
    os.write(device, b"last")
    hid.unplug("hidraw3")
    assert (await port.read_some()).data == b"last"
    with pytest.raises(PortLost, match="closed by the other side"):
        await port.read_some()
    await port.close()
    device = hid.plug("hidraw5")
    await port.open()
    os.write(device, b"back")
    assert (await port.read_some()).data == b"back"
    assert port.identity().device == str(hid.dev / "hidraw5")
    await port.close()


async def test_a_second_owner_is_refused(hid: Hid) -> None:
    hid.plug("hidraw3")
    first, second = hid.port("hidraw://0922:8003"), hid.port(str(hid.dev / "hidraw3"))
    await first.open()
    with pytest.raises(PortBusy):
        await second.open()
    with pytest.raises(PortBusy):
        await first.open()
    await first.close()
    await second.open()
    await second.close()


async def test_a_reader_that_falls_behind_pauses_the_device(hid: Hid) -> None:
    device = hid.plug("hidraw3")
    os.set_blocking(device, False)
    port = hid.port("hidraw://0922:8003")
    await port.open()
    sent = refused = 0
    while refused < 50:
        try:
            sent += os.write(device, b"x" * 1024)
            refused = 0
        except BlockingIOError:
            refused += 1
        await asyncio.sleep(0)
    assert BACKLOG_CEILING < port.backlog() <= BACKLOG_CEILING + REPORT_CEILING
    got = 0
    while got < sent:
        got += len((await port.read_some()).data)
    assert (got, port.backlog()) == (sent, 0)
    await port.close()


def test_what_the_kernel_tells_of_each_device_is_read(hid: Hid) -> None:
    hid.plug("hidraw3")
    hid.plug("hidraw4", "HID_ID=0003:0000046D:0000C52B\n")
    hid.plug("hidraw5", "DRIVER=hid-generic\n")
    (hid.sys / "hidraw6").mkdir()
    dymo, mouse = list_hid(sys=hid.sys, dev=hid.dev)
    assert dymo == ListedHid(
        device=str(hid.dev / "hidraw3"),
        vendor_id=0x0922,
        product_id=0x8003,
        name="DYMO M10",
        serial_number="0071",
        place="usb-0000:00:14.0-2/input0",
    )
    assert (mouse.vendor_id, mouse.name, mouse.serial_number, mouse.place) == (0x046D, "", None, None)
    assert list_hid(sys=hid.sys / "none", dev=hid.dev) == ()


def test_a_device_is_named_by_its_serial_number_or_else_by_its_place(hid: Hid) -> None:
    hid.plug("hidraw3")
    by_id, by_place = lasting_names(hid.dev / "hidraw3", sys=hid.sys, dev=hid.dev)
    assert by_id == "hidraw://0922:8003/0071"
    assert by_place == "hidraw:///usb-0000:00:14.0-2/input0"
    assert hid.port(by_place).identity().key == by_id
    assert lasting_names(hid.dev / "hidraw9", sys=hid.sys, dev=hid.dev) == (None, None)


def test_twins_are_told_apart_by_their_places(hid: Hid) -> None:
    hid.plug("hidraw3")
    hid.plug("hidraw4", DYMO.replace("14.0-2", "14.0-3"))
    key = hid.port("hidraw:///usb-0000:00:14.0-3/input0").identity()
    assert (key.by_id, key.key, key.device) == (
        None,
        "hidraw:///usb-0000:00:14.0-3/input0",
        str(hid.dev / "hidraw4"),
    )


def test_the_forms_of_a_name() -> None:
    for url in (
        "hidraw://0922:8003",
        "hidraw://0922:80aB/0071",
        "hidraw:///usb-0:14.0-2/input0",
        "/dev/hidraw3",
    ):
        assert is_hidraw(url)
        check_hidraw(url)
    for url in ("hidraw://", "hidraw://922:8003", "hidraw:///", "hidraw://0922"):
        with pytest.raises(BadPortName, match=r"is not the name of a port \(it has no vendor and product"):
            check_hidraw(url)
    assert not is_hidraw("/dev/ttyUSB0")
