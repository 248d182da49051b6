"""The port of a lane's device: which of the drivers' transports it gets."""

from __future__ import annotations

from urllib.parse import urlsplit

from agent.config.devices import DeviceSection, ScannerSection
from drivers.clock import MonotonicClock
from drivers.ports.datawedge import DataWedgePort
from drivers.ports.evdev import EvdevPort
from drivers.ports.interface import ByteTap, Port
from drivers.ports.opening import make_port

DATAWEDGE, KEYBOARD = "datawedge", "keyboard-scanner"


def lane_port(section: DeviceSection, *, clock: MonotonicClock, tap: ByteTap | None = None) -> Port:
    """The port of one configured device, still closed.

    Raises:
        BadPortName: Nothing opens a name of that form.
        BadSenders: The port is for handhelds, and the configuration names none.
    """
    if section.protocol == DATAWEDGE and isinstance(section, ScannerSection):
        parts = urlsplit(section.port)
        return DataWedgePort(
            section.senders, clock=clock, host=parts.hostname or "", port=parts.port or 0, tap=tap
        )
    if section.protocol == KEYBOARD:
        return EvdevPort(section.port, clock=clock, tap=tap)
    return make_port(section.port, section.settings(), transport=section.transport, clock=clock, tap=tap)
