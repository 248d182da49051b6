"""Cells of a manifest row: the text of each into what it means, or a fault with a stable code.

The short path of each reader is for cells in order, as nearly all are; only what does not fit is examined
further. What a reader corrects it notes in ``mended``.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from agent.domain.consignment.declaration import MAX_GRAMS, Label, Transport
from agent.domain.errors import MoneyInvalid
from agent.domain.identifiers import label_of
from agent.domain.values.countries import ISO_COUNTRIES
from agent.domain.values.money import EXPONENTS, MAX_MINOR, Money, parse_money
from agent.formats.profiles.dialect import GRAMS_PER, Dialect
from agent.formats.rows import CellFault

_UNITS = {
    **{name: name for name in GRAMS_PER},
    **dict.fromkeys(("kgs", "kgm", "k", "公斤", "千克", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("gr", "grm", "gram", "grams", "克"), "g"),
    **dict.fromkeys(("lbs", "lbr", "l", "pound", "pounds"), "lb"),
    **dict.fromkeys(("ozs", "onz", "ounce", "ounces"), "oz"),
}
"""Source: UN/ECE Recommendation 20 for KGM, GRM, LBR and ONZ; Cargo-IMP for K and L."""

POSTCODE_DIGITS = {"US": 5, "DE": 5, "ES": 5, "FR": 5, "IT": 5, "KR": 5, "MX": 5, "TR": 5, "CN": 6, "JP": 7}
"""Digits of a postcode that may begin with a zero, which spreadsheets drop. Source: UPU postal addressing."""

_SPREADSHEET = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+?[0-9]{1,3}")
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?")
_KILOGRAMS = re.compile(r"([0-9]{1,4})\.([0-9]{1,3})")
_CENTS = re.compile(r"([0-9]{1,9})\.([0-9]{2})")
_WHOLE = re.compile(r"[0-9]{5,10}\.0")
"""What a spreadsheet makes of a tariff number without dots."""

_COMMA = re.compile(r"[0-9]{1,12},[0-9]{1,9}")
_GROUPED_COMMA = re.compile(r"-?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,12})(?:,[0-9]{1,9})?")
_TWO_DECIMALS = frozenset(code for code, exponent in EXPONENTS.items() if exponent == 2)
_TRANSPORTS = {transport.value: transport for transport in Transport}
_FLAGS = {
    "yes": True,
    "y": True,
    "true": True,
    "1": True,
    "no": False,
    "n": False,
    "false": False,
    "0": False,
}
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of a workbook's serial dates; it knows no zone
_SERIAL = re.compile(r"[1-9][0-9]{4}(?:\.[0-9]{1,12})?")

FORMULA_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
"""What a spreadsheet shows in place of a value it could not work out."""


def read_transport(text: str, column: str) -> Transport:
    """How the parcel travels."""
    named = _TRANSPORTS.get(text) or _TRANSPORTS.get(text.lower())
    if named is None:
        raise CellFault("E201", column, text, "not a transport", "write express or mail")
    return named


def lost_digits(text: str, column: str) -> CellFault:
    """A number of which a spreadsheet kept the first fifteen digits: the others are gone from the file."""
    message = "column is numeric, the last digits are lost"
    return CellFault(
        "E103", column, text, message, "format the column as text, paste the numbers again, export again"
    )


def read_label(text: str, column: str) -> Label:
    """The label of a tracking number."""
    label = label_of(text)
    if label is None:
        if _SPREADSHEET.fullmatch(text):
            # 1.23457E+17 stands for any of a hundred thousand numbers.
            raise lost_digits(text, column)
        raise CellFault("E102", column, text, "not a tracking number", "6 to 40 letters, digits and dashes")
    return label


def read_identifier(text: str, column: str) -> str:
    """The number of a bag, a waybill or an entry, upper case."""
    if _SPREADSHEET.fullmatch(text):
        raise lost_digits(text, column)
    return capitals(text)


def capitals(text: str) -> str:
    """Upper case, and no longer for that: ß and its like, of which two letters would come, are left.

    A value must not outgrow its ceiling after the check for it.
    """
    upper = text.upper()
    return upper if len(upper) == len(text) else text


def read_country(text: str, column: str) -> str:
    """ISO 3166-1 letters, upper case."""
    if text in ISO_COUNTRIES:
        return text
    if (upper := text.upper()) in ISO_COUNTRIES:
        return upper
    raise CellFault("E401", column, text, "not an ISO country code", "write two letters, as US or CN")


def read_count(text: str, column: str) -> int:
    """A whole number above zero."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 7 and (count := int(text)) > 0):
        raise CellFault("E203", column, text, "not a number of pieces", "write a whole number above 0")
    return count


def read_flag(text: str, column: str) -> bool:
    """Yes or no."""
    flag = _FLAGS.get(text.lower())
    if flag is None:
        raise CellFault("E211", column, text, "neither yes nor no", "write yes or no")
    return flag


