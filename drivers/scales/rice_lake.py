"""Rice Lake's continuous stream (Consolidated Controls, IQ 355), and its answer on an RS-485 line.

``<STX> polarity, seven characters of weight, unit, G or N, status <CR> [<LF>]``::

    <STX>   12.34LG <CR>      <STX>-   1.50KN <CR>      <STX>   12.30LGM<CR>      <STX>    0.00KGZ<CR>
    <STX>A 1234.00 lb<CR><LF><ETX><CR>      the answer to ``<STX>AXG#1<CR>`` of the indicator with address 65

Sources: Rice Lake manuals of 480, 482, 520, 880 and 920i ("continuous output", "RS-485 data formats");
Cardinal 200 ("Rice Lake IQ355"). 9600 8N1. The unit ``G`` is grams in all of them but in the 920i's, where it
is grains; ``T`` is the tonne, the short and the long ton, so it is left as it is.
"""

from __future__ import annotations

import re

from drivers.events import Event, Noise, Status
from drivers.framing.frames import CR, ETX, LF, STX, DelimitedFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 64
"""Bytes between STX and CR; a stream's frame has 11."""

# The weight ends in its last column, so that a frame of the right length has all of it.
_STREAM = re.compile(rb"([ +-])([ \d.]{6}[\d.])([LKTGO ])([GN])([ MOIZ])", re.ASCII)
_NO_DIGITS = re.compile(rb"([ +-])[ \d.*_^-]{7}[LKTGO ][GN]([OI])", re.ASCII)
_ANSWER = re.compile(rb".( *[+-]? *[\d.]+) (lb|kg|oz|tn|gr|g|t) *", re.ASCII | re.DOTALL)
_REFUSED = re.compile(rb".\?\?", re.DOTALL)

_UNITS = {b"L": "lb", b"K": "kg", b"T": "T", b"O": "oz", b" ": ""}


class RiceLake(FrameParser):
    """Parser of one Rice Lake indicator; ``g`` says what its unit ``G`` is."""

    __slots__ = ("_units", "_width")
    protocol = "rice-lake"

    def __init__(self, *, g: str = "grams") -> None:
        super().__init__(DelimitedFramer(CEILING, starts=STX, ends=CR + LF))
        self._units = {**_UNITS, b"G": "gr" if g == "grains" else "g"}
        self._width = LearnedWidth()

    def feed(self, data: bytes) -> list[Event]:
        # The ETX of an answer stands behind its line; as one more line end it is nothing.
        return super().feed(data.replace(ETX, LF))

    def _parse(self, frame: bytes) -> Event | None:
        if match := _NO_DIGITS.fullmatch(frame):
            below = match[1] == b"-"
            outside = Status.UNDERLOAD if below else Status.OVERLOAD
            return no_weight(outside if match[2] == b"O" else Status.ERROR, raw=frame)
        if match := _STREAM.fullmatch(frame):
            return self._streamed(match, frame)
        if match := _ANSWER.fullmatch(frame):
            value = number(match[1])
            if value is None or self._width.fits(len(frame)):
                return value if value is None else reading(value, match[2], stable=None, raw=frame)
            return Noise(discarded=len(frame), reason="width")
        return no_weight(Status.ERROR, raw=frame) if _REFUSED.fullmatch(frame) else None

    def _streamed(self, match: re.Match[bytes], frame: bytes) -> Event | None:
        polarity, digits, unit, mode, state = match.groups()
        value = number(polarity + digits)
        if value is None:
            return None
        status = {Status.NET} if mode == b"N" else set()
        if state == b"Z":
            status.add(Status.ZERO)
        return reading(value, self._units[unit], stable=state != b"M", raw=frame, status=status)


PROFILE = DeviceProfile(
    name="rice-lake",
    title="Rice Lake 320, 420, 480, 482, 520, 720i, 880, 920i stream; Cardinal 200 set to Rice Lake IQ355",
    kind=DeviceKind.SCALE,
    new_parser=RiceLake,
    switches=(
        Switch(
            name="g",
            values=("grams", "grains"),
            meaning="what the unit letter G is: grams on most indicators, grains on the 920i",
        ),
    ),
    cannot_tell=(
        "which ton the letter T is, so that none is taken",
        "whether the weight is stable, in an answer on an RS-485 line",
        "a division wider than the last digit",
    ),
    source="Rice Lake manuals of 482, 520, 880 and 920i",
)
