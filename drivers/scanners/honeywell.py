"""Honeywell scanners set to send each barcode in a packet with its identifiers and its length.

A packet: SYN FE, four bytes that we leave, CR, ``MSGGET``, four digits, Honeywell's code identifier, the AIM
identifier without its bracket, GS, and as many bytes as the digits say, the last of them the suffix.

Source: Honeywell, "Data Packet Format" in the user guides; frames as enioka_scan (``BarcodeParserTest``) has
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from drivers.events import Event, Noise
from drivers.framing.frames import STRAY_REPORT, Discarded
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scanners.beeps import BEEPS
from drivers.scanners.message import CEILING, GS_SWITCH, NO_READ_TEXTS, MessageReader

IDLE_GAP_S = 0.2
"""A packet that is not whole by then was cut short."""

_START = b"\x16\xfe"
_HEADER = re.compile(rb"\x16\xfe.{4}\rMSGGET(\d{4}).([A-Za-z][0-9A-Z])\x1d", re.DOTALL)
_HEADER_SIZE = 21
_SUFFIX = b"\r\n"


class HoneywellPackets:
    """Parser of one scanner. ``no_read`` and ``gs``: as ``MessageReader`` takes them."""

    __slots__ = ("_held", "_reader", "_stray")

    def __init__(self, *, no_read: Iterable[bytes] = NO_READ_TEXTS, gs: str = "keep") -> None:
        # The identifier has a place of its own, so nothing at the beginning of the data is one.
        self._reader = MessageReader(no_read=no_read, gs=gs, aim="no")
        self._held = bytearray()
        self._stray = Discarded()

    def feed(self, data: bytes) -> list[Event]:
        self._held += data
        return self._take(resting=False)

    def idle(self) -> list[Event]:
        events = self._take(resting=True)
        self._report(events)
        return events

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return len(self._held)

    def _take(self, *, resting: bool) -> list[Event]:
        events: list[Event] = []
        at, held = 0, self._held
        while at < len(held):
            size = self._size_at(at)
            if size and len(held) - at < size and not resting:
                break
            # A byte lost inside a packet moves its end into the next one, and then no suffix stands there.
            if size and len(held) - at >= size and held[at + size - 1] in _SUFFIX:
                self._report(events)
                self._packet(bytes(held[at : at + size]), events)
                at += size
                continue
            self._stray.add(held[at : at + 1])
            at += 1
            if self._stray.count >= STRAY_REPORT:
                self._report(events)
        del held[:at]
        return events

    def _size_at(self, at: int) -> int:
        """Bytes of the packet that begins there, so far as can be told; 0 where none does."""
        start = bytes(self._held[at : at + _HEADER_SIZE])
        if not start.startswith(_START[: len(start)]):
            return 0
        if len(start) < _HEADER_SIZE:
            return _HEADER_SIZE
        header = _HEADER.match(start)
        size = int(header[1]) if header is not None else 0
        return _HEADER_SIZE + size if 0 < size <= CEILING else 0

    def _packet(self, packet: bytes, events: list[Event]) -> None:
        header = _HEADER.match(packet)
        assert header is not None
        events += self._reader.read(packet[_HEADER_SIZE:].rstrip(_SUFFIX), aim=f"]{header[2].decode()}")

    def _report(self, events: list[Event]) -> None:
        noise: list[bytes | Noise] = []
        self._stray.report("not_honeywell", noise)
        events += [each for each in noise if isinstance(each, Noise)]


PROFILE = DeviceProfile(
    name="honeywell-packets",
    title="Honeywell scanners set to the data packet format, with a suffix of CR or CR LF",
    kind=DeviceKind.SCANNER,
    new_parser=HoneywellPackets,
    beep_good=BEEPS["honeywell"].good,
    beep_bad=BEEPS["honeywell"].bad,
    idle_gap_s=IDLE_GAP_S,
    switches=(GS_SWITCH,),
    cannot_tell=(
        "a byte changed inside a barcode that has no check digit",
        "whether it is there, until it scans",
    ),
    source='Honeywell user guides, "Data Packet Format"',
)
