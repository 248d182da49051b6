"""Adam Equipment's weight lines: CPWplus, Highland, and the labels of AZextra and their relatives.

::

    G    +    2.00 kg   CPWplus as its manual prints it: gross, net (N) or tare (T), sign, eight columns
    +  0.58  lb         CPWplus as newer ones send it: sign, six columns, two blanks
    G/W: + 2.00 kg      CPWplus, on a label
           123.45 g     Highland, format 2: sixteen characters, the number ends in the thirteenth
    GROSS   123.45 g    Highland, format 1, and others' labels (GS, NET, NT, Gross Wt, Net Wt, Tare)

None of them says whether the weight is stable. MDW scales speak NCI, and the lines of GBK and GFK that begin
with ST or US are the comma family's.

Sources: Adam Equipment CPWplus, Highland (HCB), AZextra and CBC user manuals ("RS-232 interface"). 9600 8N1
for CPWplus, 4800 8N1 for the others, CR LF.
"""

from __future__ import annotations

import re

from drivers.events import Event, Noise, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import number, reading
from drivers.scales.width import LearnedWidth

CEILING = 64
"""Bytes; the longest line is some twenty."""

POLL = b"G\r\n"
"""Send the gross weight. Highland and AZextra answer ``P``, which may also add to their memory."""

_DIGITS = rb"\d+(?:\.\d+)?"
_UNIT = rb"(kg|lb|oz|ozt|g|ct|gn|dwt|lbs|PCS|pcs|Kg|KG|LB|OZ|%)"

# Fixed columns: a byte lost inside a number shows as noise and not as a tenth of the weight.
_CPW = re.compile(rb"([GNT]) {4}([-+])(?=[ \d.]{8} )( *" + _DIGITS + rb") " + _UNIT + rb" *", re.ASCII)
_CPW_BARE = re.compile(rb"([-+])(?=[ \d.]{6}  )( *" + _DIGITS + rb")  " + _UNIT, re.ASCII)
_HIGHLAND = re.compile(
    rb"([- ])(?=[ \d.]{11}\d(?![\d.]))( *" + _DIGITS + rb")([A-Za-z]{2} ?|[A-Za-z]{3}| [A-Za-z%] ?)", re.ASCII
)

# Labels, whose columns differ from model to model: their width is learned.
_LABEL = re.compile(
    rb"(GROSS|GS|G/W|NET|NT|N/W|TARE|T/W)(?: WT)?[.:]{0,2} +([-+]?)( *" + _DIGITS + rb") *" + _UNIT + rb" *",
    re.ASCII | re.IGNORECASE,
)
_NAMELESS = re.compile(rb" *([-+]?)( *" + _DIGITS + rb") ?" + _UNIT + rb" *", re.ASCII)


class Adam(FrameParser):
    """Parser of one Adam scale.

    ``label="bare"`` also takes a number with its unit and nothing else (AZextra's label format 3), which is
    what a fragment of almost any other grammar looks like; its width is learned, as that of a label is.
    """

    __slots__ = ("_bare", "_width")
    protocol = "adam"

    def __init__(self, *, label: str = "named") -> None:
        super().__init__(LineFramer(CEILING))
        self._bare = label == "bare"
        self._width = LearnedWidth()

    def _parse(self, frame: bytes) -> Event | None:
        if match := _CPW.fullmatch(frame):
            return _weight(match[1], match[2], match[3], match[4], frame)
        if match := _CPW_BARE.fullmatch(frame) or _HIGHLAND.fullmatch(frame):
            return _weight(b"", match[1], match[2], match[3], frame)
        if match := _LABEL.fullmatch(frame):
            head, sign, digits, unit = match.groups()
        elif self._bare and (match := _NAMELESS.fullmatch(frame)):
            head, (sign, digits, unit) = b"", match.groups()
        else:
            return None
        event = _weight(head, sign, digits, unit, frame)
        if event is not None and not self._width.fits(len(frame)):
            return Noise(discarded=len(frame), reason="width")
        return event


def _weight(head: bytes, sign: bytes, digits: bytes, unit: bytes, frame: bytes) -> Event | None:
    value = number(sign + digits)
    if value is None:
        return None
    kind = head[:1].upper()
    if kind == b"T":
        # The tare in the scale's memory: nothing lies on the pan because of it.
        return reading(None, unit, stable=None, raw=frame, status={Status.TARE}, tare=value)
    return reading(value, unit, stable=None, raw=frame, status={Status.NET} if kind == b"N" else ())


PROFILE = DeviceProfile(
    name="adam",
    title="Adam Equipment CPWplus, Highland, AZextra and other Adam scales that print labels",
    kind=DeviceKind.SCALE,
    new_parser=Adam,
    poll_command=POLL,
    probe_command=POLL,
    poll_interval_s=0.3,
    switches=(
        Switch(
            name="label",
            values=("named", "bare"),
            meaning="named: a line says what it holds; bare: a number and unit do, as in AZextra's format 3",
        ),
    ),
    cannot_tell=(
        "whether a weight is stable: no line of these scales says it, so equal readings must",
        "overload: the scale then sends nothing, or what its display shows",
        "whether a value is gross or net, in lines without a label",
        "a division wider than the last digit",
    ),
    source='Adam Equipment CPWplus and Highland user manuals, "RS-232 interface"',
    verified=False,
)
