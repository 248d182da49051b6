"""The lasting names of ports, over folders made up as udev makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import serialx
from serialx.platforms import serial_linux

from drivers.ports.listing import forms_of, identity_of, is_counted, list_ports, stable_name_of


@dataclass
class Hub:
    """A folder with device nodes and the links of ``/dev/serial``."""

    root: Path

    @property
    def links(self) -> Path:
        return self.root / "serial"

    def plug(self, node: str, *, by_id: str | None = None, by_path: str | None = None) -> Path:
        device = self.root / node
        device.touch()
        for folder, name in (("by-id", by_id), ("by-path", by_path)):
            if name is not None:
                self.link(folder, name).unlink(missing_ok=True)
                self.link(folder, name).symlink_to(device)
        return device

    def link(self, folder: str, name: str) -> Path:
        (self.links / folder).mkdir(parents=True, exist_ok=True)
        return self.links / folder / name

    def usb(self, node: str, **attributes: Any) -> serialx.SerialPortInfo:
        usual: dict[str, Any] = {"vid": 0x1A86, "pid": 0x7523, "manufacturer": "Maker", "product": "Scale"}
        usual |= {"serial_number": "A1", "bcd_device": 1, "interface_description": None, "interface_num": 0}
        device = str(self.root / node)
        return serialx.SerialPortInfo(device=device, resolved_device=device, **(usual | attributes))


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


def test_a_port_is_known_by_its_lasting_links(hub: Hub) -> None:
    device = hub.plug("ttyUSB0", by_id="usb-Maker_Scale_A1-if00", by_path="pci-0:1.2")
    hub.plug("ttyUSB1", by_id="aa-other", by_path="aa-other")
    identity = identity_of(str(device), links=hub.links, plugged_in=list)
    assert identity.device == str(device)
    assert identity.key == identity.by_id == str(hub.link("by-id", "usb-Maker_Scale_A1-if00"))
    assert identity.by_path == str(hub.link("by-path", "pci-0:1.2"))
    hub.link("by-id", "usb-Maker_Scale_A1-if00").unlink()
    assert identity_of(str(device), links=hub.links, plugged_in=list).key == identity.by_path


def test_a_link_leads_to_the_device_behind_it(hub: Hub) -> None:
    device = hub.plug("ttyUSB0", by_id="usb-Maker_Scale_A1-if00")
    url = str(hub.link("by-id", "usb-Maker_Scale_A1-if00"))
    identity = identity_of(url, links=hub.links, plugged_in=list)
    assert (identity.url, identity.device, identity.by_id) == (url, str(device), url)


def test_a_port_that_is_not_there_has_but_the_name_it_was_given(hub: Hub) -> None:
    path = str(hub.root / "ttyUSB7")
    identity = identity_of(path, links=hub.links, plugged_in=list)
    assert (identity.device, identity.by_id, identity.by_path, identity.key) == (None, None, None, path)
    assert stable_name_of(path, links=hub.links, plugged_in=list) is None
    assert identity_of("socket://10.0.0.9:4001", links=hub.links).key == "socket://10.0.0.9:4001"


def test_twins_with_one_serial_number_are_told_apart_by_their_sockets(hub: Hub) -> None:
    first = hub.plug("ttyUSB0", by_id="usb-Maker_Scale_A1-if00-port0", by_path="pci-0:1.1")
    second = hub.plug("ttyUSB1", by_id="usb-Maker_Scale_A1-if00-port0", by_path="pci-0:1.2")
    twins = [hub.usb("ttyUSB0", port_number=0), hub.usb("ttyUSB1", port_number=0)]
    names = [
        stable_name_of(str(device), links=hub.links, plugged_in=lambda: twins) for device in (first, second)
    ]
    assert names == [str(hub.link("by-path", "pci-0:1.1")), str(hub.link("by-path", "pci-0:1.2"))]


def test_two_ports_of_one_device_are_no_twins(hub: Hub) -> None:
    device = hub.plug("ttyUSB1", by_id="usb-Maker_Scale_A1-if01-port0", by_path="pci-0:1.1-if1")
    ports = [hub.usb("ttyUSB0"), hub.usb("ttyUSB1", interface_num=1)]
    name = stable_name_of(str(device), links=hub.links, plugged_in=lambda: ports)
    assert name == str(hub.link("by-id", "usb-Maker_Scale_A1-if01-port0"))


@pytest.mark.parametrize("serial_number", [None, " ", "0123456789ABCDEF"])
def test_a_device_without_a_serial_number_of_its_own_is_known_by_its_socket(
    hub: Hub, serial_number: str | None
) -> None:
    device = hub.plug("ttyUSB0", by_id="usb-1a86_USB_Serial-if00-port0", by_path="pci-0:1.1")
    ports = [hub.usb("ttyUSB0", serial_number=serial_number)]
    name = stable_name_of(str(device), links=hub.links, plugged_in=lambda: ports)
    assert name == str(hub.link("by-path", "pci-0:1.1"))


def test_ports_are_listed_in_the_order_of_their_numbers_with_what_they_tell(hub: Hub) -> None:
    hub.plug("ttyUSB2", by_id="usb-Maker_Scale_A1-if00", by_path="pci-0:1.1")
    built_in = dict.fromkeys(("vid", "pid", "manufacturer", "product", "serial_number", "interface_num"))
    infos = [hub.usb("ttyUSB10", serial_number="B2"), hub.usb("ttyUSB2"), hub.usb("ttyS0", **built_in)]
    ports = list_ports(links=hub.links, plugged_in=lambda: infos)
    assert [Path(port.device).name for port in ports] == ["ttyS0", "ttyUSB2", "ttyUSB10"]
    scale = ports[1]
    assert (scale.vendor_id, scale.product_id, scale.serial_number) == (0x1A86, 0x7523, "A1")
    assert (scale.maker, scale.model) == ("Maker", "Scale")
    assert scale.identity.key == str(hub.link("by-id", "usb-Maker_Scale_A1-if00"))
    assert (ports[0].vendor_id, ports[0].maker, ports[0].identity.by_id) == (None, None, None)


def test_the_library_reads_the_system_files_as_we_expect(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CDC device as Linux shows it below ``/sys``."""
    interface = hub.root / "sys" / "devices" / "usb1" / "1-2" / "1-2:1.0"
    attributes = {"idVendor": "05f9", "idProduct": "4204", "bcdDevice": "0100", "serial": "S/N G17"}
    attributes |= {"manufacturer": "Datalogic", "product": "Gryphon"}
    interface.mkdir(parents=True)
    for name, text in attributes.items():
        (interface.parent / name).write_text(f"{text}\n")
    (interface / "bInterfaceNumber").write_text("00\n")
    for name in ("bus/usb", "bus/usb/drivers/cdc_acm", "class/tty/ttyACM0"):
        (hub.root / "sys" / name).mkdir(parents=True, exist_ok=True)
    (interface / "subsystem").symlink_to(hub.root / "sys" / "bus" / "usb")
    (interface / "driver").symlink_to(hub.root / "sys" / "bus" / "usb" / "drivers" / "cdc_acm")
    (hub.root / "sys" / "class" / "tty" / "ttyACM0" / "device").symlink_to(interface)
    monkeypatch.setattr(serial_linux, "SYS_ROOT", hub.root / "sys")
    monkeypatch.setattr(serial_linux, "DEV_ROOT", hub.root)
    hub.plug("ttyACM0", by_id="usb-Datalogic_Gryphon_S_N_G17-if00", by_path="pci-0:1.2")
    (port,) = list_ports(links=hub.links)
    assert (port.device, port.vendor_id, port.maker) == (str(hub.root / "ttyACM0"), 0x05F9, "Datalogic")
    assert port.identity.by_id == str(hub.link("by-id", "usb-Datalogic_Gryphon_S_N_G17-if00"))
    (info,) = serialx.list_serial_ports()
    assert serialx.udev_serial_by_id_stem(info) == "usb-Datalogic_Gryphon_S_N_G17-if00"
    assert serialx.udev_serial_by_id_stem(replace(info, serial_number=None)) == "usb-Datalogic_Gryphon-if00"


@pytest.mark.parametrize("path", ["/dev/ttyUSB0", "/dev/ttyACM11", "/dev/hidraw3"])
def test_a_number_in_the_order_of_plugging_is_no_name(path: str) -> None:
    assert is_counted(path)


@pytest.mark.parametrize(
    "path",
    [
        "/dev/ttyS0",
        "/dev/ttyAMA0",
        "/dev/serial/by-id/usb-x",
        "/tmp/ttyUSB0",
        "/dev/ttyUSB0x",
        "socket://a:1",
    ],
)
def test_what_keeps_its_place_is_one(path: str) -> None:
    assert not is_counted(path)


def test_the_forms_of_lasting_names_are_told_for_what_is_not_plugged_in() -> None:
    assert forms_of("/dev/ttyUSB0") == "its name under /dev/serial/by-id or /dev/serial/by-path"
    assert forms_of("/dev/hidraw3").startswith("hidraw://VENDOR:PRODUCT/SERIAL")
    assert stable_name_of("/dev/hidraw999") is None
