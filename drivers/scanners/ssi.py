"""Scanners that speak Zebra's Simple Serial Interface (SSI) with packeted decode data.

Every packet of the scanner is acknowledged, or it comes again. A scan that comes again is one scan. Barcodes
above 250 bytes come in parts: DECODE_DATA packets of which all but the last are marked as continued, or, from
newer scanners, numbered segments.

Sources: Zebra, "Simple Serial Interface Programmer's Guide" 72E-40451; the segments are not in it, and were
seen at one scanner (enioka_scan, ``SsiParserTest``).
"""

from __future__ import annotations

from collections.abc import Iterable

from drivers.events import Event, Noise
from drivers.framing.frames import STRAY_REPORT, Discarded
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scanners.code_ids import SSI_TYPES
from drivers.scanners.message import AIM_SWITCH, CEILING, GS_SWITCH, NO_READ_TEXTS, MessageReader
from drivers.scanners.ssi_packet import (
    ACK,
    CHECKSUM,
    CONTINUED,
    HEADER,
    RESEND,
    RETRANSMITTED,
    SEGMENT_ACK,
    UNANSWERED,
    Beep,
    Opcode,
    beep,
    checksum,
    size_at,
)

IDLE_GAP_S = 0.2
"""The scanner's own limit between two characters of a packet; after it the rest will not come."""

_MOST_OUTPUT = 1024

# A first segment: index, then opcode, length of what follows the type, type, a count, length of the barcode.
_FIRST_SEGMENT = 14
_LATER_SEGMENT = 5


class _Parts:
    """A barcode under way in parts."""

    __slots__ = ("data", "kind", "next_index", "size")

    def __init__(self, kind: int, size: int | None = None) -> None:
        self.kind = kind
        self.size = size
        self.data = bytearray()
        self.next_index = 0


