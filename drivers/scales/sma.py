"""SMA SCP-0499, the serial protocol of the Scale Manufacturers Association, levels 1 and 2.

The host sends LF, a letter, CR. Nearly every answer is LF, five characters of state, ten of weight, three of
unit, CR::

    _1G_______5.025lb_    Z1G_______0.000kg_    _1GM______7.650kg_    _1g______5.0025lb_    E1G__----------kg_

State: Z centre of zero, O over, U under capacity, E zero, I initial zero, T tare error; the range; G gross, N
net, T tare, in lower case with ten times the resolution; M in motion; one for the future. The answer to M
(``T``) is the tare that is set and no weight: it comes out as ``tare``, without a value. ``I`` and ``N``
scroll through what the scale is, ``CAP:kg :6000:1:0`` among it: capacity, division and decimal places.

A scale that has no more to tell, or does not know a command, says ``?``; one that heard a damaged command
says ``!``. Neither says anything of the load. Some fill the third place of a unit with the underscore that
the standard's examples print for a blank.

Source: SMA SCP-0499 (1999, changed 2005), §5; Sartorius PR 5210, 5211 and 5220, Fairbanks FB2550 and B-TEK
T419S manuals repeat it. 9600 8N1.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Status
from drivers.framing.frames import CR, LF, DelimitedFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import number, reading

CEILING = 64
"""Bytes; the longest answers are the 25 characters of an information field behind its name."""

POLL = b"\nW\r"
"""Send the weight, stable or not. It also ends a repetition that another host asked for."""

# Ten columns of weight and three of unit hold: a byte lost in them shows.
_WEIGHT = re.compile(
    rb"([ZOUEIT ])[\d ]([GTNgtn])([M ])[\x20-\x7E]([ \d.+-]{10})( ?[A-Za-z%]{1,3}[ _]{0,2})",
    re.ASCII,
)
_FIELD = re.compile(rb"([A-Z][A-Z0-9 ]{2}):([\x20-\x7E]{0,40})")
_DIAGNOSIS = re.compile(rb"[R ][E ][C ][M ]")
_REFUSAL = re.compile(rb"([?!]) *")
_DASHES = re.compile(rb" *-{2,10} *")

_UNIT_WIDTH = 3

_STATES = {
    b"Z": Status.ZERO,
    b"O": Status.OVERLOAD,
    b"U": Status.UNDERLOAD,
    b"E": Status.ERROR,
    b"I": Status.NOT_READY,
    b"T": Status.ERROR,
}


class Sma(FrameParser):
    """Parser of one scale."""

    __slots__ = ()
    protocol = "sma"

    def __init__(self) -> None:
        super().__init__(DelimitedFramer(CEILING, starts=LF, ends=CR))

    def _parse(self, frame: bytes) -> Event | None:
        if match := _WEIGHT.fullmatch(frame):
            return self._weight(match, frame)
        if match := _FIELD.fullmatch(frame):
            name, text = match[1].decode().rstrip(), match[2].decode().rstrip()
            return Answer(command=name, done=True, text=text, raw=frame)
        if _DIAGNOSIS.fullmatch(frame):
            faults = frame.decode().replace(" ", "")
            return Answer(command="D", done=not faults, text=faults, raw=frame)
        if match := _REFUSAL.fullmatch(frame):
            return Answer(command=match[1].decode(), done=False, text="", raw=frame)
        return None

    def _weight(self, match: re.Match[bytes], frame: bytes) -> Event | None:
        state, kind, motion, digits, unit = match.groups()
        if len(unit) != _UNIT_WIDTH:
            return None
        status = {_STATES[state]} if state in _STATES else set()
        if kind.islower():
            status.add(Status.HIGH_RESOLUTION)
        if kind in b"Nn":
            status.add(Status.NET)
        value = number(digits)
        if value is None:
            if not _DASHES.fullmatch(digits):
                return None
            # Dashes belong to an error; with a state that is none they are one all the same.
            if state not in b"EIT":
                status.add(Status.ERROR)
        is_tare = kind in b"Tt"
        if is_tare:
            status.add(Status.TARE)
        return reading(
            None if is_tare else value,
            unit.rstrip(b"_ "),
            stable=motion == b" ",
            raw=frame,
            status=status,
            tare=value if is_tare else None,
        )


PROFILE = DeviceProfile(
    name="sma",
    title="SMA SCP-0499 level 1 and 2: Weigh-Tronix, Fairbanks, Sartorius PR, B-TEK, Rice Lake and others",
    kind=DeviceKind.SCALE,
    new_parser=Sma,
    poll_command=POLL,
    probe_command=POLL,
    cannot_tell=(
        "the tare, unless it is asked",
        "a division wider than the last digit, unless it is asked",
        "the time of the weighing",
    ),
    source="Scale Manufacturers Association, SMA SCP-0499 (1999, 2005)",
)
