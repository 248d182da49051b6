"""Kern's older text line ("rE Cr", "AU PC"), as balances of the 572, FKB, FCB and PCB families send it.

Sixteen characters: ``M`` or blank, minus or blank, ten of number, a blank, three of unit. A line without a
unit is one that is not stable::

           1.234 kg         1.234         M-     0.000 kg              Error

Sources: Kern KDE-T, PCB and 572/573/KB/DS/FKB operating instructions ("rE Cr", "AU PC"). The last draws the
number one column to the right and cuts the blanks of a line without a unit; lines recorded from such a
balance have the number in the twelve columns that the others give, and its minus beside the digits. 9600
8N1, CR LF.
"""

from __future__ import annotations

import re

from drivers.events import Event, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading

CEILING = 64
"""Bytes; a line is sixteen."""

POLL = b"w"
"""Send the weight once, stable or not. Bare: with CR LF behind it the balance does not answer."""

_NUMBER_WIDTH = 12

# The unit fills its three columns or is cut of all its blanks: "g " was "kg " or "gn ".
_UNIT = rb"([A-Za-z%]  |[A-Za-z]{2} |[A-Za-z.]{2,3}|[gt%])"
_LINE = re.compile(rb"[M ]([- ] *-?\d+(?:\.\d+)?)(?: " + _UNIT + rb"| {0,4})", re.ASCII)
_FAILURE = re.compile(rb" *Error *")
_OVERLOAD = re.compile(rb"[ =]*Overload[ =]*", re.IGNORECASE)


class Kern(FrameParser):
    """Parser of one balance that sends Kern's older line.

    The number must end in the twelfth column: a byte lost inside a number then shows as noise and not as a
    tenth of the weight.
    """

    __slots__ = ()
    protocol = "kern"

    def __init__(self) -> None:
        super().__init__(LineFramer(CEILING))

    def _parse(self, frame: bytes) -> Event | None:
        if match := _LINE.fullmatch(frame):
            digits, unit = match.groups()
            value = number(digits)
            if value is not None and match.end(1) == _NUMBER_WIDTH and len(frame) <= 16:
                return reading(value, unit, stable=unit is not None, raw=frame)
        elif _FAILURE.fullmatch(frame):
            return no_weight(Status.ERROR, raw=frame)
        elif _OVERLOAD.fullmatch(frame):
            return no_weight(Status.OVERLOAD, raw=frame)
        return None


PROFILE = DeviceProfile(
    name="kern",
    title="Kern balances with the commands s, w and t: 572, 573, KB, DS, FKB, FCB, PCB, KDE-T and others",
    kind=DeviceKind.SCALE,
    new_parser=Kern,
    poll_command=POLL,
    probe_command=POLL,
    cannot_tell=(
        "the unit of a weight that is not stable",
        "whether a value is gross or net",
        "on which side of its range the balance is when it says Error",
        "a division wider than the last digit",
    ),
    source='Kern KDE-T, PCB and 572/573/KB/DS/FKB operating instructions, "rE Cr"',
)