class SsiScanner:
    """Parser of one SSI scanner; ``pending_output`` is what it has to be answered.

    Args:
        handshake: ``no`` where acknowledging is switched off at the scanner; then nothing is answered.
        no_read, gs, aim: As ``MessageReader`` takes them.
    """

    __slots__ = ("_answers", "_held", "_last", "_out", "_parts", "_reader", "_refused", "_stray")

    def __init__(
        self,
        *,
        handshake: str = "yes",
        no_read: Iterable[bytes] = NO_READ_TEXTS,
        gs: str = "keep",
        aim: str = "yes",
    ) -> None:
        self._answers = handshake == "yes"
        self._reader = MessageReader(no_read=no_read, gs=gs, aim=aim)
        self._held = bytearray()
        self._stray = Discarded()
        self._out = bytearray()
        self._parts: _Parts | None = None
        self._last = b""
        self._refused = False

    def feed(self, data: bytes) -> list[Event]:
        self._held += data
        events: list[Event] = []
        self._take(events, resting=False)
        return events

    def idle(self) -> list[Event]:
        events: list[Event] = []
        self._take(events, resting=True)
        self._report(events)
        # What was acknowledged is followed at once, if it is followed at all.
        self._drop("cut_short", events)
        self._refused = False
        return events

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return len(self._held) + len(self._out)

    def pending_output(self) -> bytes:
        """What the scanner is to be answered, once."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _take(self, events: list[Event], *, resting: bool) -> None:
        """Take every whole packet; at rest also give up what is not whole."""
        at = 0
        held = self._held
        while at < len(held):
            size = size_at(bytes(held[at : at + 3]))
            if size and len(held) - at < size and not resting:
                break
            whole = bytes(held[at : at + size])
            if size and len(whole) == size and checksum(whole[:-CHECKSUM]) == whole[-CHECKSUM:]:
                self._report(events)
                self._refused = False
                self._packet(whole, events)
                at += size
                continue
            if size:
                self._refuse()
            # A packet has no mark of its own, so the next one may begin at any byte.
            self._stray.add(held[at : at + 1])
            at += 1
            if self._stray.count >= STRAY_REPORT:
                self._report(events)
        del held[:at]

    def _report(self, events: list[Event]) -> None:
        noise: list[bytes | Noise] = []
        self._stray.report("not_ssi", noise)
        events += [each for each in noise if isinstance(each, Noise)]

    def _refuse(self) -> None:
        """Ask once for the packet again; what then comes is not a repetition of an older scan."""
        self._last = b""
        if not self._refused:
            self._refused = True
            self._answer(RESEND)

    def _answer(self, packet: bytes) -> None:
        if self._answers:
            self._out += packet
            del self._out[:-_MOST_OUTPUT]

    def _packet(self, packet: bytes, events: list[Event]) -> None:
        match packet[1]:
            case Opcode.SEGMENT:
                self._segment(packet, events)
            case Opcode.DECODE_DATA:
                self._answer(ACK)
                self._decode_data(packet, events)
            case opcode if opcode not in UNANSWERED:
                self._answer(ACK)

    def _decode_data(self, packet: bytes, events: list[Event]) -> None:
        status, data = packet[3], packet[HEADER:-CHECKSUM]
        sent = bytes([Opcode.DECODE_DATA, status & CONTINUED]) + data
        if status & RETRANSMITTED and sent == self._last:
            return
        self._last = sent
        if not data:
            events.append(Noise(discarded=len(packet), reason="no_payload"))
            return
        parts = self._parts
        if parts is None or parts.size is not None or parts.kind != data[0]:
            self._drop("cut_short", events)
            parts = _Parts(data[0])
        parts.data += data[1:]
        self._parts = parts
        if len(parts.data) > CEILING:
            self._drop("too_long", events)
        elif not status & CONTINUED:
            self._finish(parts, events)

    def _segment(self, packet: bytes, events: list[Event]) -> None:
        index = packet[4]
        sent = packet[3:-CHECKSUM]
        repeated = sent == self._last and (index > 0 or bool(packet[2] & RETRANSMITTED))
        if not repeated:
            self._last = sent
            if index == 0:
                self._first_segment(packet, events)
            else:
                self._later_segment(packet, index, events)
        self._answer(SEGMENT_ACK if self._parts is not None else ACK)

    def _first_segment(self, packet: bytes, events: list[Event]) -> None:
        self._drop("cut_short", events)
        size = int.from_bytes(packet[12:14], "big")
        announced = int.from_bytes(packet[6:10], "big")
        if (
            len(packet) <= _FIRST_SEGMENT + CHECKSUM
            or packet[5] != Opcode.DECODE_DATA
            or announced != size + 3
        ):
            events.append(Noise(discarded=len(packet), reason="not_ssi"))
        elif size > CEILING:
            events.append(Noise(discarded=len(packet), reason="too_long"))
        else:
            self._parts = _Parts(packet[10], size)
            self._append(self._parts, packet[_FIRST_SEGMENT:-CHECKSUM], events)

    def _later_segment(self, packet: bytes, index: int, events: list[Event]) -> None:
        parts = self._parts
        if parts is None or parts.size is None or index != parts.next_index:
            self._drop("cut_short", events)
            events.append(Noise(discarded=len(packet), reason="out_of_order"))
        else:
            self._append(parts, packet[_LATER_SEGMENT:-CHECKSUM], events)

    def _append(self, parts: _Parts, data: bytes, events: list[Event]) -> None:
        assert parts.size is not None
        parts.data += data
        parts.next_index += 1
        if len(parts.data) > parts.size:
            self._drop("too_long", events)
        elif len(parts.data) == parts.size:
            self._finish(parts, events)

    def _finish(self, parts: _Parts, events: list[Event]) -> None:
        self._parts = None
        # The scanner's own suffix comes inside the data.
        events += self._reader.read(bytes(parts.data).rstrip(b"\r\n"), aim=SSI_TYPES.get(parts.kind))

    def _drop(self, reason: str, events: list[Event]) -> None:
        if self._parts is not None:
            if self._parts.data:
                events.append(Noise(discarded=len(self._parts.data), reason=reason))
            self._parts = None


PROFILE = DeviceProfile(
    name="zebra-ssi",
    title="Zebra, Symbol and Motorola scanners set to SSI with packeted decode data",
    kind=DeviceKind.SCANNER,
    new_parser=SsiScanner,
    beep_good=beep(Beep.SHORT_HIGH),
    beep_bad=beep(Beep.THREE_LONG_LOW),
    idle_gap_s=IDLE_GAP_S,
    switches=(
        Switch(
            name="handshake",
            values=("yes", "no"),
            meaning="whether the scanner waits for an acknowledgement of each packet",
        ),
        GS_SWITCH,
        AIM_SWITCH,
    ),
    cannot_tell=(
        "whether a Data Matrix or QR Code is GS1, unless AIM identifiers are switched on",
        "that the first part of a barcode above 250 bytes was lost, where the handshake is off",
        "whether it is there, until it scans",
    ),
    source='Zebra, "Simple Serial Interface Programmer\'s Guide" 72E-40451',
)
