"""Rinstrum's automatic output, formats A (Ranger A), C (Ranger C) and the longer one with eight columns.

::

    <STX> sign w7 status <ETX>                      A: G gross, N net, M motion, O over, U under, E error
    <STX> sign w7 s1 s2 s3 s4 unit(3) <ETX>         C: G N U O E, M motion, Z centre of zero, range
    <STX> w8 s1 s2 s3 s4 blank blank <ETX>          G N, M or S, O U or I (invalid), Z centre of zero

The sign is a blank or a minus, the number right-aligned with its point. Format C leaves the unit blank while
the weight moves. Format D has no status at all and is not read: it is what is left of A when its status is
lost.

Sources: Rinstrum R320 reference manual ("auto weight format string"), C500 user manual (formats A to F) and
remote display manuals (Ranger A, C). 9600 8N1, unasked, ten times a second.
"""

from __future__ import annotations

import re

from drivers.events import Event, Status
from drivers.framing.frames import DelimitedFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading

CEILING = 32
"""Bytes; the longest frame is fifteen."""

_SHORT = re.compile(rb"([- +][ \d.]{7})([GNM])", re.ASCII)
_LONG = re.compile(rb"([- +][ \d.]{7})([GN ])([M ])([Z ])[-12 ]( [A-Za-z]{2}|  [A-Za-z]|   )", re.ASCII)
_EIGHT = re.compile(rb"([- \d.]{8})([GN])([MS]) ([Z ])  ", re.ASCII)
_SHORT_OUTSIDE = re.compile(rb"[\x20-\x7E]{8}([OUE])")
_LONG_OUTSIDE = re.compile(rb"[\x20-\x7E]{8}([OUE])[M ][Z ][-12 ][ A-Za-z]{3}")
_EIGHT_OUTSIDE = re.compile(rb"[\x20-\x7E]{8}[GN ][MS ]([OUI])[Z ]  ")

_OUTSIDE = {b"O": Status.OVERLOAD, b"U": Status.UNDERLOAD, b"E": Status.ERROR, b"I": Status.ERROR}


class Rinstrum(FrameParser):
    """Parser of one indicator that sends any of the three formats; their lengths tell them apart."""

    __slots__ = ()
    protocol = "rinstrum"

    def __init__(self) -> None:
        super().__init__(DelimitedFramer(CEILING))

    def _parse(self, frame: bytes) -> Event | None:
        for grammar in (_SHORT_OUTSIDE, _LONG_OUTSIDE, _EIGHT_OUTSIDE):
            if match := grammar.fullmatch(frame):
                return no_weight(_OUTSIDE[match[1]], raw=frame)
        if match := _SHORT.fullmatch(frame):
            digits, status = match.groups()
            return _weight(digits, b"", status == b"M", status == b"N", False, frame)
        if match := _LONG.fullmatch(frame):
            digits, mode, motion, zero, unit = match.groups()
            return _weight(digits, unit, motion == b"M", mode == b"N", zero == b"Z", frame)
        if match := _EIGHT.fullmatch(frame):
            digits, mode, motion, zero = match.groups()
            return _weight(digits, b"", motion == b"M", mode == b"N", zero == b"Z", frame)
        return None


def _weight(digits: bytes, unit: bytes, moving: bool, net: bool, zero: bool, frame: bytes) -> Event | None:
    value = number(digits)
    if value is None or digits.endswith(b" "):
        return None
    status = {Status.NET} if net else set()
    if zero:
        status.add(Status.ZERO)
    return reading(value, unit, stable=not moving, raw=frame, status=status)


PROFILE = DeviceProfile(
    name="rinstrum",
    title="Rinstrum R300, R400, C500, 5000 and x320 indicators, automatic output A, C and FMT 3",
    kind=DeviceKind.SCALE,
    new_parser=Rinstrum,
    names_unit=False,
    cannot_tell=(
        "the unit, but for format C at rest",
        "whether a moving weight is gross or net, in format A",
        "a division wider than the last digit",
        "the time of the weighing",
    ),
    source='Rinstrum R320 reference manual, "auto weight format string"; C500 user manual, formats A and C',
    verified=False,
)
