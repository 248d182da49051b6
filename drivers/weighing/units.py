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
    "gr": Decimal("0.06479891"),
    "dwt": Decimal("1.55517384"),
    "ozt": Decimal("31.1034768"),
    "ton": Decimal("907184.74"),
    "ct": Decimal("0.2"),
}
"""Exact by definition: the avoirdupois pound is 0.45359237 kg (international yard and pound agreement, 1959),
a grain a 7,000th of it, a short ton 2,000 of them; a metric carat is 200 mg. Taels and tolas differ from town
to town and are not a unit to us.
"""

_SPELLINGS: dict[str, str] = {
    **{unit: unit for unit in GRAMS_PER},
    "lbs": "lb",
    "#": "lb",
    "ozs": "oz",
    "kgs": "kg",
    "kilo": "kg",
    "gn": "gr",
    "grn": "gr",
    "tr.oz": "ozt",
    "toz": "ozt",
    "oz t": "ozt",
    "ton": "ton",
    "tn": "ton",
    "car": "ct",
    "cts": "ct",
}

COUNTS = frozenset({"pc", "pcs", "pce", "pieces", "qty", "stk", "%", "pct", "ea"})
"""What stands where a unit would, and says that the number beside it is not a weight; in lower case."""

_MOST_DIGITS = 12
"""No parcel scale shows more; a longer number is damage, and would cost time to convert."""


def unit_name(text: str) -> str | None:
    """The unit that a device spells so, as ``GRAMS_PER`` spells it; unknown ones as the device does.

    None for no unit at all.

    >>> unit_name(" KG"), unit_name("lbs"), unit_name("tl"), unit_name("  ")
    ('kg', 'lb', 'tl', None)
    """
    bare = text.strip()
    if not bare:
        return None
    # "T" is left as it is on purpose: makers use it for tonne, tael and tola.
    return bare if bare == "T" else _SPELLINGS.get(bare.lower(), bare)


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
    per = GRAMS_PER.get(unit_name(unit) or "")
    if per is None or not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MOST_DIGITS:
        return None
    step = max(Decimal(1).scaleb(exponent), division or Decimal(0))
    grams = int((value * per).to_integral_value(ROUND_HALF_EVEN))
    u_grams = int((_HALF + step * per / 2).to_integral_value(ROUND_CEILING))
    return grams, u_grams
