"""Telephone numbers and e-mail addresses: could anybody be reached? Nothing is dialled or looked up."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping

from agent.domain.parties.tables import PartyTables

NANP = frozenset({"US", "CA", "PR", "VI", "GU", "AS", "MP"})
"""Countries whose own numbers are held to the North American plan. Others on +1 are left alone."""

_LABEL = re.compile(r"^(?:tel|telephone|phone|mobile|cell|电话|手机|tel\.?\s*no)\s*[.:：]?\s*", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*(?:[,;]?\s*(?:ext|extension|x|доб)\.?|#|转|分机)\s*[0-9]{1,6}$", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s().\-/·•‐-―]")
_USUAL = re.compile(r"\+?[0-9][0-9().\- ]*|\([0-9][0-9().\- ]*")
_GROUPING = str.maketrans("", "", "().- ")
_DIGITS = re.compile(r"\+?[0-9]+")
_SEVERAL = re.compile(r"\s*[,;|]\s*|\s+/\s+")
_ASCENDING = "0123456789" * 3
_DESCENDING = _ASCENDING[::-1]
_REMEMBERED = 4096
"""Contacts whose judgement is kept: of one parcel they are looked at twice, of one seller many times."""
_LEAST_NATIONAL, _LEAST_INTERNATIONAL, _MOST = 5, 7, 15


@functools.lru_cache(maxsize=_REMEMBERED)
def phone_digits(text: str) -> str | None:
    """Digits of a telephone number, after ``+`` when a country's code leads; None when there is more.

    Digits of every script count. An extension, a label and the signs that people group digits by are put
    aside; of several numbers the first is read.

    >>> [phone_digits(text) for text in ("(503) 555-0100 ext. 7", "00 86 755 1234 5678", "138****0000")]
    ['5035550100', '+8675512345678', None]
    """
    plain = text.strip()
    if _USUAL.fullmatch(plain) and "(0)" not in plain:
        return _international(plain.translate(_GROUPING))
    plain = unicodedata.normalize("NFKC", plain)
    if not plain.isascii():
        plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)
    plain = _EXTENSION.sub("", _LABEL.sub("", _SEVERAL.split(plain)[0]))
    digits = _SEPARATORS.sub("", plain)
    # "+44 (0)20": the nought in brackets is dialled only inside the country.
    if digits.startswith("+") and "(0)" in plain:
        digits = _SEPARATORS.sub("", plain.replace("(0)", "", 1))
    return _international(digits) if _DIGITS.fullmatch(digits) is not None else None


def _international(digits: str) -> str:
    """``digits`` with ``+`` for the prefix that is dialled before a country's code (00, 011 in America)."""
    if digits.startswith("0"):
        for prefix in ("00", "011"):
            rest = digits.removeprefix(prefix)
            if rest != digits and len(rest) > _LEAST_INTERNATIONAL and rest[0] != "0":
                return f"+{rest}"
    return digits


def calling_code(digits: str, codes: Mapping[str, frozenset[str]]) -> str | None:
    """The country calling code ``digits`` (with its ``+``) begin with; None when there is no such code."""
    return next((digits[1:end] for end in (4, 3, 2) if digits[1:end] in codes), None)


@functools.lru_cache(maxsize=_REMEMBERED)
def phone_fault(digits: str | None, country: str | None, tables: PartyTables) -> str | None:
    """Why nobody answers at ``digits`` (as ``phone_digits`` gives them), a number in ``country``.

    Returns:
        ``characters``, ``too_short``, ``too_long``, ``identical_digits``, ``sequence``, ``calling_code``,
        ``not_assignable``, or None.

    Source: ITU-T E.164 (15 digits at most), E.123; North American Numbering Plan (area code and exchange
    begin with 2 to 9).
    """
    if digits is None:
        return "characters"
    bare = digits.lstrip("+")
    international = digits != bare
    code = calling_code(digits, tables.calling_codes) if international else None
    national = bare[len(code) :] if code else bare
    return (
        _count(bare, _LEAST_INTERNATIONAL if international else _LEAST_NATIONAL)
        or _invented(national)
        or ("calling_code" if international and code is None else None)
        or _american(national, code, country)
    )


def _count(digits: str, least: int) -> str | None:
    if len(digits) < least:
        # What is too short and all noughts was invented; say the thing that helps.
        return "identical_digits" if len(set(digits)) == 1 and len(digits) > 1 else "too_short"
    if len(set(digits)) == 1:
        return "identical_digits"
    return "too_long" if len(digits) > _MOST else None


def _invented(national: str) -> str | None:
    if len(national) >= _LEAST_NATIONAL and len(set(national)) == 1:
        return "identical_digits"
    runs = len(national) >= 6 and (national in _ASCENDING or national in _DESCENDING)
    return "sequence" if runs else None


def _american(national: str, code: str | None, country: str | None) -> str | None:
    if country not in NANP or code not in (None, "1"):
        return None
    digits = national[1:] if code is None and len(national) == 11 and national[0] == "1" else national
    if len(digits) != 10:
        return "too_short" if len(digits) < 10 else "too_long"
    return "not_assignable" if digits[0] in "01" or digits[3] in "01" else None


_LOCAL = r"""(?:[^\s@<>(),;:\\"\[\].]+(?:\.[^\s@<>(),;:\\"\[\].]+)*|"[^"\\\r\n]+")"""
_NAME = r"[^\W_](?:[^\W_]|[-\u0300-\u036f\u0900-\u0dff])*"
_EMAIL = re.compile(rf"({_LOCAL})@((?:{_NAME}\.)+{_NAME})")
_MASKED = re.compile(r"\*{2,}")
_MOST_LOCAL, _MOST_LABEL = 64, 63


@functools.lru_cache(maxsize=_REMEMBERED)
def email_fault(text: str, tables: PartyTables) -> str | None:
    """Why no mail arrives at ``text``: ``masked``, ``syntax``, ``placeholder``, or None.

    Source: RFC 5321 (4.5.3.1: 64 octets before the at sign), RFC 6531 (other scripts), RFC 1035 (63 a label).
    """
    plain = (text if text.isascii() else unicodedata.normalize("NFC", text)).strip()
    if _MASKED.search(plain):
        return "masked"
    match = _EMAIL.fullmatch(plain)
    if match is None:
        return "syntax"
    local, domain = match[1], match[2]
    labels = domain.split(".")
    whole = len(local.encode()) <= _MOST_LOCAL and max(map(len, labels)) <= _MOST_LABEL
    if not whole or len(labels[-1]) < 2 or labels[-1].isdecimal() or any(x.endswith("-") for x in labels):
        return "syntax"
    same = local.lower() == labels[0].lower()
    return "placeholder" if same and local.lower() in tables.mail_words else None


def is_disposable(text: str, tables: PartyTables) -> bool:
    """Whether an e-mail address belongs to a service whose addresses expire by design."""
    domain = text.rpartition("@")[2].strip().lower()
    while "." in domain:
        if domain in tables.disposable_domains:
            return True
        domain = domain.partition(".")[2]
    return False
