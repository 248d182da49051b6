"""UPU S10: the thirteen characters that name a postal item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from agent.domain.values.countries import ISO_COUNTRIES

REUSED_AFTER = timedelta(days=365)
"""Operators may use a number again after a year; what is older is of another item."""

_SHAPE = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def s10_check_digit(serial: str) -> int:
    """Check digit of a UPU S10 item identifier.

    Args:
        serial: The eight digits between service indicator and check digit.

    Raises:
        ValueError: ``serial`` is not eight characters long.

    Source: UPU standard S10.

    >>> s10_check_digit("47312482")    # RR 473 124 829 GB
    9
    >>> s10_check_digit("10000002"), s10_check_digit("10000014")    # remainders 0 and 1
    (5, 0)
    """
    weighted = sum(int(d) * w for d, w in zip(serial, _WEIGHTS, strict=True))
    check = 11 - weighted % 11
    return {10: 0, 11: 5}.get(check, check)


@dataclass(frozen=True, slots=True, kw_only=True)
class S10:
    """A text of S10 shape: two letters, eight digits, a check digit, two letters.

    ``fault`` is None, ``"check_digit"`` or ``"country"``. A number with a fault is still a number somebody
    printed on a label, so it is kept and flagged.
    """

    service: str
    serial: str
    check: str
    country: str
    fault: str | None

    @property
    def value(self) -> str:
        """The thirteen characters, upper case, without spaces or dashes."""
        return f"{self.service}{self.serial}{self.check}{self.country}"


def parse_s10(text: str) -> S10 | None:
    """The item identifier that ``text`` spells, spaces and dashes ignored; None when it has another shape.

    >>> parse_s10("rr 473 124 829 gb").value
    'RR473124829GB'
    >>> parse_s10("RB123456785XX").fault
    'country'
    """
    match = _SHAPE.fullmatch(text.replace(" ", "").replace("-", "").upper())
    if match is None:
        return None
    service, serial, check, country = match.groups()
    if s10_check_digit(serial) != int(check):
        fault: str | None = "check_digit"
    else:
        fault = None if country in ISO_COUNTRIES else "country"
    return S10(service=service, serial=serial, check=check, country=country, fault=fault)
