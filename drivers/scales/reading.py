"""How a scale's parser states a weight, or that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from drivers.events import NO_WEIGHT, Status, WeightReading
from drivers.weighing.units import COUNTS, unit_name

MOST_DIGITS = 12
"""No parcel scale shows more."""

_NUMBER = re.compile(r"([+-]?) *(\d{1,12}(?:\.\d{0,11})?|\.\d{1,11})", re.ASCII)


def number(text: bytes | str) -> Decimal | None:
    """The number of a weight field: sign, blanks, digits, at most one point; None for anything else.

    Trailing zeros stay, since they carry the division. Exponents, commas, blanks inside and names such as
    ``NaN`` are not a scale's number.

    >>> number(b"-   0.20"), number("+001234.5"), number("1E+19"), number("1 2"), number("12.")
    (Decimal('-0.20'), Decimal('1234.5'), None, None, Decimal('12'))
    """
    shown = text.decode("latin-1") if isinstance(text, bytes) else text
    match = _NUMBER.fullmatch(shown.strip(" "))
    if match is None:
        return None
    sign, digits = match.groups()
    if sum(character.isdigit() for character in digits) > MOST_DIGITS:
        return None
    return Decimal(sign + digits)


def reading(
    value: Decimal | None,
    unit: bytes | str | None,
    *,
    stable: bool | None,
    raw: bytes,
    status: Iterable[Status] = (),
    tare: Decimal | None = None,
    device_time: str | None = None,
    record: str | None = None,
) -> WeightReading:
    """A reading in which status, sign, unit and value agree.

    A value below zero is NEGATIVE, one that moves is MOTION, a count or a percentage is NOT_WEIGHT; and what
    comes with a status that forbids a weight loses its value, whatever digits the device sent along.
    """
    shown = unit.decode("latin-1") if isinstance(unit, bytes) else (unit or "")
    states = set(status)
    if stable is False:
        states.add(Status.MOTION)
    if value is not None and value < 0:
        states.add(Status.NEGATIVE)
    if shown.strip().lower() in COUNTS:
        states.add(Status.NOT_WEIGHT)
    return WeightReading(
        value=None if states & NO_WEIGHT else value,
        unit=unit_name(shown),
        stable=stable,
        status=frozenset(states),
        raw=raw,
        tare=tare,
        device_time=device_time,
        record=record,
    )


def no_weight(*status: Status, raw: bytes, stable: bool | None = None) -> WeightReading:
    """The device answers with a status alone. Motion is the status of a weight that is not stable."""
    moving = stable if Status.MOTION not in status else False
    return WeightReading(value=None, unit=None, stable=moving, status=frozenset(status), raw=raw)