def read_hs(text: str, column: str) -> str:
    """A tariff number without its dots; which numbers there are is not this module's to say."""
    if text.isalnum():
        return text
    if _WHOLE.fullmatch(text):
        return text[:-2]
    bare = text.replace(".", "").replace(" ", "").replace("-", "")
    if not bare:
        raise CellFault("E208", column, text, "not a tariff number", "write 6 to 10 digits")
    return bare


def _pointed(text: str, dialect: Dialect) -> str:
    """The same number with a decimal point and nothing between its thousands."""
    if dialect.decimal_comma and _GROUPED_COMMA.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text


def read_grams(text: str, column: str, unit: str | None, dialect: Dialect) -> int:
    """A weight in whole grams.

    Args:
        text: The number.
        column: Where it stands, for a fault.
        unit: The unit as written; None when nothing says it.
        dialect: Whether the decimals follow a comma.
    """
    if unit == "kg" and not dialect.decimal_comma:
        common = _KILOGRAMS.fullmatch(text)
        # Nearly every row: up to three decimals are whole grams, read without arithmetic.
        if common is not None and (grams := int(common[1] + common[2].ljust(3, "0"))):
            return grams
    per = GRAMS_PER.get(_UNITS.get((unit or "").lower().rstrip("."), ""))
    if per is None:
        raise CellFault("E206", "weight_unit", unit, "not a unit of weight", "write kg, g, lb or oz")
    number = _pointed(text, dialect)
    if _NUMBER.fullmatch(number) is None:
        if _COMMA.fullmatch(text):
            raise decimal_comma("E204", column, text)
        message = "the weight is not a number"
        raise CellFault("E204", column, text, message, "write digits with a point, as 0.250")
    exact = Decimal(number) * per
    if exact <= 0:
        raise CellFault("E205", column, text, "the weight is not above zero", "write the gross weight")
    # Half a gram more or less is far below what a scale tells; below one gram, one gram stands.
    whole = max(1, int(exact.to_integral_value(ROUND_HALF_EVEN)))
    if whole > MAX_GRAMS:
        raise CellFault("E207", column, text, "heavier than any consignment", "look at the unit")
    return whole


def decimal_comma(code: str, column: str, text: str) -> CellFault:
    """A number such as 12,50, which is twelve and a half here and over a thousand there: nobody guesses."""
    message = "the number has a comma"
    return CellFault(
        code, column, text, message, "write a point, or set decimal_comma in the mapping profile"
    )


def read_money(text: str, column: str, currency: str | None, dialect: Dialect) -> Money:
    """A value with its currency."""
    if currency is None:
        raise CellFault("E303", "currency", None, "the value has no currency", "write three letters, as USD")
    if currency in _TWO_DECIMALS and not dialect.decimal_comma:
        common = _CENTS.fullmatch(text)
        if common is not None and (minor := int(common[1] + common[2])) <= MAX_MINOR:
            return Money(minor, currency)
    upper = currency.upper()
    try:
        return parse_money(_pointed(text, dialect), upper)
    except MoneyInvalid as exc:
        message, _, hint = str(exc).partition("; ")
        if upper not in EXPONENTS:
            raise CellFault("E302", "currency", currency, message, hint) from exc
        if _COMMA.fullmatch(text):
            raise decimal_comma("E301", column, text) from exc
        raise CellFault("E301", column, text, message, hint) from exc


def read_instant(text: str, column: str, dialect: Dialect) -> str:
    """A date and time with its offset, in ISO 8601; as written where it is that already."""
    instant = _instant(text, dialect)
    if instant is not None and instant.tzinfo is None and dialect.utc_offset is not None:
        text = instant.isoformat() + dialect.utc_offset
    elif instant is None or instant.tzinfo is None:
        message = "not a date and time with its offset from UTC"
        raise CellFault("E402", column, text, message, "write 2025-09-01T14:00:00-04:00")
    elif dialect.date_format is not None:
        text = instant.isoformat()
    return text


def read_day(text: str, column: str, dialect: Dialect) -> str:
    """A day, or a date and time, in ISO 8601."""
    instant = _instant(text, dialect)
    if instant is None:
        raise CellFault("E402", column, text, "not a date", "write 2025-09-01")
    if dialect.date_format is None and len(text) >= 10 and "-" in text:
        return text
    return instant.date().isoformat()


def _instant(text: str, dialect: Dialect) -> datetime | None:
    """Source: ISO 8601 as ``fromisoformat`` reads it; ECMA-376 §18.17.4 for serial dates from 1900."""
    if dialect.date_format is not None:
        try:
            return datetime.strptime(text, dialect.date_format)  # noqa: DTZ007 - the offset is added after
        except ValueError:
            pass  # a workbook gives a true date in ISO 8601, whatever the cell shows
    try:
        if _SERIAL.fullmatch(text):
            return _EPOCH + timedelta(seconds=round(float(text) * 86_400))
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
