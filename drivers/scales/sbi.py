"""Sartorius SBI: sign, number and unit in sixteen characters, or in twenty-two with a name of six in front.

::

    +     0.00 g            N     +    0.031            +  123.5[6]g          Stat     High
    -   12.345 mg           N     +    0.006 g          Qnt   +      253 pcs  Err 101

(CR LF count among the characters.) **A blank unit means that the weight is not stable.** Square brackets, or
a slash, mark a digit that must not be used for trade; it stays in the value.

Sources: Sartorius manuals of Entris II, GC 803S, LE, Practum, Quintix, Combics, EB and WZB; lines recorded in
the tests of the sartoriuslib project. 9600 8O1, older 1200 7O1; CR LF.
"""

from __future__ import annotations

import re

from drivers.events import Event, Noise, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 64
"""Bytes; a line has 20, some of an indicator's identity a few more."""

POLL = b"\x1bP\r\n"
"""ESC P: print the weight."""

# The number ends in its last column, and the unit fills its three or is cut of all its blanks: where a byte
# was lost, a blank stands where none may, or the unit is "g " and was "kg ".
_NAME = rb"([A-Za-z*][A-Za-z\d#.%* -]{5}| {6})"
_UNIT = rb"(   |[A-Za-z%]  |[A-Za-z%]{2} |[A-Za-z]{2,3}|[gt%]|)"
_LINE = re.compile(_NAME + rb"?([+ -])([ \d.[\]/]{8}[\d.\]])( |/|\] ?)" + _UNIT, re.ASCII)
_COUNT = re.compile(rb"(?:Qnt|Prc) *[+-]? *[\d.]+ *[A-Za-z%]{0,3} *", re.ASCII)
_NO_WEIGHT = re.compile(
    rb"(?:Stat)? *(?:(H|High)|(L|Low)|(Err|ERR|E|(?:APP|DIS|PRT)\. ?ERR) *\d{0,3}|"
    rb"C|Cal\. ?(?:Ext|Int)\.|Calib\.|OFF|- ?-) *",
    re.ASCII,
)

_GROSS, _NETS = frozenset({b"", b"G", b"G#"}), frozenset({b"N", b"N1"})
_TARES = frozenset({b"T", b"T1", b"T2", b"PT1", b"PT2"})
_MARKS = b"[]/"


class Sbi(FrameParser):
    """Parser of one Sartorius balance.

    Once a device is known to name its lines, one without a name is the end of another, and noise (``width``):
    it could be a tare.
    """

    __slots__ = ("_width",)
    protocol = "sbi"

    def __init__(self) -> None:
        super().__init__(LineFramer(CEILING))
        self._width = LearnedWidth()

    def _parse(self, frame: bytes) -> Event | None:
        if match := _LINE.fullmatch(frame):
            return self._weight(match, frame)
        if match := _NO_WEIGHT.fullmatch(frame):
            high, low, error = match.groups()
            if high:
                return no_weight(Status.OVERLOAD, raw=frame)
            if low:
                return no_weight(Status.UNDERLOAD, raw=frame)
            return no_weight(Status.ERROR if error else Status.NOT_READY, raw=frame)
        return no_weight(Status.NOT_WEIGHT, raw=frame) if _COUNT.fullmatch(frame) else None

    def _weight(self, match: re.Match[bytes], frame: bytes) -> Event | None:
        name, sign, digits, last, unit = match.groups()
        value = number(sign + digits.translate(None, _MARKS))
        if value is None:
            return None
        if not self._width.fits(0 if name is None else len(name)):
            return Noise(discarded=len(frame), reason="width")
        name, unit = (name or b"").strip(), unit.strip()
        status = set()
        if any(mark in digits + last for mark in _MARKS):
            status.add(Status.HIGH_RESOLUTION)
        if name in _NETS:
            status.add(Status.NET)
        elif name in _TARES:
            status.add(Status.TARE)
        elif name not in _GROSS:
            status.add(Status.NOT_WEIGHT)
        tare = value if name in _TARES else None
        return reading(
            value if tare is None else None, unit, stable=bool(unit), raw=frame, status=status, tare=tare
        )


PROFILE = DeviceProfile(
    name="sbi",
    title="Sartorius and Minebea Intec balances and Combics indicators in SBI mode",
    kind=DeviceKind.SCALE,
    new_parser=Sbi,
    settings=LineSettings(parity="O"),
    poll_command=POLL,
    probe_command=POLL,
    cannot_tell=(
        "the unit while the weight is not stable",
        "whether a value is gross or net, unless the lines are named",
        "digits not meant for trade, unless the balance is set to mark them",
        "a division wider than the last digit",
    ),
    source="Sartorius manuals of Entris II, GC 803S, Quintix and Combics",
)
