"""The comma family: ``ST``, ``US`` or ``OL``, then ``GS`` or ``NT``, then a weight with its unit.

T-Scale, Jadever, Excell, Tiger, Selleton, Triner, Kern, CAS, Dini Argeo and their clones share the skeleton
and differ in comma, sign column, padding and the case of the unit::

    ST,GS    20.7g      ST,GS,   245.5 g      ST,GS 1.000KG      ST,NT-  12.50,lb      OL,GS,+------kg
    ST,GS,1?,000013.5 kg            CAS: device number, a lamp byte, eight characters of weight
    ST,1,   16.25kg,    0.00kg      Dini Argeo: scale number, gross weight, tare
    1,ST,   15.75,    0.50, 0, 0,kg Dini Argeo: scale number, net weight, tare

Sources: CAS CI-400, CI-600D and NT-200 manuals ("22 bytes"); Kern KXS-TM and KFB-TM; Tiger TI-02P; Excell
AM4; A&D AD-4404 ("A&D data format"); Dini Argeo 3590 and DGT technical manuals (standard, AF and extended
string). 9600 8N1, CR LF, from some with STX in front, from some with ETX behind as well or instead.
"""

from __future__ import annotations

import re

from drivers.events import Event, Noise, Status, WeightReading
from drivers.framing.frames import CR, ETX, LF, STX, LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 128
"""Bytes; the longest line, Dini Argeo's extended string with date and time, is some 75."""

_DIGITS = rb"([ +-]*\d*(?:\d|\.\d+))"
_UNIT = rb"([A-Za-z][A-Za-z.]{1,3}|[gGtT%])"  # not "k": that is a unit cut short
_TARE = rb"(?:PT)?" + _DIGITS

# "01ST,GS," and the like: an RS-485 address, the state, and either what the weight is or a scale's number.
_HEAD = re.compile(
    rb"(?:\d\d)?(ST|US|OL|UL|LO|ER),(?:(GS|GW|G|NET|NT|NW|N|TR|TW) ?,?|\d,)(.*)", re.ASCII | re.DOTALL
)
# T-Scale puts the digits that must not be used for trade in parentheses.
_WEIGHT = re.compile(_DIGITS + rb"(?:\((\d)\))?[ ,]*" + _UNIT + rb" *", re.ASCII)
_WITH_TARE = re.compile(_DIGITS + rb" *" + _UNIT + rb" *, *" + _TARE + rb" *\2 *", re.ASCII)
_EXTENDED = re.compile(
    rb"(?:\d\d)?\d,(ST|US|OL|UL|ER)," + _DIGITS + rb", *" + _TARE + rb"(?:, *[+-]?[\d.]+){0,2}, *" + _UNIT +
    rb" *(?:,(\d\d/\d\d/\d\d(?:\d\d)? \d\d:\d\d:\d\d) *)?",
    re.ASCII,
)  # fmt: skip
# The lamp byte has bit 7 set, and one model sends its relays where the others send a blank: neither is text.
_CAS = re.compile(rb".(.),([ +.\d-]{8}).([A-Za-z ]{2})", re.ASCII | re.DOTALL)
_CAS_WIDTH = 20
_NO_NUMBER = re.compile(
    rb"(?:.., ?)?([-+_^ .,\dE]*)(?:" + _UNIT + rb" *)?(?:,[PT .\d+-]*" + _UNIT + rb"? *)?",
    re.ASCII | re.DOTALL,
)
_DASHES = re.compile(rb"[ +]*[-_^]{3,}[-_^. ]*,? ?" + _UNIT + rb"? *", re.ASCII)
_MINUS = re.compile(rb" *-(?!-)")
_FAILURE = re.compile(rb"ERR ?\d\d", re.ASCII)

_NETS = frozenset({b"NET", b"NT", b"NW", b"N"})
_TARES = frozenset({b"TR", b"TW"})
_OUTSIDE = {
    b"OL": Status.OVERLOAD,
    b"UL": Status.UNDERLOAD,
    b"LO": Status.OUT_OF_RANGE,
    b"ER": Status.ERROR,
}
_LAMP_BYTE, _LAMP_ZERO = 0x80, 0x01


class Comma(FrameParser):
    """Parser of one device of the family.

    No vendor's width is that of the next, so it is learned: a number that lost a digit is then noise
    (``width``) and not a tenth of the weight. ``width="any"`` gives that up, for a device that pads nothing.
    """

    __slots__ = ("_width",)
    protocol = "comma"

    def __init__(self, *, width: str = "learned") -> None:
        super().__init__(_Lines())
        self._width = None if width == "any" else LearnedWidth()

    def _parse(self, frame: bytes) -> Event | None:
        if _FAILURE.fullmatch(frame):
            return no_weight(Status.ERROR, raw=frame)
        event = _extended(frame) or _line(frame)
        if event is None or (event.value is None and event.tare is None) or self._width is None:
            return event
        return event if self._width.fits(len(frame)) else Noise(discarded=len(frame), reason="width")


