"""Datalogic Magellan with scanner and scale on one cable: weights and barcodes on the same port.

Every message begins with S and ends with CR. ``S11`` asks for one weight, which comes when there is a steady
one that is not zero; ``S14`` asks for the state at once::

    S110123    S1440123       a weight, steady; the second as a state
    S140  S141  S142  S143  S145     no zero found, in motion, over capacity, steady at zero, under zero
    S08F1101234567891         a barcode: S08, the scanner's letter for the symbology, the data

A weight has no point. A scale set to pounds sends four digits (hundredths), one set to kilograms five
(thousandths): so the maker; some are set up otherwise, hence the switch ``weight``.

A letter becomes an AIM identifier where it leaves no doubt; with an add-on, or in a Code 128 that holds the
separator of GS1-128, it does not. Where AIM identifiers are switched on at the scanner they stand behind S08,
and are taken as they are.

Sources: Datalogic KA-01089 (single cable) and "Magellan 8500 product reference guide", appendix F (letters
and lengths); github.com/CORE-POS/IS4C, SPH_Magellan_Scale. 9600 7O1.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from drivers.events import Event, Noise, NoRead, ScanRead, Status
from drivers.framing.frames import CR, LF, LineFramer
from drivers.framing.parser import refused
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, reading
from drivers.scanners.message import MessageReader

CEILING = 1024
"""Bytes; far more than a label holds, and few enough to show soon that a line has no ends."""

POLL = b"S14\r"
"""Send the state, and the weight if there is one. ``S11`` would keep the scale waiting for a weight."""

GOOD_BEEP = b"S334\r"

_WEIGHT = re.compile(rb"S(?:11|144)(\d{4,5})", re.ASCII)
_STATE = re.compile(rb"S14([01235])")
_SCAN = b"S08"
_SAMPLE = 16

_STATES = {
    b"0": Status.NOT_READY,
    b"1": Status.MOTION,
    b"2": Status.OVERLOAD,
    b"3": Status.ZERO,
    b"5": Status.UNDERLOAD,
}

_WEIGHTS = {"lb.2": ("lb", 2), "lb.3": ("lb", 3), "kg.2": ("kg", 2), "kg.3": ("kg", 3)}
_BY_DIGITS = {4: "lb.2", 5: "kg.3"}

# The letter, what it may be followed by, and the AIM identifier that says the same. The first that fits.
_LETTERS: tuple[tuple[re.Pattern[bytes], str | None], ...] = (
    (re.compile(rb"FF(?=\d{8}\Z)"), "]E4"),
    (re.compile(rb"F(?=\d{13}\Z)"), "]E0"),
    (re.compile(rb"A(?=\d{12}\Z)"), "]E0"),
    (re.compile(rb"E(?=\d{6,8}\Z)"), "]E0"),
    (re.compile(rb"B1"), "]A0"),
    (re.compile(rb"B3(?=[^\x1d]+\Z)"), "]C0"),
    (re.compile(rb"R4(?=\d{2})"), "]e0"),
    (re.compile(rb"R(?=01\d{14}\Z)"), "]e0"),
    (re.compile(rb"FF?(?=\d{6,})"), None),
    (re.compile(rb"[AE](?=\d{6,})"), None),
    (re.compile(rb"R(?=\d)"), None),
    (re.compile(rb"B[23]"), None),
)


class Magellan:
    """Parser of one scanner with its scale.

    Args:
        weight: Unit and decimal places of a weight; ``by_digits`` as the maker says: four are pounds with two
            places, five are kilograms with three.
    """

    __slots__ = ("_framer", "_reader", "_refused", "_weight")
    protocol = "magellan"

    def __init__(self, *, weight: str = "by_digits") -> None:
        self._framer = LineFramer(CEILING, ends=CR + LF)
        self._reader = MessageReader()
        self._refused = b""
        self._weight = weight

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for frame in self._framer.feed(data):
            if isinstance(frame, Noise):
                events.append(frame)
            elif read := self._parse(frame):
                self._refused = b""
                events += read
            else:
                events.append(self._refuse(frame))
        return events

    def idle(self) -> list[Event]:
        return []

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._framer.held_bytes()

    def _parse(self, frame: bytes) -> list[Event]:
        if match := _WEIGHT.fullmatch(frame):
            by_digits = self._weight == "by_digits"
            unit, places = _WEIGHTS[_BY_DIGITS[len(match[1])] if by_digits else self._weight]
            value = Decimal(match[1].decode()).scaleb(-places)
            return [reading(value, unit, stable=True, raw=frame)]
        if match := _STATE.fullmatch(frame):
            return [no_weight(_STATES[match[1]], raw=frame, stable=True if match[1] == b"3" else None)]
        if frame.startswith(_SCAN):
            return [_whole(event, frame) for event in self._scan(frame.removeprefix(_SCAN))]
        return []

    def _refuse(self, frame: bytes) -> Noise:
        # A state is four bytes, too few to tell a wrong parity by; several of them are enough.
        self._refused = (self._refused + frame + CR)[-_SAMPLE:]
        return replace(refused(self._refused, self.protocol), discarded=len(frame))

    def _scan(self, message: bytes) -> list[Event]:
        if not message:
            return [NoRead(raw=message)]
        for letter, aim in _LETTERS:
            if match := letter.match(message):
                return self._reader.read(message[match.end() :], aim=aim)
        return self._reader.read(message)


def _whole(event: Event, frame: bytes) -> Event:
    """The event with the message as it came, its prefix included."""
    return replace(event, raw=frame) if isinstance(event, ScanRead | NoRead) else event


PROFILE = DeviceProfile(
    name="magellan",
    title="Datalogic and PSC Magellan 8xxx and 9xxx with scale, single cable",
    kind=DeviceKind.SCALE,
    new_parser=Magellan,
    settings=LineSettings(byte_size=7, parity="O"),
    poll_command=POLL,
    probe_command=POLL,
    beep_good=GOOD_BEEP,
    beep_bad=GOOD_BEEP * 3,
    names_unit=False,
    switches=(
        Switch(
            name="weight",
            values=("by_digits", *_WEIGHTS),
            meaning=(
                "unit and decimal places of a weight, which has no point; by_digits: four digits are pounds "
                "with two places, five are kilograms with three"
            ),
        ),
    ),
    cannot_tell=(
        "the weight of a load that moves, or below zero",
        "GS1-128 from Code 128, unless AIM identifiers are switched on",
        "whether a value is gross or net",
        "a division wider than the last digit",
        "the time of the weighing",
    ),
    source="Datalogic KA-01089; Magellan 8500 product reference guide",
    scans_too=True,
)
