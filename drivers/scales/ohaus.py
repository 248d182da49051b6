"""Ohaus text: the weight right-aligned, its unit in five columns, ``?`` while it moves, and what it is.

::

         192.21 g              0.5950 oz   ?        0.360 kg    G     -  1.640 kg   ?N             3 PCS  ?

The number takes 8 to 12 columns by model, its sign in the first of them or beside the digits. ``G`` or
nothing is gross, ``N`` or ``NET`` net, ``T`` and ``PT`` a tare. ``Under``, ``Accept`` and ``Over`` behind it
compare it with limits that somebody set: they are not the range of the scale.

Sources: Ohaus manuals of Defender 3000 and 5000, Ranger count, Navigator, Scout, Explorer and the RS-232
interface of 401/601/6000; lines recorded from a Defender 3000. 9600 8N1, older models 2400 7N2; CR LF.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Noise, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 128
"""Bytes; a line with every field is some 50."""

POLL = b"IP\r\n"
"""Print the weight at once, stable or not."""

_WIDTHS = range(8, 13)

_LEGEND = rb"(NET|B/G|PT|WET WT|AIR WT|G|N|T)"
_COMPARED = rb"(?:Under|Accept|Over)"
_CLOCK = rb"(?<= )\d\d:\d\d:\d\d"  # since printing at intervals began
_LINE = re.compile(
    rb"( *-? *[\d.]+) {1,5}([A-Za-z]{2,5}|[gt%]) *(\?)? *"
    rb"(?:" + _LEGEND + rb" *)?(?:" + _COMPARED + rb" *)?(?:" + _CLOCK + rb" *)?",
    re.ASCII,
)
_BAR = re.compile(rb" *[-^_]{3,} *(?:[A-Za-z]{1,5})? *\?? *(?:" + _LEGEND + rb")? *")
_NO_WEIGHT = re.compile(
    rb" *(ES|OVERLOAD|UNDERLOAD|Err(?:or)?\.? *(\d{1,2}\.\d)) *", re.ASCII | re.IGNORECASE
)

_OVERLOAD, _UNDERLOAD = frozenset({b"OVERLOAD", b"8.3"}), frozenset({b"UNDERLOAD", b"8.4"})
_NETS, _TARES = frozenset({b"N", b"NET"}), frozenset({b"T", b"PT"})
_SUBMERGED = frozenset({b"WET WT"})


class Ohaus(FrameParser):
    """Parser of one Ohaus scale.

    The number ends where its columns end, and the unit has columns too, so a line that lost a digit, or the
    ``k`` of ``kg``, is narrower than the others of its device; how wide those are is learned, and a narrower
    one is noise (``width``).
    """

    __slots__ = ("_moving", "_number", "_still")
    protocol = "ohaus"

    def __init__(self) -> None:
        super().__init__(LineFramer(CEILING))
        self._number = LearnedWidth()
        # Some models send nothing in place of the question mark.
        self._still, self._moving = LearnedWidth(), LearnedWidth()

    def _parse(self, frame: bytes) -> Event | None:
        if match := _LINE.fullmatch(frame):
            return self._weight(match, frame)
        if match := _NO_WEIGHT.fullmatch(frame):
            word = match[2] or match[1].upper()
            if word in _OVERLOAD:
                return no_weight(Status.OVERLOAD, raw=frame)
            return no_weight(Status.UNDERLOAD if word in _UNDERLOAD else Status.ERROR, raw=frame)
        if _BAR.fullmatch(frame):
            return no_weight(Status.OUT_OF_RANGE, raw=frame)
        return Answer(command="OK", done=True, text="", raw=frame) if frame == b"OK!" else None

    def _weight(self, match: re.Match[bytes], frame: bytes) -> Event | None:
        digits, unit, moves, legend = match.groups()
        value = number(digits)
        if value is None or len(digits) not in _WIDTHS:
            return None
        line = self._moving if moves else self._still
        if not all([self._number.fits(len(digits)), line.fits(len(frame))]):
            return Noise(discarded=len(frame), reason="width")
        status = set()
        if legend in _NETS:
            status.add(Status.NET)
        elif legend in _TARES:
            status.add(Status.TARE)
        elif legend in _SUBMERGED:
            status.add(Status.NOT_WEIGHT)
        tare = value if legend in _TARES else None
        return reading(
            value if tare is None else None, unit, stable=not moves, raw=frame, status=status, tare=tare
        )


PROFILE = DeviceProfile(
    name="ohaus",
    title="Ohaus Ranger, Defender, Valor, Navigator, Scout, Explorer in Ohaus text",
    kind=DeviceKind.SCALE,
    new_parser=Ohaus,
    poll_command=POLL,
    probe_command=POLL,
    cannot_tell=(
        "pounds with ounces beside them (choose decimal pounds)",
        "a weight whose unit is switched off at the scale",
        "that the range is exceeded, where the model prints nothing then",
        "a division wider than the last digit",
    ),
    source="Ohaus manuals of Defender 3000 and 5000, Navigator and Ranger",
)
