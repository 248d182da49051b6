"""MT-SICS levels 0 and 1, the command set of Mettler-Toledo scales and their many relatives.

Source: Mettler-Toledo, "MT-SICS Reference Manual" (levels 0 and 1); Kern KCP and Ohaus PSI answer alike. 9600
8N1, CR LF.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Status
from drivers.frames import LineFramer
from drivers.parsing import FrameParser
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, number, reading

CEILING = 256
"""Bytes; the longest answer of levels 0 and 1 is a serial number of some 30."""

START = b"SIR\r\n"
"""Send the weight at once and repeat. It ends with ``@``, with another weighing command and with a power cut.
"""

POLL = b"SI\r\n"
"""Send the weight once, stable or not."""

_VALUE_WIDTH = 10

# "S S     100.00 g": command, status, value right-aligned in ten columns, unit. Some emulators and clones
# answer `SI` with `SI` where the manual says `S`.
_WEIGHT = re.compile(rb"(?:SI|S) ([SD]) ( *[+-]?\d+(?:\.\d+)?)(?: +([A-Za-z%]{1,5}))? *", re.ASCII)
_STATE = re.compile(rb"(?:SIR|SI|S) ([IL+-]) *")
_FAILURE = re.compile(rb"(ES|ET|EL) *")
_ANSWER = re.compile(rb"(I\d{1,2}|ZI|Z|TAC|TA|TI|T|@|K|D|SR|SIR) ([ABSDILR+-])(?: +([\x20-\x7E]*))?")

_STATES = {b"I": Status.NOT_READY, b"+": Status.OVERLOAD, b"-": Status.UNDERLOAD, b"L": Status.ERROR}
_REFUSALS = frozenset(b"IL+-")


class MtSics(FrameParser):
    """Parser of one MT-SICS device.

    The value must fill its ten columns: a byte lost inside a number then shows as noise and not as a tenth of
    the weight. ``width="any"`` gives that up, for relatives that write a shorter field.
    """

    __slots__ = ("_any_width",)
    protocol = "mt-sics"

    def __init__(self, *, width: str = "ten") -> None:
        super().__init__(LineFramer(CEILING))
        self._any_width = width == "any"

    def _parse(self, frame: bytes) -> Event | None:
        if match := _WEIGHT.fullmatch(frame):
            stability, digits, unit = match.groups()
            value = number(digits)
            if value is not None and (self._any_width or len(digits) == _VALUE_WIDTH):
                return reading(value, unit, stable=stability == b"S", raw=frame)
        elif match := _STATE.fullmatch(frame):
            return no_weight(_STATES[match[1]], raw=frame)
        elif _FAILURE.fullmatch(frame):
            return no_weight(Status.ERROR, raw=frame)
        elif match := _ANSWER.fullmatch(frame):
            return Answer(
                command=match[1].decode(),
                done=match[2][0] not in _REFUSALS,
                text=(match[3] or b"").decode().strip().strip('"'),
                raw=frame,
            )
        return None


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
            values=("ten", "any"),
            meaning="whether the value fills ten columns, as the manual says, or any, as some relatives do",
        ),
    ),
    cannot_tell=(
        "whether a value is gross or net",
        "whether a tare is set, unless it is asked",
        "a division wider than the last digit",
        "the time of the weighing",
    ),
    source='Mettler-Toledo, "MT-SICS Reference Manual"',
)
