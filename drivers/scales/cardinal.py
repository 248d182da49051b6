"""Cardinal's and Detecto's continuous outputs: that of the 738 (SB-200), and the scoreboard's (SB-400).

::

    <CR> sign 0012.34 status _ uu _ g|n _ _ <ETX>   738: m motion, o over, e no weight just now
    sign 0012.34 _ UU _ G|N _ SS _ <CR>             SB-400: CZ zero, MO motion, BZ below, OC over, EE none

Six digits, with a point among or behind them or without one; the blanks between the fields may be missing.
The 738 writes + or - and leading zeros, later ones a blank or - and, on the scoreboard, leading blanks. The
scoreboard's line also answers ENQ.

Sources: Cardinal 748, 190, 200 series, 225 and 758C manuals ("continuous output", "weight on demand"); Rice
Lake 920i and Fairbanks FB6000 manuals (738 format). The SB-500's traffic light format carries what its
display shows and is not a weight. 9600 8N1.
"""

from __future__ import annotations

import re

from drivers.events import Event, Noise, Status
from drivers.framing.frames import CR, ETX, DelimitedFramer, Framer, LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 48
"""Bytes; a frame is some eighteen."""

ENQUIRE = b"\x05"
"""Send the weight once, if the indicator is not set to send it all the time."""

_DIGITS = 6

_FIELD = rb"([-+ ])( *(?:\d+\.?\d*|\.\d+))"
_UNIT = rb"([A-Za-z]{2}|[gtGT] | [gtGT])"  # not "l ": that is "lb" cut short
_738 = re.compile(_FIELD + rb"([ moceMOCE]) ?" + _UNIT + rb" ?([gnGN]) {0,2}", re.ASCII)
_738_OUTSIDE = re.compile(rb"[-+ ][- _.\d]{6,7}([oceOCE]) ?[A-Za-z ]{2} ?[gnGN] {0,2}", re.ASCII)
_BOARD = re.compile(_FIELD + rb" ?" + _UNIT + rb" ?([GN])(?: ?(OC|CZ|MO|BZ|EE|ee))? *", re.ASCII)
_BOARD_OUTSIDE = re.compile(rb"[-+ ][- _.\d]{6,7} ?[A-Za-z ]{2} ?[GN] ?(OC|BZ|EE|ee) *", re.ASCII)

_STATES = {
    b"O": Status.OVERLOAD,
    b"OC": Status.OVERLOAD,
    b"C": Status.OVERLOAD,
    b"E": Status.NOT_READY,
    b"EE": Status.NOT_READY,
    b"BZ": Status.UNDERLOAD,
}


class _Cardinal(FrameParser):
    """What both forms share.

    The digits fill six columns: one that is lost shows as noise and not as a tenth of the weight. A point
    adds a seventh, and that it is there is learned, so that a weight without its point is noise too
    (``width``).
    """

    __slots__ = ("_width",)

    def __init__(self, framer: Framer) -> None:
        super().__init__(framer)
        self._width = LearnedWidth()

    def _weight(
        self, sign: bytes, digits: bytes, state: bytes, unit: bytes, mode: bytes, frame: bytes
    ) -> Event | None:
        value = number(sign.strip() + digits)
        if value is None or len(digits) - digits.count(b".") != _DIGITS:
            return None
        if not self._width.fits(len(digits)):
            return Noise(discarded=len(frame), reason="width")
        status = {Status.NET} if mode in b"nN" else set()
        if state == b"CZ":
            status.add(Status.ZERO)
        return reading(value, unit, stable=state not in {b"M", b"MO"}, raw=frame, status=status)


class Cardinal(_Cardinal):
    """Parser of one indicator that sends the 738's format."""

    __slots__ = ()
    protocol = "cardinal"

    def __init__(self) -> None:
        super().__init__(DelimitedFramer(CEILING, starts=CR, ends=ETX))

    def _parse(self, frame: bytes) -> Event | None:
        if match := _738_OUTSIDE.fullmatch(frame):
            return no_weight(_STATES[match[1].upper()], raw=frame)
        match = _738.fullmatch(frame)
        if match is None:
            return None
        sign, digits, state, unit, mode = match.groups()
        return self._weight(sign, digits, state.strip().upper(), unit, mode, frame)


class CardinalScoreboard(_Cardinal):
    """Parser of one indicator that sends the scoreboard's format, unasked or asked by ENQ."""

    __slots__ = ()
    protocol = "cardinal-scoreboard"

    def __init__(self) -> None:
        super().__init__(LineFramer(CEILING))

    def _parse(self, frame: bytes) -> Event | None:
        if match := _BOARD_OUTSIDE.fullmatch(frame):
            return no_weight(_STATES[match[1].upper()], raw=frame)
        match = _BOARD.fullmatch(frame)
        if match is None:
            return None
        sign, digits, unit, mode, state = match.groups()
        return self._weight(sign, digits, (state or b"").upper(), unit, mode, frame)


_CANNOT_TELL = (
    "a division wider than the last digit",
    "a lost point in the first frames",
    "the time of the weighing",
)

PROFILE = DeviceProfile(
    name="cardinal",
    title="Cardinal and Detecto indicators, continuous output of the 738 (SB-200)",
    kind=DeviceKind.SCALE,
    new_parser=Cardinal,
    cannot_tell=_CANNOT_TELL,
    source='Cardinal 748 and 200 series manuals, "continuous data output"',
    verified=False,
)

SCOREBOARD_PROFILE = DeviceProfile(
    name="cardinal-scoreboard",
    title="Cardinal and Detecto indicators, scoreboard output (SB-400) and weight on demand",
    kind=DeviceKind.SCALE,
    new_parser=CardinalScoreboard,
    poll_command=ENQUIRE,
    probe_command=ENQUIRE,
    cannot_tell=_CANNOT_TELL,
    source='Cardinal 190, 225 and 758C manuals, "weight on demand"',
    verified=False,
)
