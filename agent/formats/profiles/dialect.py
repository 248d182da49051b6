"""How a sender writes his cells: currency, units, decimals and dates where nothing in the file says them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a sender writes his cells, where it is not our way."""

    currency: str | None = None
    """Of values in a file without a currency column; ISO 4217."""
    weight_unit: str | None = None
    """Of ``gross_weight`` in a file without a unit column: kg, g, lb or oz."""
    decimal_comma: bool = False
    date_format: str | None = None
    """As ``strptime`` takes it."""
    utc_offset: str | None = None
    """Of times that say none, as ``+08:00``."""
    constants: tuple[tuple[str, str], ...] = ()
    """Column and text, for columns the file does not have."""


OUR_WAY = Dialect()

GRAMS_PER = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
"""Source: international avoirdupois pound, NIST SP 811."""
