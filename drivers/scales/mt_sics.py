"""MT-SICS levels 0 and 1, the command set of Mettler-Toledo scales and their many relatives.

Sources: Mettler-Toledo, "MT-SICS Reference Manual" (levels 0 and 1; SIX1 of the IND terminals); Kern, "KERN
Communications Protocol (KCP)"; Ohaus PSI answers alike. 9600 8N1, CR LF. Radwag's protocol has the same
letters in another grammar.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 256
"""Bytes; the longest answer of levels 0 and 1 is a serial number of some 30."""

START = b"SIR\r\n"
"""Send the weight at once and repeat. It ends with ``@``, with another weighing command and with a power cut.
"""

POLL = b"SI\r\n"
"""Send the weight once, stable or not."""

_VALUE_WIDTH = 10
_OUNCES_PER_POUND = 16
_TERMINAL_WIDTHS = (9, 10)

# "S S     100.00 g": command, status, value right-aligned in ten columns, unit. Commands that repeat, or that
# ask for the unit on display, are answered as S is; some emulators and clones answer with the command's name.
_COMMAND = rb"S(?:I|U|R|IU|UI|IR|RU|IRU|NR|NRU)?"
_NUMBER = rb"( *[+-]?\d+(?:\.\d*)?)"
_UNIT = rb"([A-Za-z][A-Za-z.]{1,4}|[gGtTN%])"  # not "k": that is a unit cut short
_POUNDS = re.compile(_COMMAND + rb" ([SD]) ( *-?\d{1,4}):(\d\d(?:\.\d{1,2})?) +lb:oz *", re.ASCII)
_WEIGHT = re.compile(
    _COMMAND + rb" ([SD]) " + _NUMBER + rb"(?:\[(\d{1,2})\])?(?: +" + _UNIT + rb")? *", re.ASCII
)
_STATE = re.compile(_COMMAND + rb" ([IL+-]) *")
_DEFECT = re.compile(_COMMAND + rb" [SD] +Error +\w{1,8} *", re.ASCII)
_FAILURE = re.compile(rb"(ES|ET|EL) *")
_ANSWER = re.compile(
    rb"(I\d{1,2}|ZI|ZC|Z|TAC|TA|TI|TC|T|@|K|DW|D|U|M\d\d|SR|SIR) ([ABCDILRS+-])(?: +([\x20-\x7E]*))?"
)

# State, below the least, centre of zero, six of what kind of value it is, tare, then gross, net and tare.
_TERMINAL = re.compile(
    rb"SIX1 ([SD]) [\dA-Z] ([ZN]) [A-Z] [A-Z] \d \d \d \d ([NMP]) "
    + _NUMBER + rb" " + _NUMBER + rb" " + _NUMBER + rb" " + _UNIT + rb" *",
    re.ASCII,
)  # fmt: skip
_TERMINAL_STATE = re.compile(rb"SIX1 ([IL+-])(?: [\x20-\x7E]*)?")

_STATES = {b"I": Status.NOT_READY, b"+": Status.OVERLOAD, b"-": Status.UNDERLOAD, b"L": Status.ERROR}
_REFUSALS = frozenset(b"IL+-")


class MtSics(FrameParser):
    """Parser of one MT-SICS device.

    The manual gives the value ten columns, and some relatives write another field. A byte lost inside a
    number must show as noise and not as a tenth of the weight: so the width is learned, or set.

    Args:
        width: ``learned`` from the device's first answers, ``ten`` as the manual says, or ``any``, for a
            relative that pads nothing.
    """

    __slots__ = ("_learned", "_width")
    protocol = "mt-sics"

    def __init__(self, *, width: str = "learned") -> None:
        super().__init__(LineFramer(CEILING))
        self._width = width
        self._learned = LearnedWidth()

    def _parse(self, frame: bytes) -> Event | None:
        for form, weight in ((_WEIGHT, self._weight), (_POUNDS, _pounds), (_TERMINAL, _terminal)):
            if match := form.fullmatch(frame):
                return weight(match, frame)
        if (match := _STATE.fullmatch(frame)) or (match := _TERMINAL_STATE.fullmatch(frame)):
            return no_weight(_STATES[match[1]], raw=frame)
        if _FAILURE.fullmatch(frame) or _DEFECT.fullmatch(frame):
            return no_weight(Status.ERROR, raw=frame)
        if match := _ANSWER.fullmatch(frame):
            return Answer(
                command=match[1].decode(),
                done=match[2][0] not in _REFUSALS,
                text=(match[3] or b"").decode().strip().strip('"'),
                raw=frame,
            )
        return None

    def _weight(self, match: re.Match[bytes], frame: bytes) -> Event | None:
        """A weight; digits in brackets are those of an approved scale that must not be used for trade."""
        stability, digits, marked, unit = match.groups()
        width = len(digits) + len(marked or b"")
        value = number(digits + (marked or b""))
        if value is None or not self._fits(width, bracketed=marked is not None, named=unit is not None):
            return None
        status = {Status.HIGH_RESOLUTION} if marked else set()
        return reading(value, unit, stable=stability == b"S", raw=frame, status=status)

    def _fits(self, width: int, *, bracketed: bool, named: bool) -> bool:
        """Whether the value is as wide as this device writes it; one without its unit may have lost more."""
        if self._width == "any":
            return True
        # The manuals leave open whether the two brackets count among the ten columns.
        ten = _VALUE_WIDTH in (width, width + 2 if bracketed else width)
        if self._width == "ten" or not named:
            return ten
        return self._learned.fits(_VALUE_WIDTH if ten else width)


def _pounds(match: re.Match[bytes], frame: bytes) -> Event | None:
    """Pounds with ounces, stated in ounces, which is exact: 12:07.50 is 199.50 oz."""
    stability, pounds, ounces = match.groups()
    whole, rest = number(pounds), number(ounces)
    if whole is None or rest is None or rest >= _OUNCES_PER_POUND:
        return None
    exact = abs(whole) * _OUNCES_PER_POUND + rest
    value = -exact if pounds.strip().startswith(b"-") else exact
    return reading(value, "oz", stable=stability == b"S", raw=frame)


def _terminal(match: re.Match[bytes], frame: bytes) -> Event | None:
    """The net weight, as S gives it, with what a terminal adds."""
    stability, zero, mode, gross, net, tare, unit = match.groups()
    value = number(net)
    if value is None or not len(gross) == len(net) == len(tare) or len(net) not in _TERMINAL_WIDTHS:
        return None
    tared = mode != b"N"
    status = {Status.NET} if tared else set()
    if zero == b"Z":
        status.add(Status.ZERO)
    return reading(
        value, unit, stable=stability == b"S", raw=frame, status=status, tare=number(tare) if tared else None
    )


PROFILE = DeviceProfile(
    name="mt-sics",
    title="Mettler-Toledo MT-SICS level 0 and 1; Kern KCP, Ohaus PSI and other relatives",
    kind=DeviceKind.SCALE,
    new_parser=MtSics,
    start_command=START,
    poll_command=POLL,
    probe_command=POLL,
    switches=(
        Switch(
            name="width",
            values=("learned", "ten", "any"),
            meaning=(
                "how wide the value is: learned from the device's first answers, ten columns as the manual "
                "says, or any, for a relative that pads nothing"
            ),
        ),
    ),
    cannot_tell=(
        "whether a value is gross or net, and whether a tare is set (the answer to SIX1 says it)",
        "a division wider than the last digit",
        "the time of the weighing",
    ),
    source='Mettler-Toledo, "MT-SICS Reference Manual"',
)
