"""What a barcode may mean: readings of one payload, each with its rank."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

NO_PARTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One reading of a payload.

    ``value`` is canonical, so that a label typed, printed or listed in a manifest compares equal. A failed
    check gives ``valid=False`` and a ``reason`` (``check_digit``, ``country``, ``gs1_syntax``): the reading
    ranks lower and stays, since somebody did print that number. What has no check digit is valid.
    """

    kind: str
    value: str
    parts: Mapping[str, str] = field(default_factory=lambda: NO_PARTS, hash=False)
    valid: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The text of one scan, cleaned: ``aim`` without its bracket (``C1``), or None if none was sent."""

    text: str
    aim: str | None
    fnc1: bool
    """The symbol began with FNC1: its text is GS1 element strings."""


class Rank(IntEnum):
    """How much speaks for a reading; the lowest comes first. Gaps order readings that are otherwise equal."""

    SYMBOLOGY = 100
    """The symbology itself says so, or the shape is like no other; its check passed, if it has one."""
    SYMBOLOGY_FAILED = 120
    """The same, but the check failed: it is that number, read or printed wrong."""
    CHECKED = 200
    """A bare number whose length fits and whose check digit passed."""
    MESSAGE = 300
    """The whole of a GS1 message, whose parts stand before it."""
    PRODUCT = 400
    """A trade item number: it names what a piece holds, seldom the piece."""
    UNCHECKED = 450
    """The shape fits, and there is no check digit that could say more."""
    PRODUCT_ON_CARRIER = 480
    """A trade item number in a symbology that carriers print and shops do not."""
    FAILED = 500
    """A bare number whose length fits and whose check digit failed."""
    PLAIN = 600
    """Any tracking text."""
    CHANCE = 700
    """A reading that only happens to parse."""
    CHANCE_FAILED = 800
    """Not even that: its check failed."""


Reader = Callable[[Payload], Iterator[tuple[int, Candidate]]]
"""One family of numbers: yields rank and reading, or nothing; never raises."""


def mod10_check_digit(digits: str) -> int:
    """GS1 modulo-10 check digit over ``digits`` (ASCII, without the check digit).

    Source: GS1 General Specifications, section 7.9.

    >>> mod10_check_digit("10614141234567890"), mod10_check_digit("400638133393")
    (8, 1)
    """
    total = sum(int(d) * (1 if i % 2 else 3) for i, d in enumerate(reversed(digits)))
    return -total % 10


def checked(
    kind: str, digits: str, rank: int, failed: int, parts: Mapping[str, str]
) -> tuple[int, Candidate]:
    """The reading of ``digits``, which end in a modulo-10 check digit, at the rank that follows from it."""
    if mod10_check_digit(digits[:-1]) == int(digits[-1]):
        return rank, Candidate(kind=kind, value=digits, parts=parts)
    return failed, Candidate(kind=kind, value=digits, parts=parts, valid=False, reason="check_digit")
