"""Toledo 8217, 8213 and PS60 (EH-SCP): the host asks with one letter, the scale answers between STX and CR.

A scale gives its weight only while it is steady and in range; otherwise it answers ``?`` and a status byte,
a bit a state. The byte is read by its bits, as the makers' tables define them. A scanner maker's note lists
``?C`` as under zero and ``?D`` as outside the zero range; in no reading is one of them a weight.

Sources: Mettler-Toledo, "Diva service manual" §6.1.4 (with the Magellan 8500's); Salter Brecknell, "67XXU
service manual" §7.6.2 to 7.6.5 (8213, EH-SCP) and "3700LP user's manual" (8213); Rice Lake, "BenchPro
operation manual". 9600 7E1.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Literal

from drivers.events import Answer, Event, Noise, Status
from drivers.framing.frames import CR, STX, DelimitedFramer
from drivers.framing.parser import FrameParser, refused
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 32
"""Bytes; the longest answer is pounds with ounces, some 12."""

POLL = b"W"
"""Send the weight, or say why there is none. No terminator: each letter is a command."""

_OUNCES_PER_POUND = 16

# "05.250", " 5.250", "005250", with N for net. A display with a point has four digits at
# least, one without has five, blanks included. Some relatives spell the unit after the digits.
_WEIGHT = re.compile(
    rb" *((?=[\d.]{5,8}(?![\d.]))\d*\.\d*|(?<=  )\d{3}|(?<= )\d{4}|\d{5,7})(?: ?((?i:kg|g|lb|oz)))?(N?)",
    re.ASCII,
)
_POUNDS_OUNCES = re.compile(rb" *(\d{1,3}) ?(?i:lb) *(\d{1,2}\.\d{1,2}) ?(?i:oz)", re.ASCII)
_STATUS = re.compile(rb" *\?([\x40-\x7F])")
_ECHO = re.compile(rb"[EF]")

_BITS = (
    (0x01, Status.MOTION),
    (0x02, Status.OVERLOAD),
    (0x04, Status.UNDERLOAD),
    # Zero was not found when the scale was switched on, so what it shows is not a weight.
    (0x08, Status.NOT_READY),
    (0x10, Status.ZERO),
)
_NET = 0x20


class Toledo8217(FrameParser):
    """Parser of one scale. ``bit_5`` says what bit 5 of a status means: the 8217's net mark, or nothing.

    How wide the weight is differs from model to model and is learned: a byte lost inside a number, or its
    point, then shows as noise (``width``) and not as another weight.
    """

    __slots__ = ("_bits", "_width")
    protocol = "toledo-8217"

    def __init__(self, *, bit_5: Literal["net", "fixed"] = "net") -> None:
        super().__init__(DelimitedFramer(CEILING, starts=STX, ends=CR))
        self._width = LearnedWidth()
        self._bits = (*_BITS, (_NET, Status.NET)) if bit_5 == "net" else _BITS

    def _parse(self, frame: bytes) -> Event | None:
        if match := _WEIGHT.fullmatch(frame):
            digits, unit, net = match.groups()
            value = number(digits)
            if value is not None and not self._width.fits(match.end(1)):
                return Noise(discarded=len(frame), reason="width")
            if value is not None:
                return reading(value, unit, stable=True, raw=frame, status={Status.NET} if net else ())
        elif match := _POUNDS_OUNCES.fullmatch(frame):
            pounds, ounces = (number(part) for part in match.groups())
            if pounds is not None and ounces is not None and ounces < _OUNCES_PER_POUND:
                return reading(pounds * _OUNCES_PER_POUND + ounces, "oz", stable=True, raw=frame)
        elif match := _STATUS.fullmatch(frame):
            stated = {status for bit, status in self._bits if match[1][0] & bit}
            return no_weight(*stated, raw=frame, stable=True)
        elif _ECHO.fullmatch(frame):
            return Answer(command=frame.decode(), done=True, text="", raw=frame)
        return None

    def _refused(self, frame: bytes) -> Noise:
        # STX and CR pass a line of odd parity unchanged, and make a short frame long enough to tell that by.
        return replace(refused(STX + frame + CR, self.protocol), discarded=len(frame))


PROFILE = DeviceProfile(
    name="toledo-8217",
    title="Mettler-Toledo 8217, 8213, Diva and Ariva; Datalogic Magellan and others that imitate them",
    kind=DeviceKind.SCALE,
    new_parser=Toledo8217,
    settings=LineSettings(byte_size=7, parity="E"),
    poll_command=POLL,
    probe_command=POLL,
    names_unit=False,
    cannot_tell=(
        "the unit, which the site must know",
        "the weight of a load that moves",
        "a weight below zero",
        "a division wider than the last digit",
        "a byte that is lost in the first answers",
        "the time of the weighing",
    ),
    source='Mettler-Toledo, "Diva service manual"; Salter Brecknell, "67XXU service manual"',
)

PS60_PROFILE = DeviceProfile(
    name="toledo-ps60",
    title="Mettler-Toledo PS series, and EH-SCP of Brecknell, Avery Weigh-Tronix and Rice Lake",
    kind=DeviceKind.SCALE,
    new_parser=partial(Toledo8217, bit_5="fixed"),
    settings=LineSettings(byte_size=7, parity="E"),
    poll_command=POLL,
    probe_command=POLL,
    names_unit=False,
    cannot_tell=PROFILE.cannot_tell,
    source='Salter Brecknell, "67XXU service manual" §7.6.5; Rice Lake, "BenchPro operation manual"',
)

PROFILES = (PROFILE, PS60_PROFILE)