class _Lines:
    """Lines, of which an STX begins a new one."""

    __slots__ = ("_framer",)

    def __init__(self) -> None:
        self._framer = LineFramer(CEILING, ends=CR + LF + ETX)

    def feed(self, data: bytes) -> list[bytes | Noise]:
        out: list[bytes | Noise] = []
        for line in self._framer.feed(data):
            if isinstance(line, Noise):
                out.append(line)
                continue
            before, start, frame = line.rpartition(STX)
            if before:
                out.append(Noise(discarded=len(before + start), reason="cut_short"))
            if frame:
                out.append(frame)
        return out

    def held_bytes(self) -> int:
        return self._framer.held_bytes()


def _line(frame: bytes) -> WeightReading | None:
    head = _HEAD.fullmatch(frame)
    if head is None:
        return None
    state, mode, body = head.groups()
    if state in _OUTSIDE:
        return _outside(_OUTSIDE[state], body, frame)
    stable = state == b"ST"
    if _DASHES.fullmatch(body):
        return no_weight(Status.OUT_OF_RANGE, raw=frame, stable=stable)
    return _inside(mode, body, frame, stable=stable) if mode else _with_tare(body, frame, stable=stable)


def _inside(mode: bytes, body: bytes, frame: bytes, *, stable: bool) -> WeightReading | None:
    net = {Status.NET} if mode in _NETS else set()
    if len(frame) == _CAS_WIDTH and (match := _CAS.fullmatch(body)):
        lamp = match[1][0]
        zero = {Status.ZERO} if lamp & _LAMP_BYTE and lamp & _LAMP_ZERO else set()
        return _weight(match[2], match[3], net | zero, frame, stable=stable)
    if match := _WEIGHT.fullmatch(body):
        digits, marked, unit = match.groups()
        if mode in _TARES:
            return None if marked else _tare(digits, unit, frame, stable=stable)
        if marked and b"." not in digits:
            return None
        fine = {Status.HIGH_RESOLUTION} if marked else set()
        return _weight(digits + (marked or b""), unit, net | fine, frame, stable=stable)
    return None


def _weight(
    digits: bytes, unit: bytes, status: set[Status], frame: bytes, *, stable: bool
) -> WeightReading | None:
    value = number(digits)
    return None if value is None else reading(value, unit, stable=stable, raw=frame, status=status)


def _tare(digits: bytes, unit: bytes, frame: bytes, *, stable: bool) -> WeightReading | None:
    """A line that tells the tare: it says nothing of the load, so it has no value."""
    tare = number(digits)
    if tare is None:
        return None
    return reading(None, unit, stable=stable, raw=frame, status={Status.TARE}, tare=tare)


def _with_tare(body: bytes, frame: bytes, *, stable: bool) -> WeightReading | None:
    match = _WITH_TARE.fullmatch(body)
    if match is None:
        return None
    value, tare = number(match[1]), number(match[3])
    if value is None or tare is None:
        return None
    return reading(value, match[2], stable=stable, raw=frame, tare=tare)


def _extended(frame: bytes) -> WeightReading | None:
    match = _EXTENDED.fullmatch(frame)
    if match is None:
        return None
    state, digits, tare_digits, unit, stamp = match.groups()
    value, tare = number(digits), number(tare_digits)
    if value is None or tare is None:
        return None
    status = {_OUTSIDE[state]} if state in _OUTSIDE else set()
    return reading(
        value,
        unit,
        stable=state == b"ST",
        raw=frame,
        status=status | ({Status.NET} if tare else set()),
        tare=tare,
        device_time=stamp.decode() if stamp else None,
    )


def _outside(status: Status, body: bytes, frame: bytes) -> WeightReading | None:
    """Out of range; the sign says on which side, where it is one and not the first of a row of dashes."""
    match = _NO_NUMBER.fullmatch(body)
    if match is None:
        return None
    below = status is Status.OVERLOAD and _MINUS.match(match[1])
    return no_weight(Status.UNDERLOAD if below else status, raw=frame)


PROFILE = DeviceProfile(
    name="comma",
    title="ST,GS family: CAS CI, T-Scale, Jadever, Excell, Tiger, Selleton, Kern KFB and KXS, Dini Argeo",
    kind=DeviceKind.SCALE,
    new_parser=Comma,
    switches=(
        Switch(
            name="width",
            values=("learned", "any"),
            meaning="whether a line shorter than those before is refused; any: the device pads nothing",
        ),
    ),
    cannot_tell=(
        "a lost digit in the first lines, or ever from a device that pads nothing",
        "whether the display is held",
        "a division wider than the last digit",
    ),
    source="Manuals of CAS CI-400, Kern KXS-TM, Tiger TI-02P, Excell AM4 and Dini Argeo 3590",
)
