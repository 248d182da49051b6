"""Addresses made comparable: two spellings of one address come out the same, two addresses never do.

What cannot be told apart for certain stays apart: a total is then too low, which it says of itself.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from agent.domain.consignment.declaration import Party
from agent.domain.parties.addresses import class_of, is_american, is_filler, postcode_fault, state_of
from agent.domain.parties.check import name_fault
from agent.domain.parties.tables import PartyTables
from agent.domain.policy.totals_terms import Standing
from agent.domain.screening.names import fold


@dataclass(frozen=True, slots=True)
class PlaceKey:
    """Where a party is: its building, and the unit in it; texts that compare equal for the same place."""

    building: str
    unit: str
    """Empty where the address names none."""
    standing: Standing


def place_key(party: Party, tables: PartyTables) -> PlaceKey | None:
    """The building and unit of ``party``; None where its address leaves open which building it is.

    Of an American address house number, street, secondary unit and ZIP Code count, with the words of USPS
    Publication 28; without a ZIP Code that exists, city and state. Of any other the words of the street line
    in any order, postcode or city, and country: where its unit begins is not known.
    """
    if party.street is None:
        return None
    words = fold(party.street).split()
    if name_fault(party.street, words, frozenset(), tables) is not None:
        return None
    kind = class_of(party.street, words, tables)
    standing = None if kind is None else Standing(kind.value)
    if not is_american(party):
        return _foreign(party, words, standing)
    place = _zip_code(party, tables)
    return None if place is None else _american(party.street, place, standing)


def _american(line: str, place: str, special: Standing | None) -> PlaceKey | None:
    # Each word is folded by itself: what stands alone beside a short number is a direction, no initial.
    words: list[str] = []
    for part in line.replace("#", " unit ").split():
        words += (part.lower(),) if part.isascii() and part.isalnum() else fold(part).split()
    if special is Standing.PO_BOX and (box := _box(words)) is not None:
        return PlaceKey(f"box {box}|{place}", "", Standing.PO_BOX)
    street, unit = _parted(words)
    if len(street) < 2 or not _numbered(street):
        return None
    usual = Standing.UNITS if unit else Standing.HOUSE
    return PlaceKey(f"{' '.join(street)}|{place}", unit, special or usual)


def _foreign(party: Party, words: Sequence[str], kind: Standing | None) -> PlaceKey | None:
    postcode = party.postcode
    place = fold(postcode) if postcode is not None and not is_filler(postcode) else fold(party.city or "")
    is_certain = _numbered(words) or len(words) >= _ENOUGH
    if not place or not is_certain:
        return None
    building = f"{' '.join(sorted(words))}|{place.replace(' ', '')}|{party.country or ''}"
    return PlaceKey(building, "", kind or Standing.HOUSE)


_ENOUGH = 4
"""Words of a street line without a number that name one house, as is usual in many countries."""


def _zip_code(party: Party, tables: PartyTables) -> str | None:
    if party.postcode is not None and postcode_fault(party, None, tables) is None:
        return party.postcode.strip()[:5]
    state, city = state_of(party, tables), fold(party.city or "")
    return f"{city} {state}" if state is not None and city else None


def _numbered(words: Sequence[str]) -> bool:
    return any(c.isdecimal() for word in words for c in word)


def _box(words: Sequence[str]) -> str | None:
    """The number of a post-office box: what stands behind the word, or at the end of it."""
    for place, word in enumerate(words[:-1]):
        if word in ("box", "pobox", "bx") and _numbered([words[place + 1]]):
            return words[place + 1]
    return None


def _parted(words: Sequence[str]) -> tuple[list[str], str]:
    """The words of house number and street, and the unit behind its designator ("apt 4b", "2nd fl").

    A designator counts where a number or a lone letter follows, or an ordinal comes before: "Key", "Lot" and
    "Pier" are names of streets too.
    """
    usual, units = _street_words(), _unit_words()
    street: list[str] = []
    unit: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word in units and at >= _BEFORE_A_UNIT:
            after = at + 1
            while after < len(words) and words[after] in units:
                after += 1
            if after < len(words) and (_numbered([words[after]]) or len(words[after]) == 1):
                at = after + 1
                while at < len(words) and len(words[at]) == 1:
                    at += 1
                unit.append("".join(words[after:at]))
                continue
            if len(street) > _BEFORE_A_UNIT and street[-1][:1].isdecimal() and street[-1][-2:] in _ORDINAL:
                unit.append(street.pop()[:-2])
                at += 1
                continue
        street.append(usual.get(word, word))
        at += 1
    return street, " ".join(unit)


_BEFORE_A_UNIT = 2
"""A unit stands behind a number and a street."""
_ORDINAL = ("st", "nd", "rd", "th")


@functools.cache
def _street_words() -> Mapping[str, str]:
    """The postal word by every spelling, of suffixes and directions."""
    pack = _pack()
    lines = [line.split() for line in (*pack["suffixes"], *pack["directions"])]
    return {word: line[0] for line in lines for word in line}


@functools.cache
def _unit_words() -> frozenset[str]:
    return frozenset(word for line in _pack()["units"] for word in line.split())


@functools.cache
def _pack() -> Mapping[str, list[str]]:
    return tomllib.loads(files("agent.domain.packs").joinpath("us-streets.toml").read_text(encoding="utf-8"))
