"""Zebra handhelds that send each scan over the network with DataWedge's IP output.

Several handhelds may share a port, so the port writes the sender's address in front of each line, between SOH
and STX. Anybody in the network can send such lines; hence every scan is marked as not authenticated.

Source: Zebra TechDocs, DataWedge, "IP Output" and "Basic Data Formatting" (the suffix has to be set there).
"""

from __future__ import annotations

from collections.abc import Iterable

from drivers.events import Event, Noise
from drivers.framing.frames import LineFramer
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scanners.message import AIM_SWITCH, CEILING, GS_SWITCH, NO_READ_TEXTS, MessageReader

SOH, STX, LF = b"\x01", b"\x02", b"\n"

LONGEST_ORIGIN = 64
"""Bytes; an IPv6 address with its zone has some 50."""


def line_from(origin: str, message: bytes) -> bytes:
    """What the port gives for one line of one sender.

    >>> line_from("192.0.2.7", b"RR473124829GB")
    b'\\x01192.0.2.7\\x02RR473124829GB\\n'
    """
    return SOH + origin.encode("ascii", "replace")[:LONGEST_ORIGIN] + STX + message + LF


class DataWedgeScanner:
    """Parser of what a ``DataWedgePort`` gives; its options are ``MessageReader``'s."""

    __slots__ = ("_framer", "_reader")

    def __init__(
        self, *, no_read: Iterable[bytes] = NO_READ_TEXTS, gs: str = "keep", aim: str = "yes"
    ) -> None:
        self._framer = LineFramer(CEILING + LONGEST_ORIGIN + 2)
        self._reader = MessageReader(no_read=no_read, gs=gs, aim=aim, authenticated=False)

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for frame in self._framer.feed(data):
            events += [frame] if isinstance(frame, Noise) else self._line(frame)
        return events

    def idle(self) -> list[Event]:
        return []

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._framer.held_bytes()

    def _line(self, frame: bytes) -> list[Event]:
        origin, mark, message = frame.partition(STX)
        if not mark or not origin.startswith(SOH) or not origin.isascii():
            return [Noise(discarded=len(frame), reason="no_origin")]
        return self._reader.read(message, origin=origin[1:].decode("ascii"))


PROFILE = DeviceProfile(
    name="datawedge",
    title="Zebra handhelds with DataWedge IP output over TCP, suffix LF or CR LF",
    kind=DeviceKind.SCANNER,
    new_parser=DataWedgeScanner,
    switches=(GS_SWITCH, AIM_SWITCH),
    cannot_tell=(
        "who sent a scan, beyond the address it came from",
        "the symbology, unless AIM identifiers are switched on",
        "whether a handheld is there, until it scans",
    ),
    source='Zebra TechDocs, DataWedge, "IP Output"',
    verified=False,
)
