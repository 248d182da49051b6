"""CAS PD-II, PR-II, SW-II, AP-1 and their clones: a question, an answer, an order, and then the weight.

The host sends ENQ; a scale with a weight answers ACK, the host orders DC1, and the scale sends

    ``[SOH] STX state sign weight(6 or 7) unit(2) BCC ETX [EOT]``

with the state ``S`` stable, ``U`` unstable or ``F`` out of range. BCC is the exclusive or of what lies
between STX and itself, and may be any byte. Clones leave out SOH and EOT; one sends a byte of state behind.

Sources: CAS SW-II manual ("RS-232C protocol"), CAS AP-1 protocol, the r_keeper list of scale drivers (seven
characters of weight, SOH with bit 7 set); a frame recorded from a clone. 9600 8N1.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

from drivers.events import Answer, Event, Noise, Status
from drivers.framing.frames import EOT, ETX, STRAY_REPORT, STX, Discarded
from drivers.framing.parser import refused
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, number, reading

POLL = b"\x05"
"""ENQ: is there a weight to send?"""

ORDER = b"\x11"
"""DC1: send it."""

_ACK, _NAK = b"\x06", b"\x15"

_QUIET = frozenset(b"\x01\x81\r\n\x00\x10 @" + EOT)
"""Between two frames nothing: SOH, EOT, line ends, the byte of state behind EOT (0x00, 0x10, 0x20, 0x40)."""

_SIX, _SEVEN = 10, 11
"""Bytes of state, sign, weight and unit, with six characters of weight and with seven."""

_SEVENTH = 9
"""Where the seventh character of weight stands, or the unit begins; the STX is 0."""

_STILL_WEIGHT = frozenset({b".", *(b"%d" % digit for digit in range(10))})

_BCC_AND_ETX = 2

_FIELDS = re.compile(rb"([SU])([ +-])([ \d.]{5,6}[\d.])([A-Za-z][A-Za-z ]| [A-Za-z])", re.ASCII)
_OUTSIDE = re.compile(rb"F([ +-])[ -~]{8,9}")
_CONTROL = re.compile(rb"[\x00-\x1F]")

_BCC_OVER = {"data": 0, "stx": STX[0], "etx": ETX[0], "stx-etx": STX[0] ^ ETX[0]}


class CasPd2:
    """Parser of one scale; it also says when DC1 is due (``pending_output``).

    Args:
        point: ``yes``: the weight has a decimal point, and one in kilograms or pounds without it is noise
            (``no_point``). ``no``: it has none, and the last ``decimals`` digits stand behind it.
        decimals: How many; only without a point.
        bcc: Which of STX and ETX the check covers beside the data. SOH, STX and ETX together are zero, so a
            check over all of them is one over the data.
    """

    __slots__ = ("_bcc", "_decimals", "_due", "_held", "_stray")
    protocol = "cas-pd2"

    def __init__(self, *, point: str = "yes", decimals: str = "3", bcc: str = "data") -> None:
        self._decimals = int(decimals) if point == "no" else None
        self._bcc = _BCC_OVER[bcc]
        self._held = b""
        self._stray = Discarded()
        self._due = b""

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        data, at = self._held + data, 0
        while at < len(data):
            if data[at] != STX[0]:
                self._between(data[at : at + 1], events)
                at += 1
                continue
            used = self._frame(data[at : at + 1 + _SEVEN + _BCC_AND_ETX], events)
            if not used:
                break
            at += used
        self._held = data[at:]
        return events

    def idle(self) -> list[Event]:
        return []

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return len(self._held)

    def pending_output(self) -> bytes:
        """DC1, once, if the scale has said that it has a weight."""
        due, self._due = self._due, b""
        return due

    def _between(self, byte: bytes, events: list[Event]) -> None:
        if byte in {_ACK, _NAK}:
            self._report(events)
            events.append(Answer(command="ENQ", done=byte == _ACK, text="", raw=byte))
            self._due = ORDER if byte == _ACK else self._due
        elif byte[0] not in _QUIET:
            self._stray.add(byte)
            if self._stray.count >= STRAY_REPORT:
                self._report(events)

    def _report(self, events: list[Event]) -> None:
        out: list[bytes | Noise] = []
        self._stray.report("outside_frame", out)
        events += [noise for noise in out if isinstance(noise, Noise)]

    def _frame(self, data: bytes, events: list[Event]) -> int:
        """Take the frame that begins here: how many bytes it used, 0 if it is not all there."""
        body = _SEVEN if data[_SEVENTH : _SEVENTH + 1] in _STILL_WEIGHT else _SIX
        if cut := _CONTROL.search(data, 1, 1 + body):
            # No control byte is data: another frame, or an ACK, begins before this one has ended.
            self._report(events)
            events.append(Noise(discarded=cut.start(), reason="cut_short"))
            return cut.start()
        whole = 1 + body + _BCC_AND_ETX
        if len(data) < whole:
            return 0
        self._report(events)
        frame = data[1 : whole - 1]
        if data[whole - 1] != ETX[0]:
            again = data.find(STX, 1, whole)
            whole = again if again > 0 else whole
            events.append(refused(data[:whole], self.protocol))
        elif reduce(xor, frame) != self._bcc:
            events.append(Noise(discarded=whole, reason="bad_checksum"))
        else:
            events.append(self._parse(frame) or refused(data[:whole], self.protocol))
        return whole

    def _parse(self, frame: bytes) -> Event | None:
        """What a frame says whose check is right; the check is its last byte."""
        if match := _OUTSIDE.fullmatch(frame[:-1]):
            return no_weight(Status.UNDERLOAD if match[1] == b"-" else Status.OVERLOAD, raw=frame)
        match = _FIELDS.fullmatch(frame[:-1])
        if match is None:
            return None
        state, sign, digits, unit = match.groups()
        value, has_point = number(sign + digits), b"." in digits
        if value is None:
            return None
        if self._decimals is None:
            if not has_point and unit.strip().lower() in {b"kg", b"lb"}:
                return Noise(discarded=len(frame) + 2, reason="no_point")
        elif has_point:
            return None
        else:
            value = value.scaleb(-self._decimals)
        return reading(value, unit, stable=state == b"S", raw=frame)


PROFILE = DeviceProfile(
    name="cas-pd2",
    title="CAS PD-II, PR-II, SW-II, AD, AP-1 and clones",
    kind=DeviceKind.SCALE,
    new_parser=CasPd2,
    poll_command=POLL,
    probe_command=POLL,
    poll_interval_s=0.2,
    switches=(
        Switch(
            name="point",
            values=("yes", "no"),
            meaning="whether the weight is sent with its decimal point",
        ),
        Switch(
            name="decimals",
            values=("3", "2", "1", "0"),
            meaning="digits behind the decimal point, where point is no",
        ),
        Switch(
            name="bcc",
            values=("data", "stx", "etx", "stx-etx"),
            meaning="what the check byte covers beside the data; manuals and clones differ",
        ),
    ),
    cannot_tell=(
        "whether a value is gross or net",
        "a division wider than the last digit",
    ),
    source='CAS SW-II manual ("RS-232C protocol"); CAS AP-1 protocol',
)
