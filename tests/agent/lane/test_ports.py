"""Which transport a lane's device gets, from its section of the configuration."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agent.config.devices import DeviceSection, ScaleSection, ScannerSection
from agent.lane.ports import lane_port
from drivers.clock import DeviceClock
from drivers.errors import BadPortName
from drivers.ports.datawedge import DataWedgePort
from drivers.ports.evdev import EvdevPort
from drivers.ports.hidraw import HidrawPort
from drivers.ports.reader_thread import ReaderThreadPort
from drivers.ports.serial import SerialPort

KEYBOARD = "/dev/input/by-id/usb-Example-event-kbd"


def scanner(**fields: Any) -> ScannerSection:
    return ScannerSection.model_validate(fields)


def scale(**fields: Any) -> ScaleSection:
    return ScaleSection.model_validate(fields)


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        (scanner(port="/dev/serial/by-id/x"), SerialPort),
        (scanner(port="/dev/serial/by-id/x", transport="pyserial"), ReaderThreadPort),
        (scanner(port="socket://192.0.2.1:4001"), SerialPort),
        (scale(port="rfc2217://192.0.2.1:4001"), ReaderThreadPort),
        (scale(port="hidraw://0922:8003", protocol="hid"), HidrawPort),
        (scanner(port=KEYBOARD, protocol="keyboard-scanner"), EvdevPort),
        (
            scanner(port="datawedge://127.0.0.1:58627", protocol="datawedge", senders=["192.0.2.0/24"]),
            DataWedgePort,
        ),
    ],
)
async def test_a_device_gets_the_port_that_its_name_and_protocol_need(
    section: DeviceSection, kind: type
) -> None:
    assert type(lane_port(section, clock=DeviceClock())) is kind


async def test_a_name_that_nothing_opens_is_refused_by_name() -> None:
    with pytest.raises(BadPortName, match="gopher://"):
        lane_port(scale(port="gopher://192.0.2.1:70"), clock=DeviceClock())


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"port": "datawedge://127.0.0.1:1", "protocol": "datawedge"}, "go together"),
        ({"port": "/dev/serial/by-id/x", "senders": ["192.0.2.7"]}, "go together"),
        (
            {"port": "/dev/null", "protocol": "datawedge", "senders": ["192.0.2.7"]},
            "listens on a port such as",
        ),
        ({"port": KEYBOARD}, "nothing else is"),
        ({"port": "/dev/serial/by-id/x", "protocol": "keyboard-scanner"}, "ends in -event-kbd"),
        ({"port": "/dev/serial/by-id/x", "protocol": "nci"}, "unknown scanner protocol"),
        ({"port": "/dev/serial/by-id/x", "switches": {"ends": "semicolon"}}, "use one of crlf"),
        ({"port": "/dev/serial/by-id/x", "beep": "loud"}, "beep"),
    ],
)
def test_a_scanner_that_could_not_be_read_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        scanner(**fields)
