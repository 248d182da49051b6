"""MT-SICS levels 0 and 1, the command set of Mettler-Toledo scales and their many relatives.

Source: Mettler-Toledo, "MT-SICS Reference Manual" (levels 0 and 1); Kern KCP and Ohaus answer alike. 9600
8N1, CR LF.
"""

from __future__ import annotations

import re
from decimal import Decimal

from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.frames import LineFramer, parity_hint

CEILING = 256
"""Bytes; the longest answer of levels 0 and 1 is a serial number of some 30."""

START = b"SIR\r\n"
"""Send the weight at once and repeat. It ends with ``@``, with another weighing command and with a power cut.
"""

POLL = b"SI\r\n"
"""Send the weight once, stable or not."""

_VALUE_WIDTH = 10

# "S S     100.00 g": command, status, value right-aligned in ten columns, unit. Some emulators and clones
# answer `SI` with `SI` where the manual says `S`.
_WEIGHT = re.compile(rb"(?:SI|S) ([SD]) ( *[+-]?\d+(?:\.\d+)?)(?: +([A-Za-z%]{1,5}))? *", re.ASCII)
_STATE = re.compile(rb"(?:SIR|SI|S) ([IL+-]) *")
_FAILURE = re.compile(rb"(ES|ET|EL) *")
_ANSWER = re.compile(rb"(I\d{1,2}|ZI|Z|TAC|TA|TI|T|@|K|D|SR|SIR) ([ABSDILR+-])(?: +([\x20-\x7E]*))?")

_STATES = {b"I": Status.NOT_READY, b"+": Status.OVERLOAD, b"-": Status.UNDERLOAD, b"L": Status.ERROR}
_REFUSALS = frozenset(b"IL+-")


class MtSics:
    """Parser of one MT-SICS device.

    The value must fill its ten columns: a byte lost inside a number then shows as noise and not as a tenth of
    the weight. ``any_width`` gives that up, for relatives that write a shorter field.
    """

    __slots__ = ("_any_width", "_framer")

    def __init__(self, *, any_width: bool = False) -> None:
        self._framer = LineFramer(CEILING)
        self._any_width = any_width

    def feed(self, data: bytes) -> list[Event]:
        return [self._parse(f) if isinstance(f, bytes) else f for f in self._framer.feed(data)]

    def _parse(self, frame: bytes) -> Event:
        if match := _WEIGHT.fullmatch(frame):
            stability, digits, unit = match.groups()
            if self._any_width or len(digits) == _VALUE_WIDTH:
                return _weight(stability == b"S", Decimal(digits.decode().strip()), unit, frame)
        elif match := _STATE.fullmatch(frame):
            return _no_weight(_STATES[match[1]], frame)
        elif _FAILURE.fullmatch(frame):
            return _no_weight(Status.ERROR, frame)
        elif match := _ANSWER.fullmatch(frame):
            return Answer(
                command=match[1].decode(),
                done=match[2][0] not in _REFUSALS,
                text=(match[3] or b"").decode().strip().strip('"'),
                raw=frame,
            )
        parity = parity_hint(frame)
        return Noise(discarded=len(frame), reason=f"parity_{parity}" if parity else "not_mt_sics")


def _weight(stable: bool, value: Decimal, unit: bytes | None, raw: bytes) -> WeightReading:
    status = set() if stable else {Status.MOTION}
    if value < 0:
        status.add(Status.NEGATIVE)
    return WeightReading(
        value=value,
        unit=unit.decode() if unit else None,
        stable=stable,
        status=frozenset(status),
        raw=raw,
    )


def _no_weight(status: Status, raw: bytes) -> WeightReading:
    return WeightReading(value=None, unit=None, stable=None, status=frozenset({status}), raw=raw)
