"""The engine for numbers that are described by data: what a format is, and which formats a text has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from agent.domain.identifiers.candidates import Candidate, Payload, Rank
from agent.domain.identifiers.checks import Check, holds

MAX_NUMBER = 64
"""No tracking number is longer; what is longer is a message, and is taken apart before."""

GS = "\x1d"

_PRODUCT_AIMS = frozenset({"E0", "E1", "E2", "E3", "E4"})
"""Symbols of trade items: a carrier prints none."""


class Shape(Enum):
    """How much the mere shape of a number says."""

    UNIQUE = "unique"
    """Letters or a prefix that nobody else prints: it is that number even where its check digit fails."""
    COMMON = "common"
    """Digits by the length, or letters that others print too: the check digit must speak for it."""
    CHANCE = "chance"
    """Somebody does print such numbers, and so does half the world: listed after ``plain``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """One way in which one carrier writes a number.

    ``pattern`` is matched against the whole compact text (capitals, no spaces) and must not backtrack beyond
    a constant. Its named groups are the parts of the reading, but for those that begin with an underscore:
    ``_checked`` is the run that ends in its check digit, where that is not the whole number.
    """

    name: str
    kind: str
    shape: Shape
    pattern: re.Pattern[str]
    check: Check | None = None
    value: tuple[str, ...] = ()
    """Groups that make up the canonical number together; the whole text when empty."""
    last: int = 0
    """Among readings that are otherwise equal, the smaller comes first."""
    example: str
    """A number that passes, from the source or computed."""
    source: str


def define(
    name: str,
    shape: Shape,
    pattern: str,
    example: str,
    source: str,
    *,
    check: Check | None = None,
    value: tuple[str, ...] = (),
    last: int = 0,
) -> NumberFormat:
    """A record of the table; its kind is the name up to the colon."""
    return NumberFormat(
        name=name,
        kind=name.partition(":")[0],
        shape=shape,
        pattern=re.compile(pattern, re.ASCII),
        check=check,
        value=value,
        last=last,
        example=example,
        source=source,
    )


def readings(
    formats: Iterable[NumberFormat], text: str, aim: str | None, *, dashed: bool = False
) -> Iterator[tuple[int, Candidate]]:
    """Every format of ``text`` (compact, at most ``MAX_NUMBER`` characters) with its rank.

    ``dashed`` says that dashes were taken out: telephone numbers and dates have them too, so what is no more
    than a length then needs a check digit that passes.
    """
    for form in formats:
        match = form.pattern.fullmatch(text)
        if match is None:
            continue
        groups = {name: part for name, part in match.groupdict().items() if part is not None}
        sound = form.check is None or holds(form.check, groups.get("_checked", text))
        yield (
            _rank(form, sound, by_chance=aim in _PRODUCT_AIMS or (dashed and not (form.check and sound))),
            Candidate(
                kind=form.kind,
                value="".join(groups[name] for name in form.value) or text,
                parts={name: part for name, part in groups.items() if name[0] != "_"},
                valid=sound,
                reason=None if sound else "check_digit",
            ),
        )


def compact(payload: Payload) -> str | None:
    """What a number is matched as: upper case without spaces; None when it is not a number of any kind.

    The separator after a postal code (AI 420) goes too: many scanners drop it anyway.
    """
    text = payload.text.replace(" ", "").upper()
    if text.startswith("420"):
        text = text.replace(GS, "")
    return text if text.isascii() and len(text) <= MAX_NUMBER else None


def _rank(form: NumberFormat, sound: bool, *, by_chance: bool) -> int:
    shape = form.shape
    if shape is Shape.COMMON and by_chance:
        shape = Shape.CHANCE
    if shape is Shape.UNIQUE:
        rank = Rank.SYMBOLOGY if sound else Rank.SYMBOLOGY_FAILED
    elif shape is Shape.CHANCE:
        rank = Rank.CHANCE if sound else Rank.CHANCE_FAILED
    elif not sound:
        rank = Rank.FAILED
    else:
        rank = Rank.UNCHECKED if form.check is None else Rank.CHECKED
    return rank + form.last
