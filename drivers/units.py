"""From a scale's digits to whole grams, with what the digits leave open."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

_HALF = Decimal("0.5")

GRAMS_PER: dict[str, Decimal] = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "mg": Decimal("0.001"),
    "t": Decimal(1_000_000),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
"""Exact by definition: the avoirdupois pound is 0.45359237 kg (international yard and pound agreement, 1959).
"""

_MOST_DIGITS = 12
"""No parcel scale shows more; a longer number is damage, and would cost time to convert."""


def to_grams(value: Decimal, unit: str, *, division: Decimal | None = None) -> tuple[int, int] | None:
    """Whole grams, rounded half to even, and how far they may be from what the scale meant, in grams.

    The uncertainty is half a gram for the rounding plus half the scale's division, rounded up. The division
    is one step of the last digit shown, unless ``division`` (in the same unit) says that the scale steps
    wider.

    Returns None for a unit we do not know (pieces, percent, troy ounces ...), and for a value no scale shows.

    >>> to_grams(Decimal("1.230"), "kg")
    (1230, 1)
    >>> to_grams(Decimal("1.23"), "kg")
    (1230, 6)
    >>> to_grams(Decimal("12"), "PCS") is None
    True
    """
    # "T" is left out on purpose: makers use it for tonne, tael and tola.
    per = GRAMS_PER.get(unit) or (GRAMS_PER.get(unit.lower()) if unit != "T" else None)
    if per is None or not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MOST_DIGITS:
        return None
    step = max(Decimal(1).scaleb(exponent), division or Decimal(0))
    grams = int((value * per).to_integral_value(ROUND_HALF_EVEN))
    u_grams = int((_HALF + step * per / 2).to_integral_value(ROUND_CEILING))
    return grams, u_grams
