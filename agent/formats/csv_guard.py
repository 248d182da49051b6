"""Cells of a CSV file that we write, made safe for the spreadsheet that opens it."""

from __future__ import annotations

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    Source: OWASP, CSV Injection.

    >>> guarded("=1+1"), guarded("-5"), guarded("plain")
    ("'=1+1", "'-5", 'plain')
    """
    return "'" + text if text.startswith(_DANGEROUS) else text
