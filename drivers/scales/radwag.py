"""Radwag's command set, also of Kern KEN-TM: the letters of MT-SICS in another grammar.

A weight is nineteen characters, the unit's blanks included: command in three, stability, a blank, the sign,
nine of mass, a blank, three of unit::

    S    -      8.5 g        SI ?       18.5 kg        SUI? -   58.237 kg        SI      1832.0[0] g

Stability is blank, ``?`` not stable, ``^`` over, ``v`` under. A verified balance writes eleven of mass, with
the digits that must not be used for trade in brackets. ``S A`` says that the answer comes later, ``S I``
that it does not.

Sources: Radwag PUE C/31H, PUE HY10, WPT, AS R2 and PS manuals ("communication protocol"); Kern KEN-TM. 9600
8N1, CR LF. What the print key sends lacks the command; it has the columns of Kern's older line and is not
read here.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading

CEILING = 128
"""Bytes; a weight is some twenty, a serial number or the list of commands more."""

POLL = b"SI\r\n"
"""Send the weight at once in the unit of adjustment, stable or not."""

_COMMAND = rb"(?:S  |SI |SU |SUI)"
# The unit fills its three columns or is cut of all its blanks: "g " was "kg " or "gr ".
_UNIT = rb"(?: ([A-Za-z%]  |[A-Za-z]{2} |[A-Za-z]{2,3}|[gtN%])| {0,3})"

# The mass is nine columns behind the sign's. One example in print has a blank more before its minus; the
# nine columns behind a minus hold all the same.
_WEIGHT = re.compile(_COMMAND + rb"([ ?])(?: |  (?=-))([- ][ \d.]{9}|[- ][ \d.\[\]]{11})" + _UNIT, re.ASCII)
_OUTSIDE = re.compile(_COMMAND + rb"([\^v]) [\x20-\x7E]{10,16}")
_MASS = re.compile(rb"([- ] *)(\d+(?:\.\d*)?)(?:\[(\d{1,2})\])?", re.ASCII)
_STATE = re.compile(rb"(?:S|SI|SU|SUI) ([IE^v]) *")
_FAILURE = re.compile(rb"ES *")
_LATER = re.compile(rb"(S|SI|SU|SUI) A *")
_ANSWER = re.compile(
    rb"(C1|C0|CU1|CU0|Z|T|TO|OT|UT|NB|BN|FS|RV|PC|UI|US|UG) (OK|[ADEI^v])(?: +([\x20-\x7E]*))?"
)

_STATES = {
    b"I": Status.NOT_READY,
    b"E": Status.NOT_READY,
    b"^": Status.OVERLOAD,
    b"v": Status.UNDERLOAD,
}
_REFUSALS = frozenset({b"E", b"I", b"^", b"v"})


class Radwag(FrameParser):
    """Parser of one device that speaks Radwag's protocol.

    The mass must fill its columns: a byte lost inside a number then shows as noise and not as a tenth of the
    weight.
    """

    __slots__ = ()
    protocol = "radwag"

    def __init__(self) -> None:
        super().__init__(LineFramer(CEILING))

    def _parse(self, frame: bytes) -> Event | None:
        if match := _WEIGHT.fullmatch(frame):
            stability, mass, unit = match.groups()
            return _weight(mass, unit, stability == b" ", frame)
        if (match := _OUTSIDE.fullmatch(frame)) or (match := _STATE.fullmatch(frame)):
            return no_weight(_STATES[match[1]], raw=frame)
        if _FAILURE.fullmatch(frame):
            return no_weight(Status.ERROR, raw=frame)
        if match := _LATER.fullmatch(frame):
            return Answer(command=match[1].decode(), done=True, text="", raw=frame)
        if match := _ANSWER.fullmatch(frame):
            return Answer(
                command=match[1].decode(),
                done=match[2] not in _REFUSALS,
                text=(match[3] or b"").decode().strip().strip('"'),
                raw=frame,
            )
        return None


def _weight(mass: bytes, unit: bytes | None, stable: bool, frame: bytes) -> Event | None:
    match = _MASS.fullmatch(mass)
    if match is None:
        return None
    sign, digits, marked = match.groups()
    value = number(sign + digits + (marked or b""))
    # Without brackets eleven columns are two too many: the unit's blanks or a stray digit got in.
    if value is None or (len(mass) == 12 and marked is None):
        return None
    return reading(value, unit, stable=stable, raw=frame, status={Status.HIGH_RESOLUTION} if marked else ())


PROFILE = DeviceProfile(
    name="radwag",
    title="Radwag balances, scales and PUE indicators; Kern KEN-TM",
    kind=DeviceKind.SCALE,
    new_parser=Radwag,
    poll_command=POLL,
    probe_command=POLL,
    cannot_tell=(
        "whether a value is gross or net",
        "a division wider than the last digit",
        "what the print key sends",
        "the time of the weighing",
    ),
    source='Radwag PUE C/31H user manual, "communication protocol"',
)
