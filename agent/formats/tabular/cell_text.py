"""Numbers, dates and truth values of workbooks and JSON as the text that a cell of a manifest would hold."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from math import isfinite
from typing import Any

from agent.formats.profiles.columns import ID_COLUMNS
from agent.formats.rows import CLIP, Mending

EXACT = 2**53
"""Whole numbers below it stand in a workbook's floating point as they were typed."""

_WIDEST = 128
"""Bits of a whole number that is written out: some 38 digits, more than any label or amount has."""

_FINE = 9
"""Decimals that are kept: what lies beyond them is the noise of binary fractions."""

_COUNTED = ("postcode", "hs_code", "item_hs", "phone")


def text_of(
    value: Any, column: str | None, line: int, *, decimal_comma: bool = False
) -> tuple[str, Mending | None]:
    """The text of a typed value, and what the sender should know of it.

    Args:
        value: Text, number, date, truth value or None; anything else becomes its ``str``.
        column: Whose cell it is; None for a column that is not read.
        line: For the mending.
        decimal_comma: How the file's texts write decimals, so that numbers are written alike.

    >>> text_of(61091000.0, "hs_code", 2)[0], text_of(0.1 + 0.2, "value", 2)[0]
    ('61091000', '0.3')
    """
    if value is None or isinstance(value, str):
        return value or "", None
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, int) and value.bit_length() > _WIDEST:
        # Digits without end: shown short, which no reading of numbers or labels takes for one.
        return f"{Decimal(value):.15E}", None
    if isinstance(value, int | float):
        return _number(value, column or "", line, decimal_comma=decimal_comma)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat(), None
    return str(value), None


def _number(value: int | float, column: str, line: int, *, decimal_comma: bool) -> tuple[str, Mending | None]:
    if not isfinite(value):
        return "", None
    whole = int(value) if value == int(value) else None
    if column in ID_COLUMNS:
        if isinstance(value, float) and (whole is None or abs(whole) >= EXACT):
            # Written so that the reading of labels knows it for what it is: digits that are gone.
            return f"{value:.15E}", None
        return str(whole), _mending(value, column, line, str(whole), "W301", "read from a numeric cell")
    if column.endswith(_COUNTED) and whole is not None:
        text = str(whole)
        if column.endswith(("hs_code", "item_hs")) and len(text) in (5, 7, 9):
            # Tariff numbers have an even number of digits; chapters 01 to 09 lose their zero.
            return f"0{text}", _mending(value, column, line, f"0{text}", "W310", "leading zero restored")
        return text, None
    text = str(whole) if whole is not None else f"{Decimal(repr(round(value, _FINE))):f}"
    return (text.replace(".", ",") if decimal_comma else text), None


def _mending(value: float, column: str, line: int, text: str, code: str, message: str) -> Mending:
    hint = "format the column as text: leading zeros and long numbers are lost"
    return Mending(
        line=line,
        column=column,
        code=code,
        message=f"{message}: {text[:CLIP]}",
        value=str(value)[:CLIP],
        hint=hint,
    )
