"""A&D standard format: a header of two letters, nine or ten characters of weight, three of unit.

::

    ST,+001234.5  g      QT,+00012345 PC      ST,OK,+0001.234 kg      OL,+9999999E+19
    LAB-0123,2004/07/01, 12:34:56, ST,+0000.1278,  g     ("CSV": the same in fields, with what was asked for)

Sources: A&D manuals of EK-L, GC, FG, FX-i, AD-4212 and EJ ("A&D standard format", "CSV format"). 2400 7E1, CR
LF.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Noise, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 128
"""Bytes; the longest line, with every field that can be put in front, is some 60."""

POLL = b"Q\r\n"
"""Send the weight once, stable or not."""

_ADDED = (
    rb"(?:([A-Za-z0-9 -]{1,8}), *)?"  # the balance's number
    rb"(?:No[.,] *(\d{1,6}), *)?"  # the number of this output
    rb"(?:(\d{2,4}[/.-]\d\d[/.-]\d{2,4}), *)?(?:(\d\d:\d\d:\d\d), *)?"
)
_HEAD = rb"\x06?" + _ADDED + rb"(ST|QT|US|WT|PT|OL),(?:(?:LO|OK|HI|LL|HH|--),)?"
# Three columns by the manual; relatives and CSV leave out blanks before a unit that is whole. "k" is none.
_UNIT = rb"( {0,2}[gtN%]|  [A-Za-z%]| {0,1}[A-Za-z%]{2}|[A-Za-z]{3})"
_WEIGHT = re.compile(_HEAD + rb"([+-][\d.]{8,10}),?" + _UNIT, re.ASCII)
_OUTSIDE = re.compile(_HEAD + rb"([+-])[\d.E+]{7,12},?(?:[A-Za-z% ]{3})?", re.ASCII)
_FAILURE = re.compile(rb"EC, ?E\d\d", re.ASCII)
_ACK = b"\x06"

_NO_UNITS = {b"t": "T"}
"""A balance's ``t`` is a tola and not a tonne, so it is spelt as the unit that nobody knows for certain."""

_DENSITY = b"DS"


class AndStandard(FrameParser):
    """Parser of one A&D device.

    The sign and eight digits of most models are also what nine digits leave when one is lost, and " g" is
    what is left of " kg": so the width of number and unit is learned; a shorter one is noise (``width``).
    """

    __slots__ = ("_width",)
    protocol = "and"

    def __init__(self) -> None:
        super().__init__(LineFramer(CEILING))
        self._width = LearnedWidth()

    def _parse(self, frame: bytes) -> Event | None:
        if match := _OUTSIDE.fullmatch(frame):
            if match[5] == b"OL":
                over = match[6] == b"+"
                return no_weight(Status.OVERLOAD if over else Status.UNDERLOAD, raw=frame)
        elif _FAILURE.fullmatch(frame):
            return no_weight(Status.ERROR, raw=frame)
        elif frame == _ACK:
            return Answer(command="ACK", done=True, text="", raw=frame)
        match = _WEIGHT.fullmatch(frame)
        return None if match is None else self._weight(match, frame)

    def _weight(self, match: re.Match[bytes], frame: bytes) -> Event | None:
        balance, record, date, time, header, digits, unit = match.groups()
        value = number(digits)
        if value is None or header == b"OL":
            return None
        if not self._width.fits(len(digits) + len(unit)):
            return Noise(discarded=len(frame), reason="width")
        name = unit.strip()
        tells_the_tare = header == b"PT"
        not_weight = header == b"QT" or name == _DENSITY
        return reading(
            None if tells_the_tare else value,
            _NO_UNITS.get(name, name.decode()),
            stable=header != b"US",
            raw=frame,
            status={Status.NOT_WEIGHT} if not_weight else {Status.TARE} if tells_the_tare else (),
            tare=value if tells_the_tare else None,
            device_time=b" ".join(part for part in (date, time) if part).decode() or None,
            record=(record or balance or b"").decode().strip() or None,
        )


PROFILE = DeviceProfile(
    name="and",
    title="A&D EK, EJ, FX, GX, GC, FG, HV, HW, AD-4xxx in A&D standard or CSV format",
    kind=DeviceKind.SCALE,
    new_parser=AndStandard,
    settings=LineSettings(baudrate=2400, byte_size=7, parity="E"),
    poll_command=POLL,
    probe_command=POLL,
    # At 2400 baud a line takes 75 ms.
    poll_interval_s=0.2,
    cannot_tell=(
        "whether a value is gross or net",
        "a tonne from a tola, so that neither is taken",
        "a division wider than the last digit",
    ),
    source='A&D manuals of EK-L, GC, FG and AD-4212 ("A&D standard format")',
)
