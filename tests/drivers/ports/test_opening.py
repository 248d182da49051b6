"""Which transport a name gets, and which names get none."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.clock import DeviceClock
from drivers.errors import BadPortName, PortNotOpen
from drivers.line_settings import LineSettings
from drivers.ports.hidraw import HidrawPort
from drivers.ports.opening import Transport, make_port, open_port
from drivers.ports.reader_thread import ReaderThreadPort
from drivers.ports.serial import SerialPort

SETTINGS = LineSettings()


@pytest.mark.parametrize(
    ("url", "transport", "kind"),
    [
        ("/dev/serial/by-id/usb-x", "auto", SerialPort),
        ("/dev/serial/by-id/usb-x", "serialx", SerialPort),
        ("/dev/serial/by-id/usb-x", "pyserial", ReaderThreadPort),
        ("COM3", "auto", SerialPort),
        ("socket://10.0.0.9:4001", "auto", SerialPort),
        ("socket://10.0.0.9:4001", "pyserial", ReaderThreadPort),
        ("rfc2217://[fe80::1]:4001", "auto", ReaderThreadPort),
        ("rfc2217://10.0.0.9:4001", "serialx", SerialPort),
        ("hidraw://0922:8003", "auto", HidrawPort),
        ("/dev/hidraw3", "pyserial", HidrawPort),
    ],
)
def test_each_name_gets_its_transport(url: str, transport: Transport, kind: type) -> None:
    port = make_port(url, SETTINGS, transport=transport, clock=DeviceClock())
    assert type(port) is kind
    assert port.identity().url == url
    assert port.backlog() == 0


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("tcp://10.0.0.9:4001", "tcp:// is not spoken"),
        ("socket://10.0.0.9", "it lacks the host or the port"),
        ("rfc2217://:4001", "it lacks the host or the port"),
        ("socket://10.0.0.9:99999", "Port out of range 0-65535"),
        ("hidraw://scale", "it has no vendor and product, and no place"),
    ],
)
def test_a_name_that_nothing_opens_is_refused_with_those_that_can_be(url: str, why: str) -> None:
    with pytest.raises(BadPortName) as raised:
        make_port(url, SETTINGS, clock=DeviceClock())
    assert f"{url}: is not the name of a port ({why}); give a path below /dev/serial" in str(raised.value)


@pytest.mark.parametrize("transport", ["serialx", "pyserial"])
async def test_a_port_is_open_within_its_block_and_closed_after_it(
    far_end: Any, transport: Transport
) -> None:
    async with open_port(str(far_end.link), SETTINGS, transport=transport, clock=DeviceClock()) as port:
        far_end.send(b"A\r\n")
        assert (await port.read_some()).data.startswith(b"A")
    with pytest.raises(PortNotOpen):
        await port.read_some()
