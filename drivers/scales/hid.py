"""USB HID weighing devices (usage page 0x8D): DYMO, Stamps.com, Mettler-Toledo, Fairbanks and others.

A scale sends input report 3 by itself, several times a second::

    03  status  unit  exponent  low  high        03 04 0B FF 4E 00        7.8 oz, stable

The value is the unsigned number times ten to the signed exponent. A device node gives each report by itself,
some of them with a zero behind or before it; here they may also come one after the other. Other reports (tare
is report 2) are of unknown length and are thrown away. A load below zero has a status and no number.

Source: USB-IF, "HID Point of Sale Usage Tables" 1.02, §4 (scales).
"""

from __future__ import annotations

from decimal import Decimal

from drivers.events import Event, Noise, Status, WeightReading
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import reading

REPORT_ID = 3
LENGTH = 6
"""Bytes of a report, its id included."""

EXPONENTS = range(-6, 8)
"""No scale shows more places, nor weighs more; another exponent is damage."""

REPORT = 64
"""Bytes of noise that are told at a time."""

_UNITS = ("", "mg", "g", "kg", "ct", "tl", "gr", "dwt", "t", "ton", "ozt", "oz", "lb")
"""By the report's unit. Taels differ from town to town and are not a unit to us."""

_FILLER = 0

_STATES: dict[int, tuple[bool | None, Status | None]] = {
    1: (None, Status.ERROR),
    2: (True, Status.ZERO),
    3: (False, Status.MOTION),
    4: (True, None),
    5: (None, Status.UNDERLOAD),
    6: (None, Status.OVERLOAD),
    # The scale asks to be calibrated; what it shows is not a weight until then.
    7: (None, Status.ERROR),
    8: (None, Status.NOT_READY),
}
"""By the report's status: whether the value is stable, and what else is said."""


class HidScale:
    """Parser of one scale's reports.

    A report ends with its sixth byte, so nothing waits for the next. Half a report is thrown away when the
    line rests: a device sends a report at once, and the next byte is the beginning of another.
    """

    __slots__ = ("_held", "_thrown")

    def __init__(self) -> None:
        self._held = b""
        self._thrown = 0

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        held, at = self._held + data, 0
        while at < len(held):
            if held[at] == _FILLER:
                at += 1
                continue
            report = held[at : at + LENGTH]
            if report[0] == REPORT_ID and len(report) < LENGTH and _may_become_one(report):
                break
            read = _read(report)
            if read is None:
                self._thrown += 1
                at += 1
                if self._thrown == REPORT:
                    self._report(events)
            else:
                self._report(events)
                events.append(read)
                at += LENGTH
        self._held = held[at:]
        return events

    def idle(self) -> list[Event]:
        events: list[Event] = []
        self._thrown += len(self._held)
        self._held = b""
        self._report(events)
        return events

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return len(self._held)

    def _report(self, events: list[Event]) -> None:
        if self._thrown:
            events.append(Noise(discarded=self._thrown, reason="not_hid"))
            self._thrown = 0


def _may_become_one(part: bytes) -> bool:
    if len(part) > 1 and part[1] not in _STATES:
        return False
    return len(part) <= 3 or _signed(part[3]) in EXPONENTS


def _read(report: bytes) -> WeightReading | None:
    if len(report) < LENGTH or report[0] != REPORT_ID or not _may_become_one(report):
        return None
    _, state, unit, exponent, low, high = report
    stable, status = _STATES[state]
    value = _scaled(low | high << 8, _signed(exponent))
    return reading(
        value,
        _UNITS[unit] if unit < len(_UNITS) else None,
        stable=stable,
        raw=report,
        status=() if status is None else (status,),
    )


def _signed(byte: int) -> int:
    return byte - 0x100 if byte > 0x7F else byte


def _scaled(number: int, exponent: int) -> Decimal:
    """In plain digits: trailing zeros for a positive exponent, places for a negative one.

    >>> str(_scaled(12, 2)), str(_scaled(78, -1)), str(_scaled(0, -1))
    ('1200', '7.8', '0.0')
    """
    return Decimal(number * 10**exponent) if exponent > 0 else Decimal(number).scaleb(exponent)


PROFILE = DeviceProfile(
    name="hid",
    title="USB HID scales: DYMO, Stamps.com, Mettler-Toledo PS, Fairbanks and others",
    kind=DeviceKind.SCALE,
    new_parser=HidScale,
    idle_gap_s=0.05,
    cannot_tell=(
        "whether a value is gross or net",
        "how far below zero a load is",
        "a division wider than the last digit",
        "the time of the weighing",
    ),
    source='USB-IF, "HID Point of Sale Usage Tables" 1.02, §4',
)
