"""What is plugged in: lasting names, configured places, holders, and which names are refused."""

from __future__ import annotations

import pytest

from agent.maintenance.device_list import PluggedIn, UnfitPort, lasting_name, plugged_in
from drivers.ports.holders import Holder
from drivers.ports.interface import PortIdentity
from drivers.ports.listing import ListedPort

IDENTITY = PortIdentity(
    url="/dev/ttyUSB0",
    device="/dev/ttyUSB0",
    by_id="/dev/serial/by-id/scanner-2",
    by_path="/dev/serial/by-path/usb-1",
)
PORT = ListedPort(
    device="/dev/ttyUSB0",
    identity=IDENTITY,
    vendor_id=1,
    product_id=2,
    serial_number="1",
    maker="Zebra",
    model="DS",
)


def test_a_port_is_listed_with_its_lasting_names_its_places_and_its_holders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.ports.listing.list_ports", lambda: (PORT,))
    monkeypatch.setattr("drivers.ports.hidraw.list_hid", lambda: ())
    held = (Holder(pid=7, command="brltty"),)
    monkeypatch.setattr("drivers.ports.holders.holders_of", lambda _device: held)
    configured = {"lane-1/scanner": "/dev/serial/by-id/x", "lane-2/scanner": "/dev/serial/by-id/scanner-2"}
    assert list(plugged_in(configured)) == [
        PluggedIn(
            name="/dev/serial/by-id/scanner-2",
            device="/dev/ttyUSB0",
            by_id="/dev/serial/by-id/scanner-2",
            by_path="/dev/serial/by-path/usb-1",
            maker="Zebra",
            model="DS",
            configured=("lane-2/scanner",),
            held_by=("brltty (pid 7)",),
        )
    ]


@pytest.mark.parametrize(
    "port", ["/dev/serial/by-id/usb-kern", "/dev/serial/by-path/1", "socket://scale:4001"]
)
def test_a_name_that_lasts_is_kept(port: str) -> None:
    assert lasting_name(port) == port


@pytest.mark.parametrize("port", ["/dev/ttyUSB7", "/dev/ttyACM0", "/dev/hidraw3"])
def test_a_name_that_changes_with_the_order_of_plugging_is_refused(
    port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnfitPort, match="changes with the order of plugging; plug it in, and use its name"):
        lasting_name(port)
    monkeypatch.setattr("drivers.ports.listing.stable_name_of", lambda _port: "/dev/serial/by-id/usb-kern")
    with pytest.raises(UnfitPort, match="use /dev/serial/by-id/usb-kern"):
        lasting_name(port)


def test_a_place_of_the_configuration_is_not_a_port() -> None:
    with pytest.raises(UnfitPort, match="'lane-1/scale' is not a port; see `preclear devices list`"):
        lasting_name("lane-1/scale")
