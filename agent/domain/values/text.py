"""Texts made comparable, and what no name, address or description can be."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_WORD = re.compile(r"[^\W_]+")
_IDENTICAL = re.compile(r"(\S)\1{2,}")
_EXTENSION = re.compile(r"\.[A-Z][A-Z0-9]{1,4}")


def canonical(text: str) -> str:
    """``text`` as it is compared: compatibility forms folded, invisible characters gone, upper case."""
    if text.isascii():
        return text.upper().strip()
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))).upper().strip()


def words(text: str) -> tuple[str, ...]:
    """The runs of letters and digits of ``text`` in canonical form, in order.

    >>> words("Women's T-shirt, 2pcs")
    ('WOMEN', 'S', 'T', 'SHIRT', '2PCS')
    """
    return tuple(_WORD.findall(canonical(text)))


def structural_fault(text: str) -> str | None:
    """Why ``text`` cannot be a name, an address or a description whatever it says; None when it can.

    Source: Transport Canada, PACT Technical Implementation Guide 1.9, refused values.

    >>> structural_fault("12345"), structural_fault("xxx"), structural_fault("..."), structural_fault("Anna")
    ('only_digits', 'identical_characters', 'only_special', None)
    """
    plain = canonical(text)
    fault: str | None = None
    if not plain.strip(" .-"):
        fault = "only_special" if plain else "empty"
    elif _IDENTICAL.fullmatch(plain):
        fault = "identical_characters"
    elif _EXTENSION.fullmatch(plain):
        fault = "file_extension"
    elif not any(c.isalpha() for c in plain):
        special = any(not c.isdecimal() and not c.isspace() for c in plain)
        digits = any(c.isdecimal() for c in plain)
        fault = ("special_and_digits" if digits else "only_special") if special else "only_digits"
    return fault
