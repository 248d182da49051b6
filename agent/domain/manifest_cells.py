"""Cells of a manifest row: the text of each into what it means, or a fault with a stable code."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from agent.domain.countries import ISO_COUNTRIES
from agent.domain.declarations import MAX_GRAMS, Label, Transport
from agent.domain.errors import MoneyInvalid
from agent.domain.identifiers import label_of
from agent.domain.money import EXPONENTS, Money, parse_money


class Cells(NamedTuple):
    """One row in the order of ``COLUMNS``; None for an empty cell."""

    tracking: str | None
    last_mile: str | None
    receptacle: str | None
    transport: str | None
    marketplace: str | None
    consignor_name: str | None
    consignor_street: str | None
    consignor_city: str | None
    consignor_state: str | None
    consignor_postcode: str | None
    consignor_country: str | None
    consignor_phone: str | None
    consignor_email: str | None
    consignee_name: str | None
    consignee_street: str | None
    consignee_city: str | None
    consignee_state: str | None
    consignee_postcode: str | None
    consignee_country: str | None
    consignee_phone: str | None
    consignee_email: str | None
    description: str | None
    hs: str | None
    quantity: str | None
    weight: str | None
    weight_kg: str | None
    weight_g: str | None
    weight_unit: str | None
    value: str | None
    currency: str | None
    origin_country: str | None
    expected_arrival: str | None


class CellFault(Exception):
    """Becomes a ``RowError``; never leaves this module."""

    def __init__(self, code: str, column: str, value: str | None, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.column, self.value, self.message, self.hint = code, column, value, message, hint


_SPREADSHEET = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+")
_WEIGHT = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?")
_KILOGRAMS = re.compile(r"([0-9]{1,4})\.([0-9]{1,3})")
_GRAMS_PER = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
"""Source: international avoirdupois pound, NIST SP 811."""
_TRANSPORTS = {transport.value: transport for transport in Transport}


def read_transport(c: Cells, default: Transport | None) -> Transport:
    """The transport of the row, else of the file."""
    if c.transport is not None:
        named = _TRANSPORTS.get(c.transport.lower())
        if named is None:
            raise CellFault("E201", "transport", c.transport, "not a transport", "write express or mail")
        return named
    if default is None:
        raise CellFault("E201", "transport", None, "transport is missing", "write express or mail")
    return default


def read_label(text: str | None, column: str) -> Label:
    """The label of a tracking number."""
    if text is None:
        raise CellFault("E101", column, None, "the tracking number is missing", "give each parcel its number")
    if "+" in text and _SPREADSHEET.fullmatch(text):
        # 1.23457E+17 stands for any of a hundred thousand numbers; the digits are gone from the file.
        message = "a spreadsheet has replaced the last digits"
        raise CellFault(
            "E103", column, text, message, "format the column as text, paste the numbers anew, export"
        )
    label = label_of(text)
    if label is None:
        message = "not a tracking number"
        raise CellFault("E102", column, text, message, "6 to 40 letters, digits and dashes")
    return label


def read_receptacle(c: Cells) -> str | None:
    """The number of a bag or carton, upper case."""
    if c.receptacle is None:
        return None
    if "+" in c.receptacle and _SPREADSHEET.fullmatch(c.receptacle):
        message = "a spreadsheet has replaced the last digits"
        raise CellFault(
            "E103", "receptacle", c.receptacle, message, "format the column as text and export anew"
        )
    return c.receptacle.upper()


def read_country(text: str | None, column: str) -> str | None:
    """ISO 3166-1 letters, upper case."""
    if text is None or text in ISO_COUNTRIES:
        return text
    if (upper := text.upper()) in ISO_COUNTRIES:
        return upper
    raise CellFault("E401", column, text, "not an ISO country code", "write two letters, as US or CN")


def read_quantity(c: Cells) -> int | None:
    """A whole number of pieces of goods."""
    if c.quantity is None:
        return None
    text = c.quantity
    if not (text.isascii() and text.isdecimal() and len(text) <= 7 and int(text) > 0):
        raise CellFault("E203", "quantity", text, "not a number of pieces", "write a whole number above 0")
    return int(text)


def read_grams(c: Cells) -> int | None:
    """Gross weight in grams, from whichever weight column the file has."""
    if c.weight_kg is not None:
        common = _KILOGRAMS.fullmatch(c.weight_kg)
        # Nearly every row: up to three decimals are whole grams, read without arithmetic.
        if common is not None and (grams := int(common[1] + common[2].ljust(3, "0"))):
            return grams
        text, unit, column = c.weight_kg, "kg", "gross_weight_kg"
    elif c.weight_g is not None:
        text, unit, column = c.weight_g, "g", "gross_weight_g"
    elif c.weight is not None:
        text, unit, column = c.weight, (c.weight_unit or "").lower(), "gross_weight"
    else:
        return None
    per = _GRAMS_PER.get(unit)
    if per is None:
        raise CellFault("E206", "weight_unit", c.weight_unit, "not a unit of weight", "write kg, g, lb or oz")
    if _WEIGHT.fullmatch(text) is None:
        raise CellFault(
            "E204", column, text, "the weight is not a number", "write digits with a point, as 0.250"
        )
    exact = Decimal(text) * per
    if exact <= 0:
        raise CellFault("E205", column, text, "the weight is not above zero", "write the gross weight")
    # Half a gram more or less is far below what a scale tells; below one gram, one gram stands.
    grams = max(1, int(exact.to_integral_value(ROUND_HALF_EVEN)))
    if grams > MAX_GRAMS:
        raise CellFault("E207", column, text, "heavier than any consignment", "look at the unit")
    return grams


def read_money(c: Cells) -> Money | None:
    """The value with its currency."""
    if c.value is None:
        return None
    if c.currency is None:
        raise CellFault("E303", "currency", None, "the value has no currency", "write three letters, as USD")
    currency = c.currency.upper()
    try:
        return parse_money(c.value, currency)
    except MoneyInvalid as exc:
        message, _, hint = str(exc).partition("; ")
        if currency not in EXPONENTS:
            raise CellFault("E302", "currency", c.currency, message, hint) from exc
        raise CellFault("E301", "value", c.value, message, hint) from exc


def read_arrival(c: Cells) -> str | None:
    """The expected arrival, as written, once it is known to be an instant."""
    text = c.expected_arrival
    if text is None:
        return None
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        message = "not a date and time with its offset from UTC"
        raise CellFault("E402", "expected_arrival", text, message, "write 2025-09-01T14:00:00-04:00")
    return text
